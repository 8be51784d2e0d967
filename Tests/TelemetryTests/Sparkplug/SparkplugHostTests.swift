import Assets
import Decoders
import Logging
import PostgreSQL
import Primitives
import SwiftProtobuf
import Synchronization
import TestSupport
import Testing

@testable import SparkplugB
@testable import Telemetry

/// An edge node `plant/press` with the device `motor`, seen by a server that can be killed.
private struct Edge {
    static let start: UInt64 = 1_795_362_000_000

    static func message(
        _ verb: SparkplugVerb,
        device: String? = nil,
        seq: UInt64?,
        at second: UInt64,
        _ metrics: [WireMetric]
    ) -> TelemetryMessage {
        var payload = WirePayload()
        payload.timestamp = start + second * 1_000
        if let seq { payload.seq = seq }
        payload.metrics = metrics
        let name = EdgeNodeName(group: "plant", node: "press")
        return TelemetryMessage(
            sender: .source(SourceRoute(sourceID: nil)),
            topic: SparkplugTopic.edge(name, verb, device: device).text,
            payload: (try? payload.serializedBytes()) ?? [],
            receivedAt: SourceWorkshop.now
        )
    }

    static func metric(
        _ name: String?,
        alias: UInt64?,
        type: SparkplugDataType?,
        _ value: WireMetric.OneOf_Value?
    ) -> WireMetric {
        var metric = WireMetric()
        if let name { metric.name = name }
        if let alias { metric.alias = alias }
        if let type { metric.datatype = type.rawValue }
        metric.value = value
        return metric
    }

    static func nodeBirth(bdSeq: UInt64 = 1, at second: UInt64) -> TelemetryMessage {
        message(
            .nodeBirth,
            seq: 0,
            at: second,
            [
                metric("bdSeq", alias: nil, type: .int64, .longValue(bdSeq)),
                metric("Node Control/Rebirth", alias: nil, type: .boolean, .booleanValue(false)),
                metric("Temperature", alias: 1, type: .double, .doubleValue(20)),
            ]
        )
    }

    static func deviceBirth(seq: UInt64 = 1, at second: UInt64) -> TelemetryMessage {
        message(
            .deviceBirth,
            device: "motor",
            seq: seq,
            at: second,
            [
                metric("temperature", alias: 2, type: .double, .doubleValue(40)),
                metric("mode", alias: 3, type: .string, .stringValue("idle")),
            ]
        )
    }

    static func temperature(_ value: Double, seq: UInt64, at second: UInt64) -> TelemetryMessage {
        message(
            .deviceData,
            device: "motor",
            seq: seq,
            at: second,
            [
                metric(nil, alias: 2, type: nil, .doubleValue(value))
            ]
        )
    }
}

/// Fails a transaction on request.
private final class Saboteur: BatchParticipant {
    struct Sabotage: Error {}
    let isActive = Mutex(false)

    func process(_ batch: StoredBatch, in transaction: Transaction) async throws -> @Sendable () -> Void {
        if isActive.withLock({ $0 }) { throw Sabotage() }
        return {}
    }

    func reset() async throws {}
}

@Suite struct SparkplugHostTests {
    /// A workshop with a Sparkplug source and, if asked for, the edge's devices.
    private func with(
        devices: Bool = true,
        saboteur: Saboteur = Saboteur(),
        _ body: (SourceWorkshop, SparkplugHosts) async throws -> Void
    ) async throws {
        let hosts = SparkplugHosts()
        try await SourceWorkshop.with(
            stateful: hosts.factories,
            participants: [saboteur]
        ) { shop in
            try await shop.put("spb", ["topicFilter": "spBv1.0/#", "decoder": "sparkplug-b"])
            if devices { try await Self.adopt(shop) }
            try await body(shop, hosts)
        }
    }

    private static func adopt(_ shop: SourceWorkshop) async throws {
        for (key, identifier) in [("press", "plant/press"), ("press-motor", "plant/press/motor")] {
            _ = try await shop.plant.putDevice(
                key: try SourceWorkshop.key(key),
                document: ["profile": "motor", "identifier": .string(identifier)]
            )
        }
    }

    private func host(_ shop: SourceWorkshop, _ hosts: SparkplugHosts) throws -> SparkplugHost {
        try #require(hosts.host(of: try shop.sources.source(key: try SourceWorkshop.key("spb"))))
    }

    /// Messages as the broker delivers them, with the source that takes their topic.
    private func receive(_ shop: SourceWorkshop, _ messages: [TelemetryMessage]) async throws -> [MessageFate] {
        try await shop.receive(
            messages.map { shop.sources.message(topic: $0.topic, payload: $0.payload, receivedAt: $0.receivedAt) }
        )
    }

