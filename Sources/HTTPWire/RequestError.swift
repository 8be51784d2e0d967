import HTTPTypes

/// Why a request is refused by the parser.
///
/// After any of these the framing is in doubt: answer, then close.
public enum RequestError: String, Error, Hashable, Sendable, CaseIterable {
    /// The method is no token (RFC 9110 section 9.1).
    case invalidMethod = "invalid-method"
    /// The request line is not `method SP target SP version` (RFC 9112 section 3).
    case invalidRequestLine = "invalid-request-line"
    /// The target has a byte or a form that does not belong there (RFC 9112 section 3.2).
    case invalidTarget = "invalid-target"
    /// The version is not `HTTP/` digit `.` digit (RFC 9112 section 2.3).
    case invalidVersion = "invalid-version"
    /// A line ended in LF alone, or a CR stood alone (RFC 9112 section 2.2).
    case bareLineEnd = "bare-line-end"
    /// A field continued on the next line, or whitespace came before the first field (RFC 9112 section 5.2).
    case foldedField = "folded-field"
    /// Whitespace between field name and colon (RFC 9112 section 5.1).
    case spaceBeforeColon = "space-before-colon"
    /// A field name that is no token, or a line without a colon.
    case invalidFieldName = "invalid-field-name"
    /// A control character in a field value (RFC 9110 section 5.5).
    case invalidFieldValue = "invalid-field-value"
    /// No Host in an HTTP/1.1 request, or more than one, or one that is no host (RFC 9112 section 3.2).
    case invalidHost = "invalid-host"
    /// Content-Length is no plain number, is given more than once, or does not fit 63 bits (RFC 9112 section 6.3).
    case invalidContentLength = "invalid-content-length"
    /// Content-Length and Transfer-Encoding together (RFC 9112 section 6.1).
    case conflictingFraming = "conflicting-framing"
    /// Transfer-Encoding that does not end in exactly one `chunked`, is repeated, or came with HTTP/1.0.
    case invalidTransferEncoding = "invalid-transfer-encoding"
    /// A chunk size that is no hexadecimal number of at most 15 digits, or junk after it (RFC 9112 section 7.1).
    case invalidChunkSize = "invalid-chunk-size"
    /// Chunk data not followed by CRLF.
    case invalidChunkEnd = "invalid-chunk-end"
    /// Chunk extensions beyond the limit, or with a control character.
    case invalidChunkExtension = "invalid-chunk-extension"
    /// A field in the trailer section that frames or routes the message (RFC 9110 section 6.5.1).
    case invalidTrailer = "invalid-trailer"
    /// The stream ended inside a request.
    case truncated = "truncated"
    /// The request line exceeds its limit.
    case targetTooLong = "target-too-long"
    /// The head or the trailer section exceeds a limit.
    case headTooLarge = "head-too-large"
    /// An expectation other than `100-continue` (RFC 9110 section 10.1.1).
    case unknownExpectation = "unknown-expectation"
    /// A transfer coding other than `chunked` (RFC 9112 section 6.1).
    case unsupportedTransferCoding = "unsupported-transfer-coding"
    /// `CONNECT`: this is no proxy (RFC 9110 section 9.3.6).
    case unsupportedMethod = "unsupported-method"
    /// A major version other than 1 (RFC 9110 section 15.6.6).
    case unsupportedVersion = "unsupported-version"

    /// The status that says this most precisely.
    public var status: HTTPResponse.Status {
        switch self {
        case .targetTooLong: .uriTooLong
        case .headTooLarge: .requestHeaderFieldsTooLarge
        case .unknownExpectation: .expectationFailed
        case .unsupportedTransferCoding, .unsupportedMethod: .notImplemented
        case .unsupportedVersion: .httpVersionNotSupported
        default: .badRequest
        }
    }

    /// One sentence for people, without any part of the request.
    public var message: String {
        switch self {
        case .invalidMethod: "The method is not a token."
        case .invalidRequestLine: "The request line is not method, target and version separated by single spaces."
        case .invalidTarget: "The request target is malformed."
        case .invalidVersion: "The HTTP version is malformed."
        case .bareLineEnd: "Lines must end in CRLF."
        case .foldedField: "Folded header fields are not accepted."
        case .spaceBeforeColon: "No whitespace is allowed between a field name and its colon."
        case .invalidFieldName: "A header field has no valid name."
        case .invalidFieldValue: "A header field has a control character in its value."
        case .invalidHost: "Exactly one valid Host field is required."
        case .invalidContentLength: "Content-Length must be given once, as decimal digits."
        case .conflictingFraming: "Content-Length and Transfer-Encoding exclude each other."
        case .invalidTransferEncoding: "Transfer-Encoding must be exactly one \"chunked\", in HTTP/1.1 only."
        case .invalidChunkSize: "A chunk size is malformed."
        case .invalidChunkEnd: "A chunk does not end in CRLF."
        case .invalidChunkExtension: "A chunk extension is malformed or too long."
        case .invalidTrailer: "A trailer field is not allowed there."
        case .truncated: "The request ended early."
        case .targetTooLong: "The request line is too long."
        case .headTooLarge: "The header fields are too many or too large."
        case .unknownExpectation: "Only the expectation 100-continue is known."
        case .unsupportedTransferCoding: "Only the transfer coding chunked is known."
        case .unsupportedMethod: "The method is not supported."
        case .unsupportedVersion: "Only HTTP/1.0 and HTTP/1.1 are spoken here."
        }
    }
}
