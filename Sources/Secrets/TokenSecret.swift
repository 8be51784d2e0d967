import Crypto
import Primitives

/// A bearer secret: 32 random bytes behind a prefix that tells what it opens.
///
/// The database keeps its hash only.
public struct TokenSecret: Sendable {
    /// What a secret opens; part of its text, so that none passes for another.
    public enum Kind: String, CaseIterable, Sendable {
        /// A program's access to the API.
        case apiToken = "pwt_"
        /// A browser's session.
        case session = "pws_"
        /// A one-time sign-in link.
        case signInLink = "pwl_"
        /// The address at which an ERP tells of changes.
        case webhook = "pwh_"
    }

    /// What it opens.
    public let kind: Kind
    /// The secret as it is handed out, once: 56 characters of `[a-z2-7_]`.
    public let text: Redacted<String>
    /// SHA-256 of the text: what is stored and looked up.
    ///
    /// The text has 256 random bits, so no salt or slow hash is needed.
    public let hash: [UInt8]

    /// Makes a new secret.
    public init(_ kind: Kind, random: RandomSource) {
        self.init(kind, text: kind.rawValue + Base32.encode(random.bytes(32)))
    }

    /// Takes a secret that someone presents.
    ///
    /// - Returns: nil when the text has not the form of a secret of this kind; no look-up is needed then.
    public init?(_ kind: Kind, presented text: String) {
        let bytes = text.utf8
        guard bytes.count == kind.rawValue.utf8.count + 52, text.hasPrefix(kind.rawValue),
            bytes.dropFirst(kind.rawValue.utf8.count).allSatisfy(Self.isAllowed)
        else { return nil }
        self.init(kind, text: text)
    }

    private init(_ kind: Kind, text: String) {
        self.kind = kind
        self.text = Redacted(text)
        hash = Array(SHA256.hash(data: Array(text.utf8)))
    }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "2")...UInt8(ascii: "7")).contains(byte)
    }
}

/// Comparisons whose duration does not depend on where the inputs differ.
public enum ConstantTime {
    /// Whether two byte strings are equal; only their lengths can be learned from the time it takes.
    public static func areEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        guard left.count == right.count else { return false }
        var difference: UInt8 = 0
        for (a, b) in zip(left, right) { difference |= a ^ b }
        return difference == 0
    }

    /// Whether two texts have the same bytes; only their lengths can be learned from the time it takes.
    public static func areEqual(_ left: String, _ right: String) -> Bool {
        areEqual(Array(left.utf8), Array(right.utf8))
    }
}