    @Test func birthsAndDataBecomeReadings() async throws {
        try await with { shop, _ in
            let fates = try await receive(
                shop,
                [
                    Edge.nodeBirth(at: 0), Edge.deviceBirth(at: 0), Edge.temperature(41, seq: 2, at: 1),
                    Edge.temperature(42, seq: 3, at: 2),
                ]
            )
            #expect(fates.map(\.counts) == [[1, 0, 0, 0, 0], [1, 0, 0, 0, 0], [1, 0, 0, 0, 0], [1, 0, 0, 0, 0]])
            let motor = try await shop.stored("press-motor")
            #expect(motor.map { $0.values["temperature"]?.double } == [40, 41, 42])
            #expect(motor.first?.values["mode"] == "idle")
            // “Temperature” of the node is no key; its key form is the profile's metric.
            #expect(try await shop.stored("press").map { $0.values["temperature"]?.double } == [20])
        }
    }

    @Test func aKilledServerGoesOnWithAliasesAndTakesWhatComesAgainForDuplicates() async throws {
        try await with { shop, hosts in
            let batch = [Edge.nodeBirth(at: 0), Edge.deviceBirth(at: 0), Edge.temperature(41, seq: 2, at: 1)]
            _ = try await receive(shop, batch)
            // Killed after COMMIT, before the acknowledgement: nothing in memory, the batch comes again.
            await (try host(shop, hosts)).reset()
            let again = try await receive(shop, batch + [Edge.temperature(42, seq: 3, at: 2)])
            #expect(again.map(\.counts) == [[0, 0, 1, 0, 0], [0, 0, 1, 0, 0], [0, 0, 1, 0, 0], [1, 0, 0, 0, 0]])
            // Killed again; only new data comes.
            await (try host(shop, hosts)).reset()
            let next = try await receive(shop, [Edge.temperature(43, seq: 4, at: 3)])
            #expect(next.map(\.counts) == [[1, 0, 0, 0, 0]])
            #expect(try await shop.stored("press-motor").map { $0.values["temperature"]?.double } == [40, 41, 42, 43])
            #expect(try host(shop, hosts).takeDueRebirths(at: SourceWorkshop.now.adding(seconds: 60)).isEmpty)
        }
    }

    @Test func aFailedTransactionLeavesTheSessionsAsTheyWere() async throws {
        let saboteur = Saboteur()
        try await with(saboteur: saboteur) { shop, hosts in
            _ = try await receive(shop, [Edge.nodeBirth(at: 0), Edge.deviceBirth(at: 0)])
            saboteur.isActive.withLock { $0 = true }
            let batch = [
                Edge.nodeBirth(bdSeq: 2, at: 5), Edge.deviceBirth(at: 5), Edge.temperature(50, seq: 2, at: 6),
            ]
            await #expect(throws: (any Error).self) { try await receive(shop, batch) }
            saboteur.isActive.withLock { $0 = false }
            let fates = try await receive(shop, batch)
            #expect(fates.map(\.counts) == [[1, 0, 0, 0, 0], [1, 0, 0, 0, 0], [1, 0, 0, 0, 0]])
            let overview = try await host(shop, hosts).overview(in: shop.sources)
            #expect(overview["nodes"]?.array?.first?["bdSeq"] == 2)
            #expect(overview["nodes"]?.array?.first?["seq"] == 2)
        }
    }

