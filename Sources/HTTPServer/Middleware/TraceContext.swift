import HTTPTypes

/// The place of a request in a distributed trace (W3C Trace Context level 1).
public struct TraceContext: Hashable, Sendable {
    /// The trace: 32 lower-case hexadecimal digits, not all zero.
    public let traceID: String
    /// The caller's span: 16 digits; nil when the trace begins here.
    public let parentID: String?
    /// This request's own span: 16 digits.
    public let spanID: String
    /// Whether the caller records the trace.
    public let isSampled: Bool
    /// What vendors pass along, unread; only together with a valid `traceparent`.
    public let state: String?

    /// Keeps the traces of two processes apart.
    fileprivate static let processSeed = UInt64.random(in: .min ... .max)

    /// `traceparent` for calls that this request makes.
    public var outgoing: String { "00-\(traceID)-\(spanID)-\(isSampled ? "01" : "00")" }

    /// Goes on with the caller's trace, or begins one.
    ///
    /// - Parameters:
    ///   - fields: the request's fields.
    ///   - seed: a number that no other request has; makes the identifiers.
    init(fields: HTTPFields, seed: UInt64) {
        spanID = TraceContext.digits(seed, 1)
        let lines = fields[values: .traceparent]
        guard lines.count == 1, let parent = TraceContext.parse(lines[0]) else {
            traceID = TraceContext.digits(seed, 2) + TraceContext.digits(seed, 3)
            parentID = nil
            isSampled = false
            state = nil
            return
        }
        traceID = parent.traceID
        parentID = parent.spanID
        isSampled = parent.flags & 1 == 1
        state = fields[.tracestate].flatMap { $0.utf8.count <= 512 ? $0 : nil }
    }

    /// Reads `traceparent` (section 3.2).
    ///
    /// A later version is read like the first as far as that goes; its length may be greater.
    static func parse(_ text: String) -> (traceID: String, spanID: String, flags: UInt8)? {
        let bytes = Array(text.utf8)
        guard bytes.count >= 55, bytes[2] == 0x2D, bytes[35] == 0x2D, bytes[52] == 0x2D else { return nil }
        let version = bytes[0..<2]
        let trace = bytes[3..<35]
        let span = bytes[36..<52]
        let flags = bytes[53..<55]
        guard [version, trace, span, flags].allSatisfy({ $0.allSatisfy(isLowerHex) }),
            !version.elementsEqual("ff".utf8), trace.contains(where: { $0 != 0x30 }),
            span.contains(where: { $0 != 0x30 })
        else { return nil }
        if version.elementsEqual("00".utf8) {
            guard bytes.count == 55 else { return nil }
        } else {
            guard bytes.count == 55 || bytes[55] == 0x2D else { return nil }
        }
        let value = UInt8(String(decoding: flags, as: UTF8.self), radix: 16) ?? 0
        return (String(decoding: trace, as: UTF8.self), String(decoding: span, as: UTF8.self), value)
    }

    private static func isLowerHex(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte)
    }

    /// Sixteen digits, not all zero, that look random (the finalizer of SplitMix64).
    private static func digits(_ seed: UInt64, _ stream: UInt64) -> String {
        var value = seed &+ stream &* 0x9E37_79B9_7F4A_7C15
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        value ^= value >> 31
        let text = String(value == 0 ? 1 : value, radix: 16)
        return String(repeating: "0", count: 16 - text.utf8.count) + text
    }
}

extension Request {
    /// The place of this request in a distributed trace; always the same for the same request.
    public var trace: TraceContext {
        // FNV-1a of the id, which no other request of this process has.
        let seed = id.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
        return TraceContext(fields: headers, seed: seed ^ TraceContext.processSeed)
    }
}

/// Tells clients the id of their request, for support and for finding it in the log.
public struct RequestIdentity: Middleware {
    /// Makes the middleware.
    public init() {}

    /// Adds `X-Request-Id` to the response of `next`.
    public func respond(to request: Request, next: Handler) async throws -> Response {
        var response = try await next(request)
        response.headers[.xRequestID] = request.id
        return response
    }
}

extension HTTPField.Name {
    private static func known(_ name: String) -> HTTPField.Name { HTTPField.Name(name) ?? .via }

    fileprivate static let traceparent = known("traceparent")
    fileprivate static let tracestate = known("tracestate")
    static let xRequestID = known("X-Request-Id")
}
