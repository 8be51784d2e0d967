import Alarms
import Foundation
import Primitives
import Testing

@Suite("The state machine of a rule")
struct RulePhaseTests {
    /// Takes the steps that readings cause, as the engine does.
    private struct Machine {
        var phase = RulePhase.normal
        let hold: ISODuration

        init(hold: Int64 = 0) {
            self.hold = ISODuration(milliseconds: hold)
        }

        mutating func read(_ second: Double, _ condition: Bool?, clear: Bool?? = .none) -> RuleStep {
            let time = PlantFixture.at(second)
            let step = phase.step(at: time, hold: hold) {
                condition
            } clear: {
                clear ?? condition.map { !$0 }
            }
            switch step {
            case .stay: break
            case .wait: phase = .pending(since: time)
            case .relax, .clear: phase = .normal
            case .raise: phase = .active(alarm: UUID(uuid: nilBytes), since: time)
            }
            return step
        }
    }

    @Test("Without a wait the first true reading raises and the first false one clears")
    func immediate() {
        var machine = Machine()
        #expect(machine.read(0, false) == .stay)
        #expect(machine.read(1, nil) == .stay)
        #expect(machine.read(2, true) == .raise)
        #expect(machine.read(3, true) == .stay)
        #expect(machine.read(4, nil) == .stay)
        #expect(machine.read(5, false) == .clear)
        #expect(machine.read(6, false) == .stay)
        #expect(machine.read(7, true) == .raise)
    }

    @Test("A wait is over with the reading that completes it, not before and not between readings")
    func hold() {
        var machine = Machine(hold: 10_000)
        #expect(machine.read(0, true) == .wait)
        #expect(machine.phase == .pending(since: PlantFixture.at(0)))
        #expect(machine.read(5, true) == .stay)
        #expect(machine.read(9.999, true) == .stay)
        #expect(machine.read(10, true) == .raise)
        #expect(machine.phase == .active(alarm: UUID(uuid: nilBytes), since: PlantFixture.at(10)))
        #expect(machine.read(11, false) == .clear)
        #expect(machine.read(12, true) == .wait)
        #expect(machine.read(100, true) == .raise)
    }

    @Test("A false reading ends the wait, an unknown one does not and completes nothing")
    func interruptedHold() {
        var machine = Machine(hold: 10_000)
        #expect(machine.read(0, true) == .wait)
        #expect(machine.read(9, false) == .relax)
        #expect(machine.read(10, true) == .wait)
        #expect(machine.read(15, nil) == .stay)
        #expect(machine.read(25, nil) == .stay)
        #expect(machine.phase == .pending(since: PlantFixture.at(10)))
        #expect(machine.read(26, true) == .raise)
    }

    @Test("With an expression of its own the alarm clears when that is true, whatever the condition")
    func clear() {
        var machine = Machine()
        #expect(machine.read(0, true, clear: false) == .raise)
        #expect(machine.read(1, false, clear: false) == .stay)
        #expect(machine.read(2, false, clear: .some(nil)) == .stay)
        #expect(machine.read(3, nil, clear: true) == .clear)
        #expect(machine.read(4, false, clear: true) == .stay)
    }

    @Test("A reading takes one step at most: what clears does not raise or wait")
    func oneStep() {
        var machine = Machine()
        #expect(machine.read(0, true, clear: true) == .raise)
        #expect(machine.read(1, true, clear: true) == .clear)
        #expect(machine.read(2, true, clear: true) == .raise)
    }

    @Test("The same source time may be read again, as merged readings are")
    func sameTime() {
        var machine = Machine(hold: 1_000)
        #expect(machine.read(0, true) == .wait)
        #expect(machine.read(0, true) == .stay)
        #expect(machine.read(1, true) == .raise)
        #expect(machine.read(1, false) == .clear)
    }
}

/// The nil UUID's bytes.
private let nilBytes: uuid_t = (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
