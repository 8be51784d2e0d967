import Assets
import Expressions
import Primitives

/// A rule's expressions, compiled for one profile.
struct CompiledRule: Sendable {
    let condition: CompiledExpression
    let clear: CompiledExpression?
    let hold: ISODuration

    /// Compiles a rule for a profile; nil when the profile lacks a metric that the rule needs.
    init?(_ definition: RuleDefinition, scope: Scope) {
        do throws(ExpressionError) {
            condition = try CompiledExpression(definition.condition, scope: scope, expecting: .boolean)
            clear = try definition.clear.map { source throws(ExpressionError) in
                try CompiledExpression(source, scope: scope, expecting: .boolean)
            }
            hold = definition.hold
        } catch {
            return nil
        }
    }

    /// What a reading does to a phase.
    @inline(__always)
    func step(_ phase: RulePhase, _ reading: Reading) -> RuleStep {
        phase.step(at: reading.timestamp, hold: hold) {
            condition.condition(over: reading.values.slots)
        } clear: {
            if let clear { return clear.condition(over: reading.values.slots) }
            return condition.condition(over: reading.values.slots).map { !$0 }
        }
    }
}

/// All enabled rules, compiled and laid out for one plant model: immutable.
struct RuleSet: Sendable {
    /// One rule for one device; its place in ``units`` is that of its phase in the evaluator's memory.
    struct Unit: Sendable {
        /// Index into ``rules``.
        let rule: Int
        /// Index into ``compiled``.
        let compiled: Int
        let deviceID: Int32
    }

    /// Identifies a unit in the database.
    struct UnitKey: Hashable, Sendable {
        let ruleID: Int32
        let deviceID: Int32
    }

    let rules: [Rule]
    private(set) var compiled: [CompiledRule] = []
    private(set) var units: [Unit] = []
    private var ranges: [Int32: Range<Int>] = [:]

    /// Compiles rules for a plant model.
    ///
    /// Rules apply to a device in the order given.
    init(rules: [Rule], plant: PlantSnapshot, states: StateTexts) {
        self.rules = rules.filter(\.definition.isEnabled)
        let coverage = self.rules.map { rule -> Set<Int32>? in
            if case .assets(let ids) = rule.definition.scope { plant.coverage(of: ids) } else { nil }
        }
        let byProfile = compile(for: plant, states)
        for device in plant.devices.values {
            let start = units.count
            for candidate in byProfile[device.profileID] ?? [] {
                if let covered = coverage[candidate.rule], device.assetID.map(covered.contains) != true { continue }
                units.append(Unit(rule: candidate.rule, compiled: candidate.compiled, deviceID: device.id))
            }
            if units.count > start { ranges[device.id] = start..<units.count }
        }
    }

    private mutating func compile(
        for plant: PlantSnapshot,
        _ states: StateTexts
    ) -> [Int32: [(rule: Int, compiled: Int)]] {
        var byProfile: [Int32: [(rule: Int, compiled: Int)]] = [:]
        for profile in plant.profiles.values {
            let scope = Scope(metricsOf: profile, states: states)
            for (index, rule) in rules.enumerated() {
                if case .profile(let id) = rule.definition.scope, id != profile.id { continue }
                guard let program = CompiledRule(rule.definition, scope: scope) else { continue }
                compiled.append(program)
                byProfile[profile.id, default: []].append((index, compiled.count - 1))
            }
        }
        return byProfile
    }

    /// The units of a device.
    @inline(__always)
    func units(of deviceID: Int32) -> Range<Int> {
        ranges[deviceID] ?? 0..<0
    }

    /// What a unit is called in the database.
    func key(of unit: Int) -> UnitKey {
        UnitKey(ruleID: rules[units[unit].rule].id, deviceID: units[unit].deviceID)
    }

    /// The place of a unit; nil when the rule does not apply to the device.
    func unit(_ key: UnitKey) -> Int? {
        units(of: key.deviceID).first { rules[units[$0].rule].id == key.ruleID }
    }
}
