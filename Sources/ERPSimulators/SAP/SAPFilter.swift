import Primitives

/// The part of OData 2.0's `$filter` that connectors use: comparisons joined by `and` and `or`, without parentheses.
struct SAPFilter {
    private struct Comparison {
        var property: String
        var sign: String
        var value: JSONValue
    }

    /// Alternatives of comparisons that all hold.
    private var alternatives: [[Comparison]] = [[]]
    /// The properties that it names.
    var properties: [String] { alternatives.joined().map(\.property) }

    /// Reads a filter; nil when it is something else.
    init?(_ text: String) {
        var words = Self.words(text)[...]
        while true {
            guard words.count >= 3, let property = words.popFirst(), let sign = words.popFirst(),
                let value = words.popFirst().flatMap(Self.value), ["eq", "ne", "ge", "gt", "le", "lt"].contains(sign)
            else { return nil }
            alternatives[alternatives.count - 1].append(Comparison(property: property, sign: sign, value: value))
            switch words.popFirst() {
            case nil: return
            case "and": break
            case "or": alternatives.append([])
            default: return nil
            }
        }
    }

    func holds(_ row: JSONObject) -> Bool {
        alternatives.contains { comparisons in comparisons.allSatisfy { Self.holds($0, row[$0.property] ?? .null) } }
    }

    private static func holds(_ comparison: Comparison, _ value: JSONValue) -> Bool {
        let order: Int
        if let wanted = comparison.value.double {
            guard let time = value.string.flatMap(milliseconds) else { return false }
            order = time < wanted ? -1 : time > wanted ? 1 : 0
        } else {
            let one = value.string ?? ""
            let other = comparison.value.string ?? ""
            order = one < other ? -1 : one > other ? 1 : 0
        }
        return switch comparison.sign {
        case "eq": order == 0
        case "ne": order != 0
        case "ge": order >= 0
        case "gt": order > 0
        case "le": order <= 0
        default: order < 0
        }
    }

    /// Words apart by spaces; texts in quotes stay whole.
    private static func words(_ text: String) -> [String] {
        var words: [String] = []
        var word = ""
        var isQuoted = false
        for character in text {
            if character == "'" { isQuoted.toggle() }
            if character == " ", !isQuoted {
                if !word.isEmpty { words.append(word) }
                word = ""
            } else {
                word.append(character)
            }
        }
        if !word.isEmpty { words.append(word) }
        return words
    }

    /// A text, or a time in milliseconds.
    private static func value(_ word: String) -> JSONValue? {
        guard word.hasSuffix("'"), let start = word.firstIndex(of: "'") else { return nil }
        let inner = String(word[word.index(after: start)...].dropLast()).replacing("''", with: "'")
        switch String(word[..<start]) {
        case "": return .string(inner)
        case "datetime", "datetimeoffset":
            let zoned = inner.hasSuffix("Z") ? inner : inner + "Z"
            return Timestamp(rfc3339: zoned).map { .number(Double($0.milliseconds)) }
        default: return nil
        }
    }

    /// The time of `/Date(ms)/` or `/Date(ms+0000)/`.
    static func milliseconds(_ text: String) -> Double? {
        guard text.hasPrefix("/Date(") else { return nil }
        return Double(text.dropFirst(6).prefix { $0 == "-" || $0.isNumber })
    }
}
