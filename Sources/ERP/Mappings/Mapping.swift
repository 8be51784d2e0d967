import ERPConnectors
import Primitives

/// What becomes what: a trigger, a connector, an operation and templates of its fields.
public struct Mapping: Hashable, Sendable {
    /// What makes a mapping act.
    public enum Trigger: Hashable, Sendable {
        /// An alarm of a rule.
        case rule(id: Int32)
        /// A change of a metric's value on any device of a profile.
        case metric(MetricTrigger)
    }

    /// The row's number.
    public var id: Int32
    /// Its address.
    public var key: String
    /// What it says.
    public var definition: MappingDefinition
    /// Counts the writes; the ETag and the version that deliveries refer to.
    public var revision: Int32
    /// When it was written last.
    public var updatedAt: Timestamp
}

/// A change of a metric's value on any device of a profile.
public struct MetricTrigger: Hashable, Sendable {
    /// The metric's key.
    public var metric: String
    /// The profile's row.
    public var profileID: Int32
    /// The least change since the last delivery; nil for any change.
    public var minChange: Double?
    /// The least source time since the last delivery.
    public var minInterval: ISODuration

    /// Makes a trigger.
    public init(metric: String, profileID: Int32, minChange: Double?, minInterval: ISODuration) {
        self.metric = metric
        self.profileID = profileID
        self.minChange = minChange
        self.minInterval = minInterval
    }
}

/// What a mapping says, apart from its address.
public struct MappingDefinition: Hashable, Sendable {
    /// The name that people read.
    public var name: String
    /// What makes it act.
    public var trigger: Mapping.Trigger
    /// The connector's row.
    public var connectorID: Int32
    /// What to do there.
    public var operation: ERPOperation
    /// Templates by field name, in order; numbers and booleans stand for themselves.
    public var fields: JSONObject
    /// An alarm that was raised longer ago than this when it reached us causes no delivery.
    public var maxAge: ISODuration
    /// Whether it acts.
    public var isEnabled: Bool

    /// What mappings can ask for as yet.
    static let operations: [ERPOperation] = [.workOrderCreate, .stockSet]

    /// The default of ``maxAge``: a day.
    public static let defaultMaxAge = ISODuration(milliseconds: 86_400_000)

    /// The default of ``MetricTrigger/minInterval``: a minute.
    public static let defaultMinInterval = ISODuration(milliseconds: 60_000)
}

/// A mapping together with the keys that its documents name.
public struct MappingDocument: Hashable, Sendable {
    /// The mapping.
    public var mapping: Mapping
    /// The connector's key.
    public var connectorKey: String
    /// The rule's key; nil for a metric trigger.
    public var ruleKey: String?
    /// The profile's key; nil for a rule trigger.
    public var profileKey: String?

    /// Its address.
    public var key: String { mapping.key }
    /// Counts the writes; the ETag.
    public var revision: Int32 { mapping.revision }
    /// What a condition compares; the ETag.
    public var version: ResourceVersion { ResourceVersion(id: mapping.id, revision: mapping.revision) }

    /// The API's form.
    public var json: JSONValue {
        let definition = mapping.definition
        return [
            "key": .string(mapping.key), "name": .string(definition.name), "trigger": triggerJSON,
            "connector": .string(connectorKey), "operation": .string(definition.operation.rawValue),
            "fields": .object(definition.fields), "maxAge": .string(definition.maxAge.text),
            "enabled": .bool(definition.isEnabled),
        ]
    }

    private var triggerJSON: JSONValue {
        switch mapping.definition.trigger {
        case .rule: return ["rule": .optional(ruleKey)]
        case .metric(let trigger):
            var object: JSONObject = ["metric": .string(trigger.metric), "profile": .optional(profileKey)]
            if let change = trigger.minChange { object["minChange"] = .number(change) }
            object["minInterval"] = .string(trigger.minInterval.text)
            return .object(object)
        }
    }
}
