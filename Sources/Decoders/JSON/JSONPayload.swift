import Primitives

/// What the decoders of JSON formats share: parsing and paths.
enum JSONPayload {
    /// Parses a payload within the limits.
    static func parse(_ payload: [UInt8]) throws(DecodeFailure) -> JSONValue {
        do throws(JSONSyntaxError) {
            return try JSONValue(parsing: payload, maximumDepth: DecoderLimits.depth)
        } catch {
            throw DecodeFailure(
                error.reason == .tooDeep ? .tooLarge : .badJSON,
                "Not valid JSON: \(error.message)."
            )
        }
    }
}

/// A dotted path into a JSON document: member names and array indices, such as `a.b.0`.
struct JSONPath: Hashable, Sendable {
    /// The path as it was written.
    let text: String
    private let steps: [String]

    /// Reads a path; the empty one is the document.
    init(_ text: String) {
        self.text = text
        steps = text.isEmpty ? [] : text.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    }

    /// The JSON Pointer of the place (RFC 6901).
    var pointer: String {
        steps.map { "/" + $0.replacing("~", with: "~0").replacing("/", with: "~1") }.joined()
    }

    /// The value at the path; nil when there is none.
    ///
    /// A member whose name has dots of its own is found by the longest name that fits.
    func value(in document: JSONValue) -> JSONValue? {
        Self.find(steps[...], in: document)
    }

    private static func find(_ steps: ArraySlice<String>, in value: JSONValue) -> JSONValue? {
        guard let first = steps.first else { return value }
        switch value {
        case .object(let object):
            if let member = object[first], let found = find(steps.dropFirst(), in: member) { return found }
            guard steps.count > 1 else { return nil }
            for end in ((steps.startIndex + 2)...steps.endIndex).reversed() {
                let name = steps[steps.startIndex..<end].joined(separator: ".")
                if let member = object[name], let found = find(steps[end...], in: member) { return found }
            }
            return nil
        case .array(let elements):
            guard let index = Int(first), elements.indices.contains(index) else { return nil }
            return find(steps.dropFirst(), in: elements[index])
        default: return nil
        }
    }
}
