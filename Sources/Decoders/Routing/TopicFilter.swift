import Primitives

/// A topic filter of a source (MQTT 5.0 section 4.7): `+` stands for one level, `#` at the end for any number.
public struct TopicFilter: Hashable, Sendable {
    /// The filter's text.
    public let text: String
    let levels: [String]

    /// Longest filter, in bytes of UTF-8.
    public static let maximumLength = 1_024

    /// Reads a filter.
    ///
    /// - Throws: `InvalidInput` about `/topicFilter`.
    public init(_ text: String) throws(InvalidInput) {
        func invalid(_ detail: String) -> InvalidInput {
            InvalidInput(pointer: "/topicFilter", code: "topic-filter", detail: detail)
        }
        guard (1...Self.maximumLength).contains(text.utf8.count), !text.utf8.contains(0) else {
            throw invalid("A topic filter has 1 to \(Self.maximumLength) bytes and no NUL.")
        }
        let levels = Self.levels(of: text)
        guard levels.first != "$share" else {
            throw invalid("Shared subscriptions would spread a device's messages over several readers.")
        }
        for (index, level) in levels.enumerated() where level.utf8.count > 1 || index < levels.count - 1 {
            if level.utf8.contains(UInt8(ascii: "#")) {
                throw invalid("“#” must stand alone in the last level, as in factory/#.")
            }
            if level.utf8.count > 1, level.utf8.contains(UInt8(ascii: "+")) {
                throw invalid("“+” must stand alone in its level, as in factory/+/data.")
            }
        }
        self.text = text
        self.levels = levels
    }

    /// The level, counted from 1, of the first `+`; nil when there is none.
    public var firstWildcardLevel: Int? {
        levels.firstIndex(of: "+").map { $0 + 1 }
    }

    /// The levels of a topic or filter.
    static func levels(of topic: String) -> [String] {
        topic.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
            .map { String(decoding: $0, as: UTF8.self) }
    }
}
