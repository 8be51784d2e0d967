import Primitives

/// A filter of conditions that all must hold, as the query languages of ERPs have it: `name eq 'x' and changed ge 2026…`.
///
/// What connectors do not use is refused, not ignored.
struct SimulatedFilter: Hashable, Sendable {
    /// How a condition compares.
    enum Comparison: String, Sendable {
        case equal
        case atLeast
        case greater
        case oneOf
    }

    /// One condition.
    struct Condition: Hashable, Sendable {
        var name: String
        var comparison: Comparison
        /// What it is compared with; several for ``Comparison/oneOf``.
        var values: [String]
    }

    var conditions: [Condition]

    /// Reads OData's `$filter` (`eq`, `ge`, `gt`, `and`); nil when it is something else.
    init?(odata text: String) {
        self.init(text, separator: " and ", operators: [(" eq ", .equal), (" ge ", .atLeast), (" gt ", .greater)])
    }

    /// Reads Oracle's `q` (`=`, `>=`, `>`, `;`) and Maximo's `oslc.where` (`=`, `>=`, `>`, ` and `).
    init?(_ text: String, separator: String) {
        self.init(text, separator: separator, operators: [(">=", .atLeast), (">", .greater), ("=", .equal)])
    }

    private init?(_ text: String, separator: String, operators: [(text: String, comparison: Comparison)]) {
        conditions = []
        for part in Self.split(text, separator) {
            guard let match = operators.first(where: { Self.range(of: $0.text, in: part) != nil }),
                let range = Self.range(of: match.text, in: part),
                let value = Self.value(String(part[range.upperBound...]))
            else { return nil }
            let name = part[..<range.lowerBound].filter { $0 != " " }
            if name.isEmpty { return nil }
            conditions.append(Condition(name: String(name), comparison: match.comparison, values: [value]))
        }
    }

    /// Whether a row keeps every condition; rows without a member do not.
    func matches(_ row: JSONObject) -> Bool {
        conditions.allSatisfy { condition in
            guard let text = Self.text(row[condition.name]) else { return false }
            switch condition.comparison {
            case .equal, .oneOf: return condition.values.contains { $0.lowercased() == text.lowercased() }
            case .atLeast: return condition.values.allSatisfy { Self.isOrdered($0, text, orEqual: true) }
            case .greater: return condition.values.allSatisfy { Self.isOrdered($0, text, orEqual: false) }
            }
        }
    }

    private static func isOrdered(_ limit: String, _ text: String, orEqual: Bool) -> Bool {
        if let limit = Timestamp(rfc3339: limit), let time = Timestamp(rfc3339: text) {
            return orEqual ? time >= limit : time > limit
        }
        if let limit = Double(limit), let number = Double(text) { return orEqual ? number >= limit : number > limit }
        return orEqual ? text >= limit : text > limit
    }

    private static func text(_ value: JSONValue?) -> String? {
        switch value {
        case .string(let text): text
        case .integer(let number): String(number)
        case .number(let number): JSONValue.text(of: number)
        case .bool(let bool): bool ? "true" : "false"
        default: nil
        }
    }

    /// A literal without its quotes; nil when they do not close.
    private static func value(_ text: String) -> String? {
        var text = text[...]
        while text.first == " " { text.removeFirst() }
        while text.last == " " { text.removeLast() }
        guard let quote = text.first, quote == "'" || quote == "\"" else { return text.isEmpty ? nil : String(text) }
        guard text.count >= 2, text.last == quote else { return nil }
        let inner = String(text.dropFirst().dropLast())
        return quote == "'" ? inner.replacing("''", with: "'") : inner.replacing("\\\"", with: "\"")
    }

    /// Splits outside quotes.
    private static func split(_ text: String, _ separator: String) -> [String] {
        var parts: [String] = []
        var rest = text[...]
        while let range = range(of: separator, in: String(rest)) {
            let whole = String(rest)
            parts.append(String(whole[..<range.lowerBound]))
            rest = whole[range.upperBound...]
        }
        parts.append(String(rest))
        return parts.filter { part in part.contains { $0 != " " } }
    }

    /// The first place of a text outside quotes.
    private static func range(of text: String, in whole: String) -> Range<String.Index>? {
        var quote: Character?
        var index = whole.startIndex
        while index < whole.endIndex {
            let character = whole[index]
            if let open = quote {
                if character == open { quote = nil }
            } else if character == "'" || character == "\"" {
                quote = character
            } else if whole[index...].hasPrefix(text) {
                return index..<whole.index(index, offsetBy: text.count)
            }
            index = whole.index(after: index)
        }
        return nil
    }
}
