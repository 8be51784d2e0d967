import ERPConnectors
import Primitives

/// What becomes what: a trigger, a connector, an operation and templates of its fields.
public struct Mapping: Hashable, Sendable {
    /// What makes a mapping act.
    public enum Trigger: Hashable, Sendable {
        /// An alarm of a rule.
        case rule(RuleTrigger)
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

/// What becomes of a rule's alarm.
public enum AlarmEvent: String, CaseIterable, Sendable {
    /// It was raised.
    case raised
    /// Its condition ended.
    case returned
    /// It was raised again while an order of an earlier one is open, or soon after an earlier one.
    case recurred
}

/// Something that becomes of a rule's alarms.
public struct RuleTrigger: Hashable, Sendable {
    /// The rule's row.
    public var ruleID: Int32
    /// What must become of an alarm.
    public var event: AlarmEvent
    /// For ``AlarmEvent/recurred``: an alarm also recurs when an earlier one ended at most so long before.
    public var within: ISODuration?

    /// Makes a trigger.
    public init(ruleID: Int32, event: AlarmEvent = .raised, within: ISODuration? = nil) {
        self.ruleID = ruleID
        self.event = event
        self.within = within
    }
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
    /// What else it asks for.
    public var options = MappingOptions()

    /// The default of ``maxAge``: a day.
    public static let defaultMaxAge = ISODuration(milliseconds: 86_400_000)

    /// The default of ``MetricTrigger/minInterval``: a minute.
    public static let defaultMinInterval = ISODuration(milliseconds: 60_000)

    /// How a metric is booked window by window; nil when each change counts by itself.
    var metering: Metering? {
        guard metric != nil, operation.isMetered else { return nil }
        return Metering(
            window: options.window ?? Metering.defaultWindow,
            step: options.step,
            deadBand: options.deadBand ?? 0,
            factor: options.factor ?? 1
        )
    }

    /// The rule, if that is the trigger.
    var rule: RuleTrigger? { if case .rule(let rule) = trigger { rule } else { nil } }

    /// The metric, if that is the trigger.
    var metric: MetricTrigger? { if case .metric(let metric) = trigger { metric } else { nil } }
}

extension ERPOperation {
    /// Whether a metric trigger books it window by window.
    var isMetered: Bool { self == .stockConsume || self == .stockReceive || self == .meterRecord }

    /// Whether guards make sense: leaving one out loses nothing but the message.
    var takesLimits: Bool { !isAboutStock && self != .meterRecord }
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

    /// What an admin configured: the API's form without the version.
    public var configuration: JSONValue {
        var object = json.object ?? JSONObject()
        object["version"] = nil
        return .object(object)
    }

    /// The API's form.
    public var json: JSONValue {
        let definition = mapping.definition
        var object: JSONObject = [
            "key": .string(mapping.key), "name": .string(definition.name), "trigger": triggerJSON,
            "connector": .string(connectorKey), "operation": .string(definition.operation.rawValue),
            "fields": .object(definition.fields), "maxAge": .string(definition.maxAge.text),
            "enabled": .bool(definition.isEnabled),
        ]
        for member in definition.options.members { object[member.name] = member.value }
        object["version"] = .integer(Int64(mapping.revision))
        return .object(object)
    }

    private var triggerJSON: JSONValue {
        switch mapping.definition.trigger {
        case .rule(let trigger):
            var object: JSONObject = ["rule": .optional(ruleKey)]
            if trigger.event != .raised { object["on"] = .string(trigger.event.rawValue) }
            if let within = trigger.within { object["within"] = .string(within.text) }
            return .object(object)
        case .metric(let trigger):
            var object: JSONObject = ["metric": .string(trigger.metric), "profile": .optional(profileKey)]
            if let change = trigger.minChange { object["minChange"] = .number(change) }
            object["minInterval"] = .string(trigger.minInterval.text)
            return .object(object)
        }
    }
}
