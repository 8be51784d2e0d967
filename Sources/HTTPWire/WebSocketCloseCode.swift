/// Why a WebSocket ends (RFC 6455 section 7.4, IANA registry).
public struct WebSocketCloseCode: RawRepresentable, Hashable, Sendable {
    /// The number on the wire.
    public let rawValue: UInt16

    /// Makes a code from its number.
    public init(rawValue: UInt16) {
        self.rawValue = rawValue
    }

    /// 1000: the purpose is fulfilled.
    public static let normal = WebSocketCloseCode(rawValue: 1_000)
    /// 1001: the server shuts down or the page is left.
    public static let goingAway = WebSocketCloseCode(rawValue: 1_001)
    /// 1002: the other side broke the protocol.
    public static let protocolError = WebSocketCloseCode(rawValue: 1_002)
    /// 1003: a kind of data that is not accepted.
    public static let unsupportedData = WebSocketCloseCode(rawValue: 1_003)
    /// 1005: never sent; stands for a close frame without a code.
    public static let noneReceived = WebSocketCloseCode(rawValue: 1_005)
    /// 1006: never sent; stands for a connection that ended without a close frame.
    public static let abnormal = WebSocketCloseCode(rawValue: 1_006)
    /// 1007: text that is no UTF-8.
    public static let invalidPayload = WebSocketCloseCode(rawValue: 1_007)
    /// 1008: a policy is violated.
    public static let policyViolation = WebSocketCloseCode(rawValue: 1_008)
    /// 1009: a message is too big.
    public static let messageTooBig = WebSocketCloseCode(rawValue: 1_009)
    /// 1011: the server failed.
    public static let internalError = WebSocketCloseCode(rawValue: 1_011)
    /// 1012: the service restarts.
    public static let serviceRestart = WebSocketCloseCode(rawValue: 1_012)
    /// 1013: try again later; a reader that cannot keep up.
    public static let tryAgainLater = WebSocketCloseCode(rawValue: 1_013)

    /// Whether the code may stand in a close frame.
    public var isSendable: Bool {
        switch rawValue {
        case 1_000...1_003, 1_007...1_014, 3_000...4_999: true
        default: false
        }
    }
}

/// How the other side broke the protocol; each has the code to close with.
public enum WebSocketError: String, Error, Hashable, Sendable, CaseIterable {
    /// A reserved bit is set although no extension was agreed.
    case reservedBit = "reserved-bit"
    /// An opcode that is not defined.
    case unknownOpcode = "unknown-opcode"
    /// A client's frame that is not masked, or a server's that is.
    case wrongMasking = "wrong-masking"
    /// A length that is not in its shortest form, or has the top bit set.
    case invalidLength = "invalid-length"
    /// A control frame that is fragmented or longer than 125 bytes.
    case invalidControlFrame = "invalid-control-frame"
    /// A continuation without a beginning, or a beginning inside a message.
    case unexpectedFragment = "unexpected-fragment"
    /// A close frame with one byte, or a code that may not be sent.
    case invalidCloseFrame = "invalid-close-frame"
    /// Text or a close reason that is no UTF-8.
    case invalidUTF8 = "invalid-utf8"
    /// A frame or message beyond the limit.
    case messageTooBig = "message-too-big"
    /// More fragments in one message than the limit.
    case tooManyFragments = "too-many-fragments"
    /// A fragment that is not the last and has fewer bytes than the limit.
    case fragmentTooSmall = "fragment-too-small"
    /// A compressed message that DEFLATE cannot read, or that ends inside a block.
    case corruptDeflate = "corrupt-deflate"
    /// There is no memory to inflate with.
    case outOfMemory = "out-of-memory"

    /// The code of the close frame that answers this.
    public var closeCode: WebSocketCloseCode {
        switch self {
        case .invalidUTF8, .corruptDeflate: .invalidPayload
        case .messageTooBig: .messageTooBig
        case .tooManyFragments, .fragmentTooSmall: .policyViolation
        case .outOfMemory: .internalError
        default: .protocolError
        }
    }
}
