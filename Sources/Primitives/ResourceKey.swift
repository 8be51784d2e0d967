/// The address of something that an admin configures: `[a-z0-9][a-z0-9-]{0,62}`.
public struct ResourceKey: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The key's text.
    public let text: String

    /// Checks and wraps a key.
    ///
    /// - Returns: nil when the text is not of the form `[a-z0-9][a-z0-9-]{0,62}`.
    public init?(_ text: String) {
        let bytes = text.utf8
        guard (1...63).contains(bytes.count), bytes.first != UInt8(ascii: "-"), bytes.allSatisfy(Self.isAllowed) else {
            return nil
        }
        self.text = text
    }

    /// The text.
    public var description: String { text }

    /// Orders by the natural order.
    public static func < (left: ResourceKey, right: ResourceKey) -> Bool { left.text < right.text }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
            || byte == UInt8(ascii: "-")
    }
}
