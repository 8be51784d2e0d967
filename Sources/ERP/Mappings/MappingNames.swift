import Assets
import Expressions
import Foundation
import Primitives

/// The names that field templates and conditions may use beside the metrics of the profile.
enum MappingName: Int, CaseIterable {
    case deviceKey
    case deviceName
    case assetKey
    case assetName
    case assetEquipment
    case readingTimestamp
    case link
    case idempotencyKey
    case alarmID
    case alarmSeverity
    case alarmRaisedAt
    case alarmClearedAt
    case ruleKey
    case ruleName
    case windowStart
    case windowEnd
    case windowValue

    /// The name as it is written.
    var name: String {
        switch self {
        case .deviceKey: "device.key"
        case .deviceName: "device.name"
        case .assetKey: "asset.key"
        case .assetName: "asset.name"
        case .assetEquipment: "asset.equipment"
        case .readingTimestamp: "reading.ts"
        case .link: "link"
        case .idempotencyKey: "idempotencyKey"
        case .alarmID: "alarm.id"
        case .alarmSeverity: "alarm.severity"
        case .alarmRaisedAt: "alarm.raisedAt"
        case .alarmClearedAt: "alarm.clearedAt"
        case .ruleKey: "rule.key"
        case .ruleName: "rule.name"
        case .windowStart: "window.start"
        case .windowEnd: "window.end"
        case .windowValue: "window.value"
        }
    }

    /// The type of its values.
    var type: ValueType { self == .windowValue ? .number : .text }

    /// Whether it is there for a kind of cause.
    func isKnown(_ context: MappingContext) -> Bool {
        switch self {
        case .alarmID, .alarmSeverity, .alarmRaisedAt, .alarmClearedAt, .ruleKey, .ruleName: context == .alarm
        case .windowStart, .windowEnd, .windowValue: context == .window
        default: true
        }
    }

    /// Slots beyond those of any reading.
    static let firstSlot = 1 << 20
    /// The slots of lookup tables.
    static let firstLookupSlot = firstSlot + 1_024

    var slot: Int { Self.firstSlot + rawValue }
}

/// What kind of cause a mapping has.
enum MappingContext: Hashable, Sendable {
    case alarm
    case change
    case window
}

extension MappingDefinition {
    /// What kind of cause it has.
    var context: MappingContext { rule != nil ? .alarm : metering != nil ? .window : .change }
}

extension Scope {
    /// The names of a mapping's field templates: the profile's metrics in use, then the mapping's own, which win.
    init(mappingOn profile: Profile?, states: StateTexts, context: MappingContext) {
        self.init(states: StateDictionary(code: { states.code(of: $0) }, text: { states.text(of: $0) }))
        for metric in profile?.metrics ?? [] {
            let type: ValueType =
                switch metric.kind {
                case .gauge, .counter: .number
                case .state: .state
                case .location: .location
                }
            add(metric.key, type, slot: metric.ordinal)
        }
        for name in MappingName.allCases where name.isKnown(context) { add(name.name, name.type, slot: name.slot) }
    }
}

/// The values that field templates are computed from.
struct MappingValues: ValueSource {
    private let slots: [Double]
    /// Few, so that looking through them is quicker than a dictionary.
    private var texts: [(slot: Int, text: String)] = []
    private var windowValue = Double.nan

    init(reading: MetricValues) {
        slots = reading.slots
    }

    /// Sets the value of a name; nil leaves it null.
    subscript(name: MappingName) -> String? {
        get { text(at: name.slot) }
        set { set(name.slot, newValue) }
    }

    /// Sets `window.value`.
    mutating func set(windowValue: Double) { self.windowValue = windowValue }

    /// Sets the result of a lookup table.
    mutating func set(lookup index: Int, _ text: String?) { set(MappingName.firstLookupSlot + index, text) }

    private mutating func set(_ slot: Int, _ text: String?) {
        texts.removeAll { $0.slot == slot }
        if let text { texts.append((slot, text)) }
    }

    func number(at slot: Int) -> Double {
        if slots.indices.contains(slot) { return slots[slot] }
        return slot == MappingName.windowValue.slot ? windowValue : .nan
    }

    func text(at slot: Int) -> String? { texts.first { $0.slot == slot }?.text }
}
