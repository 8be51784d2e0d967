import Primitives

/// What a mapping may ask for beside its trigger, connector and fields; all of it is off unless it is set.
public struct MappingOptions: Hashable, Sendable {
    /// An expression that must be true; nil for none.
    public var condition: String?
    /// Tables that translate values, in order of their names.
    public var lookups: [MappingLookup] = []
    /// Whether an order becomes a remark on the open order of the same asset, if there is one.
    public var attaches = false
    /// Whether a picture of the readings that raised the alarm goes to the order.
    public var attachesChart = false
    /// Whether a person must release each delivery.
    public var needsApproval = false
    /// The most deliveries in a time.
    public var limit: MappingLimit?
    /// The length of the windows in which a metric is booked; nil for the default.
    public var window: ISODuration?
    /// The smallest quantity that is booked, in the ERP's unit; what is less waits for the next window.
    public var step: Double?
    /// Changes smaller than this are noise, in the metric's unit.
    public var deadBand: Double?
    /// ERP units per metric unit.
    public var factor: Double?

    /// Makes options that ask for nothing.
    public init() {}

    /// The members of the mapping's document; absent options are null.
    var members: [JSONObject.Member] {
        var tables = JSONObject()
        for lookup in lookups { tables[lookup.name] = lookup.json }
        return [
            .init("condition", .optional(condition)), .init("lookups", .object(tables)),
            .init("attach", .bool(attaches)), .init("attachChart", .bool(attachesChart)),
            .init("approval", .bool(needsApproval)),
            .init("limits", limit?.json ?? .null), .init("window", .optional(window?.text)),
            .init("step", .optional(step)), .init("deadBand", .optional(deadBand)), .init("factor", .optional(factor)),
        ]
    }
}

/// A table that translates the value of an expression: alarm to failure code, asset to cost centre.
public struct MappingLookup: Hashable, Sendable {
    /// Templates and the condition use it as `lookups.name`.
    public var name: String
    /// What is looked up.
    public var expression: String
    /// Results by value.
    public var table: [String: String]
    /// The order in which the table was written.
    public var order: [String]
    /// What stands for values that are not in the table; nil for no value.
    public var fallback: String?

    /// Makes a table.
    public init(name: String, expression: String, table: [(String, String)], fallback: String?) {
        self.name = name
        self.expression = expression
        self.table = Dictionary(table) { _, last in last }
        order = table.map(\.0)
        self.fallback = fallback
    }

    var json: JSONValue {
        var rows = JSONObject()
        for value in order { rows[value] = .optional(table[value]) }
        return ["expression": .string(expression), "table": .object(rows), "default": .optional(fallback)]
    }
}

/// A guard: at most so many deliveries of a mapping for one asset in a time.
public struct MappingLimit: Hashable, Sendable {
    /// How many.
    public var perAsset: Int
    /// In how long, by source time.
    public var per: ISODuration

    /// The default of ``per``: a day.
    public static let defaultPeriod = ISODuration(milliseconds: 86_400_000)

    /// Makes a guard.
    public init(perAsset: Int, per: ISODuration) {
        self.perAsset = perAsset
        self.per = per
    }

    var json: JSONValue { ["perAsset": .integer(Int64(perAsset)), "per": .string(per.text)] }
}

extension MappingOptions {
    /// The longest name of a lookup table.
    static let lookupNameLength = 63
    /// The most tables, and rows of one.
    static let maximumLookups = 20
    static let maximumRows = 2_000

    /// Reads the members of a mapping's document that belong to options.
    init(_ reader: inout InputReader) {
        condition = reader.string("condition", maximumLength: 4_096)
        if condition?.allSatisfy(\.isWhitespace) == true { condition = nil }
        lookups = Self.lookups(&reader)
        attaches = reader.bool("attach") ?? false
        attachesChart = reader.bool("attachChart") ?? false
        needsApproval = reader.bool("approval") ?? false
        limit = Self.limit(&reader)
        window = reader.duration("window")
        if let window, !(1_000...366 * 86_400_000).contains(window.milliseconds) {
            reader.note("window", "out-of-range", "A window lasts between a second and 366 days.")
        }
        step = Self.positive("step", &reader)
        deadBand = reader.number("deadBand", in: 0...1e15)
        factor = Self.positive("factor", &reader)
    }

