import Primitives
import Testing

@testable import SparkplugB

@Suite struct OrderTests {
    private let settings = HostSettings(reorderTimeout: 5)

    @Test func numbersWrapAt255() {
        var session = NodeSession.running()
        for number in 2...600 {
            let outcome = session.torque(UInt8(truncatingIfNeeded: number), UInt64(number), 1, at: at(1))
            #expect(outcome.effects.isEmpty)
        }
        #expect(session.gaps == 0)
    }

    @Test(
        .tck(
            "operational-behavior-host-reordering-param",
            "operational-behavior-host-reordering-start",
            "operational-behavior-host-reordering-rebirth"
        )
    )
    func aMessageThatDoesNotComeInTimeIsAGapAndAsksForBirths() {
        var session = NodeSession.running(with: settings)
        // Number 2 is left out; what came is stored, whatever its place.
        #expect(session.torque(3, 30, 4, at: at(10)).values == ["torque": .signed(4)])
        #expect(session.wantsRebirth(at: at(14.9), settings) == nil)
        #expect(session.wantsRebirth(at: at(15), settings) == .gap)
        let outcome = session.receive(.nodeData, payload(4, 40), at: at(15), settings)
        #expect(outcome.effects == [.gap(1), .rebirthWanted(.gap)])
        #expect(outcome.devicesInGap == ["motor"])
        #expect(session.gaps == 1)
        #expect(session.wantsRebirth(at: at(15), HostSettings(reorderTimeout: 60)) == .gap)
    }

    @Test(.tck("operational-behavior-host-reordering-success"))
    func aMessageThatComesInTimeEndsTheWait() {
        var session = NodeSession.running(with: settings)
        _ = session.torque(3, 30, 4, at: at(10))
        #expect(session.torque(2, 20, 3, at: at(11)).values == ["torque": .signed(3)])
        #expect(session.missing.isEmpty)
        #expect(session.wantsRebirth(at: at(60), settings) == nil)
        #expect(session.torque(4, 40, 5, at: at(60)).effects.isEmpty)
        #expect(session.gaps == 0)
    }

    @Test func aBirthThatWasOvertakenEndsTheWaitToo() {
        var session = NodeSession(name: press)
        _ = session.receive(.nodeBirth, birth(0), at: at(0), settings)
        #expect(session.torque(2, 20, 3, at: at(0)).refusal == .birthMissing(.unbornDevice))
        #expect(session.wantsRebirth(at: at(0), settings) == nil)
        _ = session.receive(
            .deviceBirth,
            device: "motor",
            payload(1, 1, [metric("torque", .long(1), alias: 2)]),
            at: at(1)
        )
        #expect(session.wantsRebirth(at: at(9), settings) == nil)
        // The message that came too early was kept; read again, it has its meaning.
        let kept = payload(2, 20, [metric(nil, .long(3), alias: 2, type: nil)])
        #expect(
            session.receive(.deviceData, device: "motor", kept, at: at(9), isKept: true).values == [
                "torque": .signed(3)
            ]
        )
    }

    @Test func aNewSessionGivesUpWhatTheOldOneLeftOut() {
        var session = NodeSession.running(with: settings)
        _ = session.torque(4, 30, 4, at: at(10))
        let outcome = session.receive(.nodeBirth, birth(40, bdSeq: 2), at: at(11), settings)
        #expect(outcome.effects == [.gap(2), .nodeOnline])
        #expect(outcome.devicesInGap == ["motor"])
        #expect(session.gaps == 2)
        #expect(session.wantsRebirth(at: at(60), settings) == nil)
    }

    @Test func devicesThatDiedBeforeAreNotConcernedByAGap() {
        var session = NodeSession.running(with: settings)
        _ = session.receive(.deviceDeath, device: "motor", payload(2, 20), at: at(9), settings)
        _ = session.receive(.nodeData, payload(4, 40), at: at(10), settings)
        let outcome = session.receive(.nodeData, payload(5, 50), at: at(20), settings)
        #expect(outcome.effects == [.gap(1), .rebirthWanted(.gap)])
        #expect(outcome.devicesInGap.isEmpty)
    }

    /// Its message was missing when the node died; that is known when the next session begins.
    @Test func devicesThatDiedWithTheirNodeAreConcerned() {
        var session = NodeSession.running(with: settings)
        _ = session.torque(3, 30, 4, at: at(10))
        _ = session.receive(.nodeDeath, payload(nil, 40, [metric("bdSeq", .long(1), alias: nil)]), at: at(11), settings)
        #expect(!session.isOnline)
        let outcome = session.receive(.nodeBirth, birth(50, bdSeq: 2), at: at(12), settings)
        #expect(outcome.effects == [.gap(1), .nodeOnline])
        #expect(outcome.devicesInGap == ["motor"])
    }

    @Test func whatComesAgainHasItsValuesAndChangesNothing() {
        var session = NodeSession.running()
        for number in 2...9 { _ = session.torque(UInt8(number), UInt64(number), UInt64(number), at: at(1)) }
        let before = session
        for number in 5...9 {
            let outcome = session.torque(UInt8(number), UInt64(number), UInt64(number), at: at(1))
            #expect(outcome.values == ["torque": .signed(Int64(number))])
            #expect(outcome.effects.isEmpty)
        }
        #expect(session == before)
    }

    @Test func aliasesMeanWhatTheyMeantWhenTheMessageWasSent() {
        var session = NodeSession.running()
        _ = session.torque(2, 5, 9, at: at(1))
        _ = session.receive(.nodeBirth, birth(100, bdSeq: 2), at: at(2))
        _ = session.receive(
            .deviceBirth,
            device: "motor",
            payload(1, 101, [metric("heat", .long(1), alias: 2)]),
            at: at(2)
        )
        // Number 2 is just what the new session expects next.
        #expect(session.torque(2, 5, 9, at: at(3)).values == ["torque": .signed(9)])
        #expect(session.nextSequence == 2)
        #expect(session.torque(2, 102, 4, at: at(3)).values == ["heat": .signed(4)])
    }

    @Test func aClockThatIsSetBackLosesNothing() {
        var session = NodeSession.running()
        _ = session.torque(2, 50_000, 1, at: at(1))
        for number in 3...20 {
            let outcome = session.torque(UInt8(number), UInt64(number), UInt64(number), at: at(2))
            #expect(outcome.values == ["torque": .signed(Int64(number))])
        }
        _ = session.torque(25, 25, 25, at: at(3))
        #expect(session.missing.count == 4)
    }

    @Test func requestsBecomeRarer() {
        var schedule = RebirthSchedule()
        let other = EdgeNodeName(group: "plant", node: "oven")
        #expect(schedule.take([press], at: at(0)) == [press])
        #expect(schedule.take([press, other], at: at(1)) == [other])
        var asked: [Double] = []
        for second in 2...1_000 where schedule.take([press], at: at(Double(second))) == [press] {
            asked.append(Double(second))
        }
        #expect(asked == [5, 15, 35, 75, 155, 315, 615, 915])
        #expect(schedule.take([press], at: at(-10)) == [press])
    }
}
