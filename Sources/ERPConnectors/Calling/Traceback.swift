import Foundation
import Primitives

/// Takes out of answers what ERPs tell about their own insides: Python tracebacks (Frappe's `exc`, Odoo's `debug`,
/// Tryton's second error member), stack traces of Java, .NET and PHP.
///
/// What failed, which stands in its last line, stays.
enum Traceback {
    private static let placeholder = "(traceback removed)"
    /// Documents beyond this are not taken apart.
    private static let maximumDocument = 256 << 10
    private static let maximumText = 64 << 10

    /// Members that hold nothing else.
    private static let names: Set<String> = [
        "exc", "_exc_source", "traceback", "stacktrace", "stackTrace", "StackTrace", "stack_trace",
    ]

    /// Whether there may be one; cheap, for answers that hold none.
    private static let signs = [
        "Traceback (most recent", "tack", "_exc", "\"exc\"", "raceback", "    at ", "\\tat ", "\tat ", "#0 /",
    ]
    .map { Data($0.utf8) }

    /// An answer's body without tracebacks, as text; of a very long one the beginning.
    static func removed(from body: [UInt8]) -> String {
        let data = Data(body.prefix(maximumDocument))
        guard signs.contains(where: { data.range(of: $0) != nil }) else {
            return String(decoding: body.prefix(maximumText), as: UTF8.self)
        }
        if body.count <= maximumDocument, let document = try? JSONValue(parsing: body) {
            return removed(from: document).text
        }
        return shortened(String(decoding: body.prefix(maximumText), as: UTF8.self))
    }

    /// A document without tracebacks.
    static func removed(from document: JSONValue) -> JSONValue {
        if let object = document.object {
            var result = JSONObject()
            for member in object.members {
                let isOne = names.contains(member.name) && !member.value.isNull
                result[member.name] = isOne ? ending(of: member.value) : removed(from: member.value)
            }
            return .object(result)
        }
        if let array = document.array { return .array(array.map { removed(from: $0) }) }
        return document.string.map { .string(shortened($0)) } ?? document
    }

    private static func ending(of value: JSONValue) -> JSONValue {
        let text = value.string ?? value.array?.compactMap(\.string).joined(separator: "\n") ?? ""
        return .string(with(lastLine(of: text)))
    }

    private static func with(_ ending: String) -> String {
        ending.isEmpty ? placeholder : "\(placeholder) \(ending)"
    }

    /// A text up to its traceback, and what failed.
    private static func shortened(_ text: String) -> String {
        if let start = text.range(of: "Traceback (most recent call last)") {
            return text[..<start.lowerBound] + with(lastLine(of: String(text[start.upperBound...])))
        }
        // "    at Company.Class.Method(File.java:12)", and PHP's "#0 /var/www/file.php(12): call()".
        let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        let frames = lines.indices.filter { isFrame(lines[$0]) }
        guard frames.count >= 2 else { return text }
        let kept = lines.indices.filter { !isFrame(lines[$0]) }.map { lines[$0] }
        return (kept + [placeholder[...]]).joined(separator: "\n")
    }

    private static func isFrame(_ line: Substring) -> Bool {
        let rest = line.drop { $0 == " " || $0 == "\t" }
        if rest.startIndex != line.startIndex, rest.hasPrefix("at "), rest.contains("(") || rest.contains(".") {
            return true
        }
        guard rest.hasPrefix("#") else { return false }
        let behind = rest.dropFirst().drop { $0.isNumber }
        return behind.startIndex != rest.index(after: rest.startIndex) && behind.hasPrefix(" /")
    }

    /// The last line that says something; Frappe's list of tracebacks is JSON inside a text, with escaped line ends.
    private static func lastLine(of text: String) -> String {
        let lines = text.replacing("\\n", with: "\n").split(separator: "\n")
        let ending = lines.last { line in line.contains { $0.isLetter } } ?? ""
        // A frame is no ending: the rest was cut off.
        if ending.hasPrefix(" ") || ending.hasPrefix("\t") { return "" }
        var words = ending[...]
        while let last = words.last, "\"]\\ ".contains(last) { words = words.dropLast() }
        return String(words.prefix(300))
    }
}