    private static func positive(_ name: String, _ reader: inout InputReader) -> Double? {
        guard let number = reader.number(name, in: 0...1e12) else { return nil }
        guard number >= 1e-12 else {
            reader.note(name, "out-of-range", "The number must be greater than zero.")
            return nil
        }
        return number
    }

    private static func limit(_ reader: inout InputReader) -> MappingLimit? {
        guard let value = reader.value("limits") else { return nil }
        do throws(InvalidInput) {
            var inner = try InputReader(value, at: reader.pointer(to: "limits"))
            let count = inner.required("perAsset") == nil ? nil : inner.number("perAsset", in: 1...1_000_000)
            if let count, Int(exactly: count) == nil { inner.note("perAsset", "type", "Expected a whole number.") }
            let period = inner.duration("per") ?? MappingLimit.defaultPeriod
            if period.milliseconds == 0 {
                inner.note("per", "out-of-range", "The duration must be longer than zero.")
            }
            try inner.finish()
            return count.flatMap { Int(exactly: $0) }.map { MappingLimit(perAsset: $0, per: period) }
        } catch {
            reader.absorb(error.issues)
            return nil
        }
    }

    private static func lookups(_ reader: inout InputReader) -> [MappingLookup] {
        guard let value = reader.value("lookups") else { return [] }
        guard let object = value.object, object.members.count <= maximumLookups else {
            reader.note("lookups", "type", "Expected an object of at most \(maximumLookups) tables.")
            return []
        }
        var lookups: [MappingLookup] = []
        for member in object.members {
            do throws(InvalidInput) {
                lookups.append(try lookup(member))
            } catch {
                reader.absorb(error.issues)
            }
        }
        return lookups
    }

    private static func lookup(_ member: JSONObject.Member) throws(InvalidInput) -> MappingLookup {
        let pointer = MappingLookup.pointer(to: member.name)
        let isName =
            (1...lookupNameLength).contains(member.name.utf8.count)
            && member.name.first?.isLetter == true
            && member.name.utf8.allSatisfy { byte in
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
                    || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || byte == UInt8(ascii: "_")
            }
        guard isName else {
            throw InvalidInput(
                pointer: pointer,
                code: "name",
                detail: "A table's name has letters, digits and underscores and begins with a letter."
            )
        }
        var reader = try InputReader(member.value, at: pointer)
        let expression = reader.requiredString("expression", maximumLength: 4_096)
        var rows: [(String, String)] = []
        if let table = reader.required("table") {
            if let object = table.object, object.members.count <= maximumRows {
                for row in object.members {
                    if let text = row.value.string {
                        rows.append((row.name, text))
                    } else {
                        reader.note("table", "type", "The result for “\(row.name.prefix(60))” must be a text.")
                    }
                }
            } else {
                reader.note("table", "type", "Expected an object of at most \(maximumRows) values and results.")
            }
        }
        let fallback = reader.string("default", maximumLength: 4_096)
        try reader.finish()
        return MappingLookup(name: member.name, expression: expression, table: rows, fallback: fallback)
    }
}

extension MappingLookup {
    /// The JSON Pointer of a table in the mapping's document.
    static func pointer(to name: String) -> String {
        "/lookups/" + name.replacing("~", with: "~0").replacing("/", with: "~1")
    }
}

extension MappingOptions {
    /// Reads what was stored; what cannot be read is left out.
    init(stored: JSONValue) {
        if var reader = try? InputReader(stored) { self.init(&reader) } else { self.init() }
    }
}

extension RuleTrigger {
    /// Reads what is stored of a trigger beside its rule.
    init(ruleID: Int32, stored: JSONValue) {
        self.init(
            ruleID: ruleID,
            event: stored["on"]?.string.flatMap(AlarmEvent.init) ?? .raised,
            within: stored["within"]?.string.flatMap(ISODuration.init)
        )
    }
}

extension MappingDefinition {
    /// What no statement asks about: the document's members for options, and the rest of a rule trigger.
    var storedOptions: JSONValue {
        var object = JSONObject()
        for member in options.members where !member.value.isNull { object[member.name] = member.value }
        if let rule {
            object["on"] = .string(rule.event.rawValue)
            if let within = rule.within { object["within"] = .string(within.text) }
        }
        return .object(object)
    }
}