    @Test func aFailedTransactionLeavesTheCurrentValues() async throws {
        let saboteur = Saboteur()
        try await with(saboteur: saboteur) { shop, hosts in
            func shown() async throws -> Double? {
                let overview = try await host(shop, hosts).overview(in: shop.sources)
                return overview["nodes"]?.array?.first?["devices"]?.array?.first?["metrics"]?.array?.first?["value"]?
                    .double
            }
            _ = try await receive(
                shop,
                [Edge.nodeBirth(at: 0), Edge.deviceBirth(at: 0), Edge.temperature(41, seq: 2, at: 1)]
            )
            #expect(try await shown() == 41)
            let next = Edge.message(.nodeData, seq: 3, at: 2, [])
            saboteur.isActive.withLock { $0 = true }
            await #expect(throws: (any Error).self) {
                try await receive(shop, [Edge.temperature(50, seq: 3, at: 2)])
            }
            saboteur.isActive.withLock { $0 = false }
            _ = try await receive(shop, [next])
            #expect(try await shown() == 41, "what was not committed is not shown, what was is not forgotten")
        }
    }

    @Test func dataBeforeABirthIsKeptAndABirthIsAskedFor() async throws {
        try await with { shop, hosts in
            let host = try host(shop, hosts)
            let fates = try await receive(shop, [Edge.temperature(41, seq: 2, at: 1)])
            guard case .rejected(let rejection) = fates[0] else {
                Issue.record("not rejected: \(fates)")
                return
            }
            #expect(rejection.reason == .birthMissing)
            #expect(try await shop.refused.rejected(before: nil, limit: 10).count == 1)
            let press = EdgeNodeName(group: "plant", node: "press")
            #expect(host.takeDueRebirths(at: SourceWorkshop.now) == [press])
            #expect(host.requestRebirth(group: "plant", node: "press") == .offline)
            host.isPresent = true
            #expect(host.requestRebirth(group: "plant", node: "oven") == .unknownNode)
            #expect(host.requestRebirth(group: "plant", node: "press") == .accepted)
            #expect(host.takeDueRebirths(at: SourceWorkshop.now) == [press])
            #expect(host.takeDueRebirths(at: SourceWorkshop.now.adding(seconds: 1)).isEmpty)
            try await host.storeRebirths([press], in: shop.pool)
            _ = try await receive(shop, [Edge.nodeBirth(at: 2), Edge.deviceBirth(at: 2)])
            #expect(host.takeDueRebirths(at: SourceWorkshop.now.adding(seconds: 60)).isEmpty)
            await host.reset()
            _ = try await receive(shop, [Edge.temperature(44, seq: 2, at: 3)])
            let overview = try await host.overview(in: shop.sources)
            #expect(overview["nodes"]?.array?.first?["rebirthsRequested"] == 2)
        }
    }

    @Test func aNodesDeathIsSeenByWhoeverLooks() async throws {
        try await with { shop, hosts in
            _ = try await receive(shop, [Edge.nodeBirth(at: 0), Edge.deviceBirth(at: 0)])
            let death = Edge.message(
                .nodeDeath,
                seq: nil,
                at: 0,
                [
                    Edge.metric("bdSeq", alias: nil, type: .int64, .longValue(1))
                ]
            )
            _ = try await receive(shop, [death])
            let overview = try await host(shop, hosts).overview(in: shop.sources)
            let node = try #require(overview["nodes"]?.array?.first)
            #expect(node["online"] == false)
            #expect(node["staleSince"] == .string(SourceWorkshop.now.rfc3339))
            #expect(node["devices"]?.array?.first?["online"] == false)
            #expect(node["devices"]?.array?.first?["staleSince"] == .string(SourceWorkshop.now.rfc3339))
        }
    }

    /// What the ledger of a device says of its edge node's sequence.
    private func sequenceGaps(_ shop: SourceWorkshop, _ device: String) async throws -> Int64 {
        let store = LedgerStore(pool: shop.pool, logger: Logger(label: "test"))
        let device = try #require(shop.plant.snapshot.device(key: device))
        return try await store.ledger(of: device, since: .earliestAccepted).total.sequenceGaps
    }

    @Test func gapsStandInTheLedgersOnce() async throws {
        let saboteur = Saboteur()
        try await with(saboteur: saboteur) { shop, hosts in
            _ = try await shop.plant.putDevice(
                key: try SourceWorkshop.key("oven"),
                document: ["profile": "motor", "identifier": "plant/oven"]
            )
            func late(_ message: TelemetryMessage, by seconds: Double) -> TelemetryMessage {
                TelemetryMessage(
                    sender: message.sender,
                    topic: message.topic,
                    payload: message.payload,
                    receivedAt: SourceWorkshop.now.adding(seconds: seconds)
                )
            }
            _ = try await receive(shop, [Edge.nodeBirth(at: 0), Edge.deviceBirth(at: 0)])
            // Numbers 2 and 3 are left out, and given up when 5 comes three seconds later.
            _ = try await receive(shop, [Edge.temperature(41, seq: 4, at: 1)])
            #expect(try await sequenceGaps(shop, "press-motor") == 0, "they may still come")
            let next = late(Edge.temperature(42, seq: 5, at: 4), by: 3)
            saboteur.isActive.withLock { $0 = true }
            await #expect(throws: (any Error).self) { try await receive(shop, [next]) }
            saboteur.isActive.withLock { $0 = false }
            _ = try await receive(shop, [next])
            // Killed after COMMIT: the message comes again.
            await (try host(shop, hosts)).reset()
            _ = try await receive(shop, [next])
            for device in ["press-motor", "press"] { #expect(try await sequenceGaps(shop, device) == 2) }
            #expect(try await sequenceGaps(shop, "oven") == 0)
            try await shop.pool.execute(LedgerQueries.fold())
            #expect(try await sequenceGaps(shop, "press-motor") == 2, "folded")
        }
    }

    @Test func aDeviceKnowsWhetherItIsStale() async throws {
        try await with { shop, hosts in
            func standing(_ identifier: String) async throws -> SparkplugStanding? {
                let known = try await hosts.standing(ofIdentifier: identifier, in: shop.sources)
                // Whether the sessions are in memory or not.
                await (try host(shop, hosts)).reset()
                #expect(try await hosts.standing(ofIdentifier: identifier, in: shop.sources) == known)
                return known
            }
            #expect(try await standing("plant/press/motor") == nil)
            _ = try await receive(shop, [Edge.nodeBirth(at: 0), Edge.deviceBirth(at: 0)])
            let online = try #require(try await standing("plant/press/motor"))
            #expect(online.isOnline && online.isNodeOnline && online.staleSince == nil && online.source == "spb")
            let unborn = try #require(try await standing("plant/press/pump"))
            #expect(!unborn.isOnline && unborn.isNodeOnline && unborn.staleSince == nil)
            #expect(try await standing("plant/oven") == nil)
            for other in ["motor-1", "plant/press/motor/1", "plant//motor", "+/press"] {
                #expect(try await standing(other) == nil)
            }
            // A new session of the node, in which the device was not born.
            _ = try await receive(shop, [Edge.nodeBirth(bdSeq: 2, at: 5)])
            let waiting = try #require(try await standing("plant/press/motor"))
            #expect(!waiting.isOnline && waiting.isNodeOnline && waiting.staleSince == SourceWorkshop.now)
            #expect(try await standing("plant/press")?.isOnline == true)
            let death = Edge.metric("bdSeq", alias: nil, type: .int64, .longValue(2))
            _ = try await receive(shop, [Edge.message(.nodeDeath, seq: nil, at: 6, [death])])
            let dead = try #require(try await standing("plant/press"))
            #expect(!dead.isOnline && !dead.isNodeOnline && dead.staleSince == SourceWorkshop.now)
            #expect(dead.device == nil && dead.json["staleSince"] == .string(SourceWorkshop.now.rfc3339))
        }
    }

    @Test func unknownDevicesWaitInQuarantineAndAreReplayedWithTheirAliases() async throws {
        try await with(devices: false) { shop, hosts in
            let fates = try await receive(
                shop,
                [Edge.nodeBirth(at: 0), Edge.deviceBirth(at: 0), Edge.temperature(41, seq: 2, at: 1)]
            )
            #expect(fates == [.quarantined, .quarantined, .quarantined])
            let waiting = try await shop.refused.quarantine(before: nil, limit: 10)
            #expect(Set(waiting.map(\.identifier)) == ["plant/press", "plant/press/motor"])
            let overview = try await host(shop, hosts).overview(in: shop.sources)
            let device = try #require(overview["nodes"]?.array?.first?["devices"]?.array?.first)
            #expect(device["identifier"] == "plant/press/motor")
            #expect(device["plantwrightDevice"]?.isNull == true)
            let suggested = try #require(device["suggestedProfile"]?["metrics"]?.array)
            #expect(suggested.map { $0["key"] } == ["temperature", "mode"])
            #expect(suggested.map { $0["kind"] } == ["gauge", "state"])
            try await Self.adopt(shop)
            #expect(try await shop.refused.replay(identifier: "plant/press/motor").count == 2)
            #expect(try await shop.stored("press-motor").map { $0.values["temperature"]?.double } == [40, 41])
            // The replay is no message of the session: the next number still fits.
            let next = try await receive(shop, [Edge.temperature(42, seq: 3, at: 2)])
            #expect(next.map(\.counts) == [[1, 0, 0, 0, 0]])
            #expect(try host(shop, hosts).takeDueRebirths(at: SourceWorkshop.now.adding(seconds: 60)).isEmpty)
        }
    }

    @Test func whatIsNoSparkplugIsRefusedAndStateIsIgnored() async throws {
        try await with { shop, _ in
            let now = SourceWorkshop.now
            let messages = [
                shop.sources.message(topic: "spBv1.0/STATE/scada", payload: Array("{}".utf8), receivedAt: now),
                shop.sources.message(topic: "spBv1.0/plant/NCMD/press", payload: [0xFF], receivedAt: now),
                shop.sources.message(topic: "spBv1.0/plant/NDATA/press", payload: [0xFF], receivedAt: now),
                shop.sources.message(topic: "spBv1.0/plant/BIRTH/press", payload: [], receivedAt: now),
            ]
            let reasons = try await shop.receive(messages).map { fate -> RefusalReason? in
                if case .rejected(let rejection) = fate { rejection.reason } else { nil }
            }
            #expect(reasons == [nil, nil, .badPayload, .badShape])
        }
    }

    @Test func keysAreMadeOfNames() {
        #expect(MetricKey.of("Sensors/Temperature (°C)") == "sensors_temperature_c")
        #expect(MetricKey.of("2nd") == "m_2nd")
        #expect(MetricKey.of("ts") == "ts_")
        #expect(MetricKey.of("Ü") == "metric")
        #expect(MetricKey.of(String(repeating: "a", count: 99)).count == 63)
        #expect(UnitGuess.ucum("°C") == "Cel")
        #expect(UnitGuess.ucum("mm/s") == "mm/s")
    }
}
