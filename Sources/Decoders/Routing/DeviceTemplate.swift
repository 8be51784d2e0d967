import Primitives

/// Gives a device's name on the wire from a message: literal text, `${topic.N}` (a level of the topic, from 1) and
/// `${payload.a.b}` (a value of the sample, by its path).
public struct DeviceTemplate: Hashable, Sendable {
    private enum Part: Hashable, Sendable {
        case literal(String)
        case topicLevel(Int)
        case field(String)
    }

    /// The template's text.
    public let text: String
    private let parts: [Part]

    /// Reads a template.
    ///
    /// - Throws: `InvalidInput` about `/deviceKey`.
    public init(_ text: String) throws(InvalidInput) {
        self.text = text
        var parts: [Part] = []
        var rest = text[...]
        while let start = rest.firstRange(of: "${") {
            if start.lowerBound > rest.startIndex { parts.append(.literal(String(rest[..<start.lowerBound]))) }
            guard let end = rest[start.upperBound...].firstIndex(of: "}") else {
                throw Self.invalid("A placeholder begins with ${ and is not ended by }.")
            }
            parts.append(try Self.placeholder(rest[start.upperBound..<end]))
            rest = rest[rest.index(after: end)...]
        }
        if !rest.isEmpty { parts.append(.literal(String(rest))) }
        guard !parts.isEmpty else { throw Self.invalid("The template is empty.") }
        self.parts = parts
    }

    private static func placeholder(_ text: Substring) throws(InvalidInput) -> Part {
        if text.hasPrefix("topic."), let level = Int(text.dropFirst(6)), (1...128).contains(level) {
            return .topicLevel(level)
        }
        if text.hasPrefix("payload."), text.utf8.count > 8 { return .field(String(text.dropFirst(8))) }
        throw invalid("“${\(text)}” is neither ${topic.N}, N from 1, nor ${payload.path}.")
    }

    private static func invalid(_ detail: String) -> InvalidInput {
        InvalidInput(pointer: "/deviceKey", code: "template", detail: detail)
    }

    /// The name of the device that a sample is about.
    ///
    /// - Throws: ``DecodeFailure`` of code `no-identifier` when a part is missing or the name is not one level of a
    ///   topic.
    public func identifier(of sample: Sample, topic: String) throws(DecodeFailure) -> String {
        var levels: [String]?
        var result = ""
        for part in parts {
            switch part {
            case .literal(let text): result += text
            case .topicLevel(let level):
                let known = levels ?? TopicFilter.levels(of: topic)
                levels = known
                guard level <= known.count else {
                    throw DecodeFailure(.noIdentifier, "The topic has no level \(level).", pointer: sample.pointer)
                }
                result += known[level - 1]
            case .field(let path):
                guard let name = sample[path]?.name else {
                    throw DecodeFailure(
                        .noIdentifier,
                        "The payload has no text or number at “\(path)” to name the device.",
                        pointer: sample.pointer
                    )
                }
                result += name
            }
        }
        return try Self.checked(result, pointer: sample.pointer)
    }

    /// A name on the wire, if it can be one: a level of a topic or several with `/` between them, at most 255 characters.
    public static func checked(_ identifier: String, pointer: String) throws(DecodeFailure) -> String {
        guard (1...255).contains(identifier.count),
            identifier.split(separator: "/", omittingEmptySubsequences: false).allSatisfy({ !$0.isEmpty }),
            identifier.unicodeScalars.allSatisfy({ scalar in
                scalar != "+" && scalar != "#" && scalar.properties.generalCategory != .control
            })
        else {
            throw DecodeFailure(
                .noIdentifier,
                "The device's name has 1 to 255 characters, without empty levels, +, # and control characters.",
                pointer: pointer
            )
        }
        return identifier
    }
}
