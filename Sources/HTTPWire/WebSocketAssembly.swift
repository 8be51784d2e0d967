import NIOCore

/// Puts the pieces of one message together as they arrive, within limits, and checks text at once.
///
/// Memory grows with what has arrived, never with what a header announced.
struct WebSocketAssembly: Sendable {
    private struct Message {
        let isText: Bool
        /// Whether the payload is to be inflated when it is whole.
        let isCompressed: Bool
        var fragments = 0
        var validator = UTF8Validator()
    }

    private var message: Message?
    private var payload = ByteBuffer()

    /// The bytes that the next data frame may announce, if it is plain, and if it begins a compressed message.
    func room(_ limits: WebSocketLimits) -> (plain: Int, compressed: Int) {
        guard let message else { return (limits.message, limits.compressedMessage) }
        let room = (message.isCompressed ? limits.compressedMessage : limits.message) - payload.readableBytes
        return (room, room)
    }

    /// Begins or goes on with a message: the header of a data frame has arrived.
    mutating func begin(_ header: FrameHeader, limits: WebSocketLimits) throws(WebSocketError) {
        guard (header.opcode == .continuation) == (message != nil) else { throw .unexpectedFragment }
        var message = message ?? Message(isText: header.opcode == .text, isCompressed: header.isCompressed)
        message.fragments += 1
        guard message.fragments <= limits.fragments else { throw .tooManyFragments }
        guard header.isFinal || header.payloadLength >= limits.minimumFragment else { throw .fragmentTooSmall }
        self.message = message
    }

    /// Adds bytes of the frame's payload, as far as it has arrived.
    ///
    /// - Parameters:
    ///   - bytes: the next bytes of the frame.
    ///   - key: what they are masked with, from the first of them on; 0 for nothing.
    /// - Throws: `invalidUTF8`.
    mutating func add(_ bytes: ByteBuffer, key: UInt32) throws(WebSocketError) {
        let start = payload.readableBytes
        payload.writeImmutableBuffer(bytes)
        payload.applyWebSocketMask(key, from: start)
        guard let message, message.isText, !message.isCompressed else { return }
        let isValid = payload.withUnsafeReadableBytes { payload in
            self.message?.validator.accepts(UnsafeRawBufferPointer(rebasing: payload[start...])) ?? true
        }
        guard isValid else { throw .invalidUTF8 }
    }

    /// The whole message, after its last frame; nil when there is none.
    mutating func finish(
        _ limits: WebSocketLimits,
        _ inflater: MessageInflater?
    ) throws(WebSocketError)
        -> WebSocketEvent?
    {
        guard let message else { return nil }
        var payload = payload
        self = WebSocketAssembly()
        if message.isCompressed, let inflater {
            payload = try inflater.inflate(payload, limit: limits.message)
            guard message.isText else { return .binary(payload) }
            guard let text = String(validating: payload.readableBytesView, as: UTF8.self) else { throw .invalidUTF8 }
            return .text(text)
        }
        guard message.isText else { return .binary(payload) }
        guard message.validator.isComplete else { throw .invalidUTF8 }
        return .text(String(buffer: payload))
    }
}
