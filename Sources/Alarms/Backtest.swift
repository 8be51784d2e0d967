import Assets
import Foundation
import Primitives

/// Runs a rule over stored history: tells the alarms that it would have raised, and changes nothing.
///
/// Hand over the history of each of ``devices`` with ``consume(_:)``, in increasing source time per device, and take the
/// ``result``. Every device starts in the normal phase. Memory is bounded by the number of devices and the limit.
public struct Backtest: Sendable {
    private let compiled: [Int32: CompiledRule]
    private let profileOfDevice: [Int32: Int32]
    private let limit: Int
    private var phases: [Int32: RulePhase] = [:]
    private var openAlarms: [Int32: Int] = [:]
    /// What was found so far.
    public private(set) var result = BacktestResult()

    /// The devices whose history is wanted, in the order of their keys.
    public let devices: [Device]

    /// Prepares a run.
    ///
    /// - Parameters:
    ///   - definition: the rule, stored or a draft; it need not be enabled.
    ///   - plant: the plant model.
    ///   - states: the codes of state texts.
    ///   - limit: how many alarms are listed; all are counted.
    public init(_ definition: RuleDefinition, plant: PlantSnapshot, states: StateTexts, limit: Int = 1_000) {
        var compiled: [Int32: CompiledRule] = [:]
        for profile in plant.profiles.values {
            compiled[profile.id] = CompiledRule(definition, scope: .init(metricsOf: profile, states: states))
        }
        let covered = definition.scope.assetIDs.map(plant.coverage)
        devices = plant.devices.values.filter { device in
            guard compiled[device.profileID] != nil else { return false }
            if let profile = definition.scope.profileID { return device.profileID == profile }
            return device.assetID.map { covered?.contains($0) == true } == true
        }.sorted { $0.key < $1.key }
        profileOfDevice = Dictionary(devices.map { ($0.id, $0.profileID) }) { first, _ in first }
        self.compiled = compiled
        self.limit = limit
    }

    /// The identifier of alarms that are stored nowhere (the nil UUID, RFC 9562 section 5.9).
    private static let nowhere = UUID(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0))

    /// Evaluates one reading; readings of other devices are ignored.
    public mutating func consume(_ reading: Reading) {
        let device = reading.deviceID
        guard let profile = profileOfDevice[device], let rule = compiled[profile] else { return }
        result.scan(device)
        let phase = phases[device] ?? .normal
        switch rule.step(phase, reading) {
        case .stay: break
        case .wait: phases[device] = .pending(since: reading.timestamp)
        case .relax: phases[device] = .normal
        case .raise:
            phases[device] = .active(alarm: Self.nowhere, since: reading.timestamp)
            openAlarms[device] = result.raise(device, at: reading.timestamp, limit: limit)
        case .clear:
            phases[device] = .normal
            if let index = openAlarms.removeValue(forKey: device) { result.clear(index, at: reading.timestamp) }
        }
    }
}
