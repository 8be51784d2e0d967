import Primitives
import Testing

@testable import SparkplugB

@Suite struct NodeSessionTests {
    @Test func birthsDefineNamesAliasesAndTypes() {
        var session = NodeSession.running()
        #expect(session.isOnline)
        #expect(session.devices["motor"]?.isOnline == true)
        let outcome = session.torque(2, 5, 9, at: at(1))
        #expect(
            outcome.readings == [
                NodeReading(
                    device: "motor",
                    timestamp: Timestamp(milliseconds: Int64(start) + 5),
                    fields: [NodeField(name: "torque", value: .signed(9))]
                )
            ]
        )
        #expect(session.devices["motor"]?.values == ["torque": .signed(9)])
    }

    @Test func metricTimesComeBeforeThePayloads() {
        var session = NodeSession.running()
        let outcome = session.receive(
            .nodeData,
            payload(
                2,
                9,
                [
                    metric("speed", .long(1), time: start + 8), metric("speed", .long(2), time: start + 7),
                    metric("speed", .long(3)),
                ]
            ),
            at: at(1)
        )
        #expect(outcome.readings.map { $0.timestamp?.milliseconds } == [7, 8, 9].map { Int64(start) + $0 })
    }

    @Test(
        .tck(
            "operational-behavior-edge-node-termination-host-action-ndeath-node-offline",
            "operational-behavior-edge-node-termination-host-action-ndeath-node-tags-stale",
            "operational-behavior-edge-node-termination-host-action-ndeath-devices-offline",
            "operational-behavior-edge-node-termination-host-action-ndeath-devices-tags-stale"
        )
    )
    func aNodesDeathMakesItAndItsDevicesStaleAtOurTime() {
        var session = NodeSession.running()
        let outcome = session.receive(.nodeDeath, death(bdSeq: 1), at: at(7))
        #expect(outcome.effects == [.nodeOffline])
        #expect(!session.isOnline)
        #expect(session.node.staleSince == at(7))
        #expect(session.devices["motor"]?.isOnline == false)
        #expect(session.devices["motor"]?.staleSince == at(7))
    }

    @Test(
        .tck(
            "operational-behavior-edge-node-termination-host-action-ddeath-devices-offline",
            "operational-behavior-edge-node-termination-host-action-ddeath-devices-tags-stale"
        )
    )
    func aDevicesDeathMakesItStaleAtThePayloadsTime() {
        var session = NodeSession.running()
        let outcome = session.receive(.deviceDeath, device: "motor", payload(2, 400), at: at(7))
        #expect(outcome.effects == [.deviceOffline("motor")])
        #expect(session.isOnline)
        #expect(session.node.staleSince == nil)
        #expect(session.devices["motor"]?.staleSince == at(0.4))
    }

    @Test func theDeathOfAnotherSessionChangesNothing() {
        var session = NodeSession.running()
        #expect(session.receive(.nodeDeath, death(bdSeq: 0), at: at(1)).effects.isEmpty)
        #expect(session.isOnline)
    }

    @Test func devicesAreBornWithinTheNodesSession() {
        var session = NodeSession.running()
        _ = session.receive(.nodeBirth, birth(100, bdSeq: 2), at: at(1))
        #expect(session.devices["motor"]?.isOnline == false)
        #expect(session.devices["motor"]?.staleSince == at(1))
        let outcome = session.torque(1, 101, 3, at: at(1))
        #expect(outcome.refusal == .birthMissing(.unbornDevice))
        #expect(session.wantsRebirth(at: at(1), HostSettings()) == .unbornDevice)
        _ = session.receive(.nodeBirth, birth(102, bdSeq: 2), at: at(2))
        #expect(session.wantsRebirth(at: at(2), HostSettings()) == nil)
    }

    @Test func dataBeforeAnyBirthAsksForOne() {
        for (verb, device) in [(SparkplugVerb.nodeData, nil), (.deviceData, "motor"), (.deviceBirth, "motor")] {
            var session = NodeSession(name: press)
            let outcome = session.receive(verb, device: device, payload(4, 0, [metric("a", .long(1))]), at: at(0))
            #expect(outcome.refusal == .birthMissing(.unbornNode))
            #expect(outcome.effects == [.rebirthWanted(.unbornNode)])
            #expect(outcome.readings.isEmpty)
        }
    }

    @Test func anUnknownAliasAsksForABirthAndKeepsTheRest() {
        var session = NodeSession.running()
        let mixed = [metric(nil, .long(1), alias: 1, type: nil), metric(nil, .long(1), alias: 77, type: nil)]
        let outcome = session.receive(.nodeData, payload(2, 5, mixed), at: at(1))
        #expect(outcome.values == ["speed": .signed(1)])
        #expect(outcome.refusal == nil)
        #expect(outcome.unreadableMetrics == 1)
        #expect(session.wantsRebirth(at: at(1), HostSettings()) == .unknownMetric)
        let alone = session.receive(.nodeData, payload(3, 6, [metric(nil, .long(1), alias: 77, type: nil)]), at: at(1))
        #expect(alone.refusal == .birthMissing(.unknownMetric))
    }

    @Test func whatIsNoScalarIsLeftOut() {
        var session = NodeSession.running()
        var transient = metric("later", .long(1))
        transient.isTransient = true
        var null = metric("speed", .absent)
        null.isNull = true
        let odd = [
            metric("table", .opaque, type: .dataSet), metric("kind", .opaque, type: .template),
            metric("list", .opaque, type: .int32Array), metric("Node Control/Reboot", .boolean(false), type: .boolean),
            metric("small", .int(300), type: .int8), transient, null,
        ]
        let outcome = session.receive(.nodeData, payload(2, 5, odd), at: at(1))
        #expect(outcome.values == ["speed": .null])
        #expect(outcome.unreadableMetrics == 1)
        #expect(outcome.refusal == nil)
    }

    @Test func historyIsStoredAndIsNotCurrent() {
        var session = NodeSession.running()
        var old = metric(nil, .long(1), alias: 1, type: nil, time: start - 60_000)
        old.isHistorical = true
        let outcome = session.receive(.nodeData, payload(2, 5, [old]), at: at(1))
        #expect(outcome.readings.map(\.isHistorical) == [true])
        #expect(outcome.values == ["speed": .signed(1)])
        #expect(session.node.values["speed"] == .signed(5))
    }

    @Test func badQualityIsMarked() {
        var session = NodeSession.running()
        for (quality, isDegraded) in [(192, false), (0, true), (500, true)] as [(Int64, Bool)] {
            var value = metric("speed", .long(1))
            value.quality = quality
            let outcome = session.receive(.nodeData, payload(session.nextSequence, 5, [value]), at: at(1))
            #expect(outcome.readings.map(\.isDegraded) == [isDegraded])
        }
    }

    @Test func keptMessagesChangeNothing() {
        var session = NodeSession.running()
        _ = session.torque(2, 5, 9, at: at(1))
        let before = session
        let again = session.receive(
            .deviceData,
            device: "motor",
            payload(77, 4, [metric(nil, .long(6), alias: 2, type: nil)]),
            at: at(9),
            isKept: true
        )
        #expect(again.values == ["torque": .signed(6)])
        #expect(session.receive(.nodeDeath, death(bdSeq: 1), at: at(9), isKept: true).readings.isEmpty)
        #expect(session.receive(.nodeBirth, birth(50, bdSeq: 9), at: at(9), isKept: true).effects.isEmpty)
        #expect(session == before)
    }

    @Test func storedSessionsComeBack() {
        var session = NodeSession.running()
        _ = session.torque(4, 5, 9, at: at(1))
        _ = session.receive(
            .nodeBirth,
            birth(50, bdSeq: .max, [metric("x", .int(1), alias: .max, type: .uint8)]),
            at: at(2)
        )
        _ = session.receive(.nodeData, payload(7, 60, [metric(nil, .int(1), alias: 5, type: nil)]), at: at(2))
        var restored = NodeSession(name: press, order: session.orderDocument, births: session.birthsDocument)
        #expect(restored.node.values.isEmpty)
        for device in session.devices.keys { restored.devices[device]?.values = session.devices[device]?.values ?? [:] }
        restored.node.values = session.node.values
        restored.hasNewBirths = session.hasNewBirths
        #expect(restored.isResuming)
        restored.isResuming = false
        #expect(restored == session)
    }

    @Test func currentValuesAreRecalledUnlessAMessageCameInBetween() {
        var session = NodeSession.running()
        _ = session.torque(2, 5, 9, at: at(1))
        let same = NodeSession(name: press, order: session.orderDocument, births: session.birthsDocument)
        var restored = same
        restored.recall(session)
        #expect(restored.devices["motor"]?.values == ["torque": .signed(9)])
        #expect(restored.node.values == session.node.values && !restored.node.values.isEmpty)
        var other = session
        _ = other.torque(3, 6, 10, at: at(1))
        restored = same
        restored.recall(other)
        #expect(restored == same)
    }

    @Test func damagedDocumentsAreLikeNone() {
        var session = NodeSession(
            name: press,
            order: ["next": "x", "missing": [[1], 2]],
            births: ["node": 5, "devices": []]
        )
        session.isResuming = false
        #expect(session == NodeSession(name: press))
    }

    @Test func devicesAreLimited() {
        var settings = HostSettings()
        settings.maximumDevices = 1
        var session = NodeSession.running(with: settings)
        #expect(
            session.receive(.deviceBirth, device: "two", payload(2, 5), at: at(1), settings).refusal == .tooManyDevices
        )
        #expect(session.receive(.deviceBirth, device: "motor", payload(3, 6), at: at(1), settings).refusal == nil)
    }
}
