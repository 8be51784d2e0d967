import Primitives

/// Tryton's typed values in JSON: `{"__class__": "Decimal", "decimal": "12.50"}`, `date`, `datetime`.
///
/// Dates and times are in UTC. Source: trytond/protocols/jsonrpc.py.
enum TrytonValue {
    /// A date from `2026-12-01` or a longer RFC 3339 text; nil when the text is none.
    static func date(_ text: String) -> JSONValue? {
        let day = String(text.prefix(10))
        guard Timestamp(rfc3339: day + "T00:00:00Z") != nil else { return nil }
        let parts = day.split(separator: "-").compactMap { Int64($0) }
        guard parts.count == 3 else { return nil }
        return [
            "__class__": "date", "year": .integer(parts[0]), "month": .integer(parts[1]), "day": .integer(parts[2]),
        ]
    }

    /// A point in time.
    static func datetime(_ time: Timestamp) -> JSONValue {
        let text = time.rfc3339
        func number(_ offset: Int, _ length: Int) -> JSONValue {
            .integer(Int64(text.dropFirst(offset).prefix(length)) ?? 0)
        }
        let rest = time.microseconds % 1_000_000
        return [
            "__class__": "datetime", "year": number(0, 4), "month": number(5, 2), "day": number(8, 2),
            "hour": number(11, 2), "minute": number(14, 2), "second": number(17, 2),
            "microsecond": .integer(rest < 0 ? rest + 1_000_000 : rest),
        ]
    }

    /// A date or time; nil for anything else.
    static func timestamp(_ value: JSONValue?) -> Timestamp? {
        guard let value, let kind = value["__class__"]?.string, kind == "date" || kind == "datetime" else { return nil }
        func digits(_ name: String, _ width: Int) -> String {
            let text = String(value[name]?.integer ?? 0)
            return String(repeating: "0", count: max(0, width - text.count)) + text
        }
        let day = "\(digits("year", 4))-\(digits("month", 2))-\(digits("day", 2))"
        let time = "\(digits("hour", 2)):\(digits("minute", 2)):\(digits("second", 2))"
        return Timestamp(rfc3339: "\(day)T\(time).\(digits("microsecond", 6))Z")
    }

    /// A number, be it a float or a decimal; nil for anything else.
    static func number(_ value: JSONValue?) -> Double? {
        guard let value else { return nil }
        let number = value.double ?? value["decimal"]?.string.flatMap(Double.init)
        return number.flatMap { $0.isFinite ? $0 : nil }
    }

    /// A boolean; SQLite gives 0 and 1.
    static func bool(_ value: JSONValue?) -> Bool? { value?.bool ?? value?.integer.map { $0 != 0 } }
}
