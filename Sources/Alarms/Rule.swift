import Assets
import Primitives

/// Which devices a rule watches.
public enum RuleScope: Hashable, Sendable {
    /// All devices of a profile, by its row.
    case profile(Int32)
    /// The devices of these assets, by their rows, and of everything below them.
    case assets([Int32])
}

/// What a rule says, apart from its address and history.
public struct RuleDefinition: Hashable, Sendable {
    /// The name that people read.
    public var name: String
    /// Which devices it watches.
    public var scope: RuleScope
    /// How bad its alarms are.
    public var severity: Severity
    /// The expression that raises an alarm when it is true.
    public var condition: String
    /// How long the condition must hold, by source time.
    public var hold: ISODuration
    /// The expression that clears an alarm when it is true; nil for "the condition is false".
    public var clear: String?
    /// Whether it is evaluated.
    public var isEnabled: Bool
}

/// A stored rule.
public struct Rule: Hashable, Sendable {
    /// The row's number.
    public var id: Int32
    /// Its address.
    public var key: String
    /// What it says.
    public var definition: RuleDefinition
    /// Counts the writes; the ETag, and the version that alarms refer to.
    public var revision: Int32
    /// When it was last written.
    public var updatedAt: Timestamp

    /// The name that people read.
    public var name: String { definition.name }
    /// How bad its alarms are.
    public var severity: Severity { definition.severity }
    /// What a condition compares; the ETag.
    public var version: ResourceVersion { ResourceVersion(id: id, revision: revision) }
}

extension Rule {
    /// The API's form of the rule.
    public func json(in plant: PlantSnapshot) -> JSONValue {
        var profile = JSONValue.null
        var assets = JSONValue.null
        switch definition.scope {
        case .profile(let id): profile = .optional(plant.profiles[id]?.key)
        case .assets(let ids): assets = .array(ids.compactMap { plant.assets[$0].map { .string($0.key) } })
        }
        return [
            "key": .string(key),
            "name": .string(name),
            "profile": profile,
            "assets": assets,
            "severity": .string(severity.rawValue),
            "condition": .string(definition.condition),
            "for": .string(definition.hold.text),
            "clear": .optional(definition.clear),
            "enabled": .bool(definition.isEnabled),
        ]
    }
}
