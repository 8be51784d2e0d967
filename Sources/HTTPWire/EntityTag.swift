/// A validator of one representation, `"abc"` or `W/"abc"` (RFC 9110 section 8.8.3).
public struct EntityTag: Hashable, Sendable {
    /// Whether it only promises representations that mean the same, not the same bytes.
    public let isWeak: Bool
    /// What stands between the quotes.
    public let opaque: String

    /// Makes a tag; nil when the text could not stand between quotes.
    public init?(_ opaque: String, isWeak: Bool = false) {
        guard opaque.utf8.allSatisfy(EntityTag.isAllowed) else { return nil }
        self.opaque = opaque
        self.isWeak = isWeak
    }

    /// Reads a tag as it stands in a field, without blanks around it.
    public init?(parsing text: some StringProtocol) {
        let isWeak = text.hasPrefix("W/")
        let quoted = isWeak ? text.dropFirst(2) : text[...]
        guard quoted.utf8.count >= 2, quoted.hasPrefix("\""), quoted.hasSuffix("\"") else { return nil }
        self.init(String(quoted.dropFirst().dropLast()), isWeak: isWeak)
    }

    /// The tag as it stands in a field.
    public var text: String { isWeak ? "W/\"\(opaque)\"" : "\"\(opaque)\"" }

    /// Strong comparison: both are strong and equal (RFC 9110 section 8.8.3.2).
    public func matchesStrongly(_ other: EntityTag) -> Bool { !isWeak && !other.isWeak && opaque == other.opaque }

    /// Weak comparison: equal, whether strong or weak (RFC 9110 section 8.8.3.2).
    public func matchesWeakly(_ other: EntityTag) -> Bool { opaque == other.opaque }

    /// `etagc`: visible characters without the quote, and obs-text.
    static func isAllowed(_ byte: UInt8) -> Bool { byte == 0x21 || (byte >= 0x23 && byte != 0x7F) }
}

/// The value of `If-Match` and `If-None-Match`: any representation, or one of a list (RFC 9110 section 13.1).
public enum EntityTagCondition: Hashable, Sendable {
    /// `*`: any current representation.
    case any
    /// One of these.
    case tags([EntityTag])

    /// Reads a field; nil when it is malformed.
    ///
    /// Tags may hold commas, so the list is read tag by tag.
    public init?(parsing text: String) {
        var rest = Array(text.utf8)[...]
        func skipBlanks() { rest = rest.drop { $0.isBlank } }
        skipBlanks()
        if rest.first == UInt8(ascii: "*"), rest.dropFirst().allSatisfy(\.isBlank) {
            self = .any
            return
        }
        var tags: [EntityTag] = []
        while true {
            // Empty elements are allowed to a reader (RFC 9110 section 5.6.1.2).
            rest = rest.drop { $0.isBlank || $0 == UInt8(ascii: ",") }
            if rest.isEmpty { break }
            let isWeak = rest.starts(with: "W/".utf8)
            if isWeak { rest = rest.dropFirst(2) }
            guard rest.popFirst() == UInt8(ascii: "\""), let end = rest.firstIndex(of: UInt8(ascii: "\"")),
                let opaque = String(validating: rest[..<end], as: UTF8.self),
                let tag = EntityTag(opaque, isWeak: isWeak)
            else { return nil }
            tags.append(tag)
            rest = rest[(end + 1)...]
            skipBlanks()
            guard rest.isEmpty || rest.first == UInt8(ascii: ",") else { return nil }
        }
        guard !tags.isEmpty else { return nil }
        self = .tags(tags)
    }
}
