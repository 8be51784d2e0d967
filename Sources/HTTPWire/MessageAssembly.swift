import NIOCore

/// Puts the fragments of one message together, within limits, and checks text while it arrives.
struct MessageAssembly: Sendable {
    private var opcode: WebSocketOpcode?
    private var payload = ByteBuffer()
    private var fragments = 0
    private var validator = UTF8Validator()

    /// Bytes collected so far.
    var size: Int { payload.readableBytes }

    /// Takes a data frame; the message when it is complete.
    mutating func add(_ frame: WebSocketFrame, limits: WebSocketLimits) throws(WebSocketError) -> WebSocketEvent? {
        guard (frame.opcode == .continuation) == (opcode != nil) else { throw .unexpectedFragment }
        let kind = opcode ?? frame.opcode
        opcode = kind
        fragments += 1
        guard fragments <= limits.fragments else { throw .tooManyFragments }
        guard frame.payload.readableBytes <= limits.message - size else { throw .messageTooBig }
        if kind == .text, !validator.accepts(frame.payload.readableBytesView) { throw .invalidUTF8 }
        if payload.readableBytes == 0 {
            payload = frame.payload
        } else {
            payload.writeImmutableBuffer(frame.payload)
        }
        guard frame.isFinal else { return nil }
        defer { self = MessageAssembly() }
        if kind == .binary { return .binary(payload) }
        guard validator.isComplete else { throw .invalidUTF8 }
        return .text(String(buffer: payload))
    }
}

/// Checks UTF-8 (RFC 3629) piece by piece: no overlong forms, no surrogates, nothing above U+10FFFF.
struct UTF8Validator: Sendable {
    private var expected = 0
    private var lower: UInt8 = 0x80
    private var upper: UInt8 = 0xBF

    /// Whether no character is cut off at the end.
    var isComplete: Bool { expected == 0 }

    /// Whether the bytes can go on from what came before.
    mutating func accepts(_ bytes: ByteBufferView) -> Bool {
        bytes.withUnsafeBytes { pointer in
            for byte in pointer where !accept(byte) { return false }
            return true
        }
    }

    @inline(__always) private mutating func accept(_ byte: UInt8) -> Bool {
        if expected > 0 {
            guard byte >= lower, byte <= upper else { return false }
            expected -= 1
            lower = 0x80
            upper = 0xBF
            return true
        }
        switch byte {
        case 0x00...0x7F: return true
        case 0xC2...0xDF: expected = 1
        case 0xE0: (expected, lower) = (2, 0xA0)
        case 0xED: (expected, upper) = (2, 0x9F)
        case 0xE1...0xEF: expected = 2
        case 0xF0: (expected, lower) = (3, 0x90)
        case 0xF1...0xF3: expected = 3
        case 0xF4: (expected, upper) = (3, 0x8F)
        default: return false
        }
        return true
    }
}
