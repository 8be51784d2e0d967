import Primitives

/// A metric as an admin wrote it, before it has an ordinal.
struct MetricDraft: Hashable, Sendable {
    var key: String
    var name: String
    var unit: String
    var kind: MetricKind
    var rollover: Double?

    /// What a roll-over value may be: up to that of 64 bits.
    static let rollovers = 1...0x1p64
}

/// A profile as an admin wrote it.
struct ProfileDraft: Sendable {
    var name: String
    var reportingInterval: Double?
    var metrics: [MetricDraft]
    var retention = RetentionClass.forever

    /// Longest retention, in days.
    static let maximumRetention: Int64 = 3_660

    /// Reads `{name, metrics: [{key, name, unit, kind, rollover}], reportingInterval, retention}`.
    init(_ document: JSONValue) throws(InvalidInput) {
        var reader = try InputReader(document)
        _ = reader.value("key")
        name = reader.requiredString("name")
        reportingInterval = reader.number("reportingInterval", in: 0.001...31_536_000)
        metrics = []
        if let duration = reader.duration("retention") {
            let (days, rest) = duration.milliseconds.quotientAndRemainder(dividingBy: 86_400_000)
            if rest == 0, (1...Self.maximumRetention).contains(days) {
                retention = RetentionClass(days: Int16(days))
            } else {
                reader.note("retention", "range", "Whole days are expected, P1D to P\(Self.maximumRetention)D.")
            }
        }
        if let list = reader.required("metrics") {
            if let elements = list.array {
                metrics = Self.metrics(elements, into: &reader)
            } else {
                reader.note("metrics", "type", "Expected an array of metrics.")
            }
        }
        try reader.finish()
    }

    /// The API's form of the profile that this makes.
    func json(key: String) -> JSONValue {
        [
            "key": .string(key), "name": .string(name), "reportingInterval": .optional(reportingInterval),
            "retention": .optional(retention.duration),
            "metrics": .array(metrics.map(\.json)),
        ]
    }

    private static func metrics(_ elements: [JSONValue], into reader: inout InputReader) -> [MetricDraft] {
        if elements.count > 500 { reader.note("metrics", "too-many", "At most 500 metrics.") }
        var drafts: [MetricDraft] = []
        var seen: Set<String> = []
        for (index, element) in elements.prefix(500).enumerated() {
            let pointer = "/metrics/\(index)"
            do throws(InvalidInput) {
                let draft = try MetricDraft(element, at: pointer)
                if seen.insert(draft.key).inserted {
                    drafts.append(draft)
                } else {
                    reader.absorb([
                        InputIssue(pointer: pointer + "/key", code: "duplicate", detail: "This key is used twice.")
                    ])
                }
            } catch {
                reader.absorb(error.issues)
            }
        }
        return drafts
    }
}

extension MetricDraft {
    init(_ value: JSONValue, at pointer: String) throws(InvalidInput) {
        var reader = try InputReader(value, at: pointer)
        key = reader.requiredString("key", maximumLength: 63)
        if !key.isEmpty, !Self.isMetricKey(key) {
            reader.note(
                "key",
                "key",
                "A metric key starts with a letter and has letters, digits and underscores, 63 at most; "
                    + "the words of the expression language (and, or, not, true, false, null) and ts are taken."
            )
        }
        name = reader.string("name") ?? key
        unit = reader.string("unit", maximumLength: 40) ?? ""
        kind = reader.choice("kind", MetricKind.self) ?? .gauge
        rollover = reader.number("rollover", in: Self.rollovers)
        if rollover != nil, kind != .counter {
            reader.note("rollover", "not-a-counter", "Only a counter rolls over; this metric is a \(kind.rawValue).")
        }
        _ = reader.value("retired")
        try reader.finish()
    }

    /// The API's form of the metric that this makes.
    var json: JSONValue {
        Metric(key: key, name: name, unit: unit, kind: kind, rollover: rollover, ordinal: 0).json
    }

    static let reserved: Set<String> = ["ts", "and", "or", "not", "true", "false", "null"]

    static func isMetricKey(_ text: String) -> Bool {
        guard let first = text.utf8.first, !reserved.contains(text) else { return false }
        func isLetter(_ byte: UInt8) -> Bool {
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) || byte == UInt8(ascii: "_")
        }
        return isLetter(first)
            && text.utf8.allSatisfy { isLetter($0) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    }
}

extension Profile {
    /// The API's form of the profile.
    public var json: JSONValue {
        [
            "key": .string(key),
            "name": .string(name),
            "reportingInterval": .optional(reportingInterval),
            "retention": .optional(retention.current.duration),
            "metrics": .array(metrics.map(\.json)),
        ]
    }
}

extension Metric {
    /// The API's form of the metric; `rollover` is there when it has one.
    public var json: JSONValue {
        var object: JSONObject = [
            "key": .string(key), "name": .string(name), "unit": .string(unit), "kind": .string(kind.rawValue),
        ]
        if let rollover { object["rollover"] = .number(rollover) }
        return .object(object)
    }
}
