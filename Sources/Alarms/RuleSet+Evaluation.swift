import Assets
import Foundation
import Primitives

/// An alarm that a batch raised.
public struct RaisedAlarm: Hashable, Sendable {
    /// The alarm's row.
    public var id: UUID
    /// The rule as it was evaluated.
    public var rule: Rule
    /// The device.
    public var deviceID: Int32
    /// The device's asset at that time.
    public var assetID: Int32?
    /// The reading that completed the rule's `for`; its source time is the alarm's.
    public var reading: Reading
    /// When a later reading of the same batch cleared it.
    public var clearedAt: Timestamp?

    /// Source time of the reading that raised it.
    public var raisedAt: Timestamp { reading.timestamp }
    /// When that reading reached us.
    public var receivedAt: Timestamp { reading.receivedAt }
}

/// Why an alarm is no longer open.
public enum ClearReason: String, CaseIterable, Sendable {
    /// A reading cleared it.
    case condition
    /// Its rule was disabled, or no longer applies to the device.
    case ruleDisabled = "rule-disabled"
    /// Its rule was deleted.
    case ruleDeleted = "rule-deleted"
}

/// An alarm that a batch cleared.
public struct ClearedAlarm: Hashable, Sendable {
    /// The alarm's row.
    public var id: UUID
    /// The rule's row.
    public var ruleID: Int32
    /// The device.
    public var deviceID: Int32
    /// Source time of the reading that cleared it; the time of the sweep for reasons other than a reading.
    public var clearedAt: Timestamp
    /// Why.
    public var reason: ClearReason
}

/// What a batch of readings changes: computed without touching the phases it started from.
struct Evaluation: Sendable {
    /// The last phase of every unit that took a step.
    private(set) var phases: [Int: RulePhase] = [:]
    private(set) var raised: [RaisedAlarm] = []
    private(set) var cleared: [ClearedAlarm] = []
    private var indexOfRaised: [UUID: Int] = [:]

    var isEmpty: Bool { phases.isEmpty }

    mutating func enter(_ phase: RulePhase, unit: Int) {
        phases[unit] = phase
    }

    mutating func raise(_ alarm: RaisedAlarm, unit: Int) {
        indexOfRaised[alarm.id] = raised.count
        raised.append(alarm)
        phases[unit] = .active(alarm: alarm.id, since: alarm.raisedAt)
    }

    mutating func clear(_ alarm: ClearedAlarm, unit: Int) {
        if let index = indexOfRaised[alarm.id] { raised[index].clearedAt = alarm.clearedAt }
        cleared.append(alarm)
        phases[unit] = .normal
    }
}

extension RuleSet {
    /// Evaluates readings in order against the phases of all units.
    ///
    /// - Parameters:
    ///   - readings: per device in increasing source time.
    ///   - phases: one per unit.
    ///   - plant: tells the devices' assets.
    ///   - identifiers: identifiers of new alarms.
    /// - Returns: the steps taken.
    func evaluate(
        _ readings: [Reading],
        phases: [RulePhase],
        plant: PlantSnapshot,
        identifiers: IdentifierSource
    ) -> Evaluation {
        var evaluation = Evaluation()
        for reading in readings {
            for unit in units(of: reading.deviceID) {
                let phase = evaluation.isEmpty ? phases[unit] : evaluation.phases[unit] ?? phases[unit]
                let step = compiled[units[unit].compiled].step(phase, reading)
                if step == .stay { continue }
                take(step, unit, phase, reading, plant, identifiers, &evaluation)
            }
        }
        return evaluation
    }

    private func take(
        _ step: RuleStep,
        _ unit: Int,
        _ phase: RulePhase,
        _ reading: Reading,
        _ plant: PlantSnapshot,
        _ identifiers: IdentifierSource,
        _ evaluation: inout Evaluation
    ) {
        switch step {
        case .stay: break
        case .wait: evaluation.enter(.pending(since: reading.timestamp), unit: unit)
        case .relax: evaluation.enter(.normal, unit: unit)
        case .raise:
            let alarm = RaisedAlarm(
                id: identifiers.next(),
                rule: rules[units[unit].rule],
                deviceID: reading.deviceID,
                assetID: plant.devices[reading.deviceID]?.assetID,
                reading: reading
            )
            evaluation.raise(alarm, unit: unit)
        case .clear:
            guard case .active(let id, _) = phase else { return }
            let alarm = ClearedAlarm(
                id: id,
                ruleID: rules[units[unit].rule].id,
                deviceID: reading.deviceID,
                clearedAt: reading.timestamp,
                reason: .condition
            )
            evaluation.clear(alarm, unit: unit)
        }
    }
}
