import Assets
import Expressions
import Primitives

extension RuleDefinition {
    /// Reads and checks a rule as an admin wrote it:
    /// `{name, profile | assets, severity, condition, for, clear, enabled}`.
    ///
    /// - Parameters:
    ///   - document: the rule; `key` in it is ignored.
    ///   - plant: what the references and the expressions' names are looked up in.
    ///   - states: the codes of state texts.
    /// - Throws: ``InvalidInput`` with every issue found. Issues of an expression have the code of the
    ///   `ExpressionError` and tell the line and column.
    public init(_ document: JSONValue, plant: PlantSnapshot, states: StateTexts) throws(InvalidInput) {
        var reader = try InputReader(document)
        _ = reader.value("key")
        name = reader.requiredString("name")
        let scope = Self.scope(&reader, plant)
        severity = .low
        if reader.required("severity") != nil { severity = reader.choice("severity", Severity.self) ?? .low }
        condition = reader.requiredString("condition", maximumLength: ExpressionLimits.sourceBytes)
        hold = reader.duration("for") ?? ISODuration(milliseconds: 0)
        clear = reader.string("clear", maximumLength: ExpressionLimits.sourceBytes)
        isEnabled = reader.bool("enabled") ?? true
        self.scope = scope ?? .assets([])
        if let scope {
            let check = ConditionCheck(profiles: Self.profiles(of: scope, in: plant), states: states)
            for (field, source) in [("condition", condition), ("clear", clear ?? "")] where !source.isEmpty {
                if let error = check.error(in: source) { reader.note(field, error.code.rawValue, error.detail) }
            }
        }
        try reader.finish()
    }

    private static func scope(_ reader: inout InputReader, _ plant: PlantSnapshot) -> RuleScope? {
        let profile = reader.key("profile")
        let list = reader.value("assets")
        switch (reader.value("profile"), list) {
        case (nil, nil):
            reader.note("profile", "required", "Name a profile or a list of assets.")
            return nil
        case (_?, _?):
            reader.note("assets", "conflict", "A rule has either a profile or a list of assets.")
            return nil
        case (_?, nil):
            guard let profile else { return nil }
            guard let found = plant.profile(key: profile.text) else {
                reader.note("profile", "unknown-reference", "There is no profile “\(profile)”.")
                return nil
            }
            return .profile(found.id)
        case (nil, let list?): return assets(list, &reader, plant)
        }
    }

    private static func assets(_ list: JSONValue, _ reader: inout InputReader, _ plant: PlantSnapshot) -> RuleScope? {
        guard let elements = list.array, (1...1_000).contains(elements.count) else {
            reader.note("assets", "type", "Expected an array of 1 to 1,000 asset keys.")
            return nil
        }
        var ids: [Int32] = []
        var issues: [InputIssue] = []
        for (index, element) in elements.enumerated() {
            let pointer = reader.pointer(to: "assets") + "/\(index)"
            guard let key = element.string else {
                issues.append(InputIssue(pointer: pointer, code: "type", detail: "Expected an asset's key."))
                continue
            }
            guard let asset = plant.asset(key: key) else {
                issues.append(
                    InputIssue(pointer: pointer, code: "unknown-reference", detail: "There is no asset “\(key)”.")
                )
                continue
            }
            if !ids.contains(asset.id) { ids.append(asset.id) }
        }
        reader.absorb(issues)
        return issues.isEmpty ? .assets(ids) : nil
    }

    /// The profiles that the expressions must make sense for.
    ///
    /// For assets without devices as yet these are all profiles: one of them must fit.
    private static func profiles(of scope: RuleScope, in plant: PlantSnapshot) -> [Profile] {
        switch scope {
        case .profile(let id): return plant.profiles[id].map { [$0] } ?? []
        case .assets(let ids):
            let covered = plant.coverage(of: ids)
            let devices = plant.devices.values.filter { $0.assetID.map(covered.contains) == true }
            let present = Set(devices.map(\.profileID)).compactMap { plant.profiles[$0] }
            return (present.isEmpty ? Array(plant.profiles.values) : present).sorted { $0.key < $1.key }
        }
    }
}

extension PlantSnapshot {
    /// The assets and everything below them.
    func coverage(of assetIDs: [Int32]) -> Set<Int32> {
        assetIDs.reduce(into: []) { $0.formUnion(descendants(of: $1)) }
    }
}

extension Scope {
    /// The names of a rule's expressions: the profile's metrics in use.
    init(metricsOf profile: Profile, states: StateTexts) {
        self.init(states: StateDictionary(code: { states.code(of: $0) }, text: { states.text(of: $0) }))
        for metric in profile.metrics {
            let type: ValueType =
                switch metric.kind {
                case .gauge, .counter: .number
                case .state: .state
                case .location: .location
                }
            add(metric.key, type, slot: metric.ordinal)
        }
    }
}

/// Checks that an expression makes sense for at least one of several profiles.
private struct ConditionCheck {
    let profiles: [Profile]
    let states: StateTexts

    /// What is wrong; nil when it fits one profile.
    ///
    /// An error about types tells more than one about an unknown name.
    func error(in source: String) -> ExpressionError? {
        var best: ExpressionError?
        for profile in profiles {
            do throws(ExpressionError) {
                _ = try CompiledExpression(
                    source,
                    scope: Scope(metricsOf: profile, states: states),
                    expecting: .boolean
                )
                return nil
            } catch {
                if best == nil || best?.code == .unknownName { best = error }
            }
        }
        guard profiles.isEmpty else { return best }
        do throws(ExpressionError) {
            try CompiledExpression.checkSyntax(source)
            return nil
        } catch {
            return error
        }
    }
}
