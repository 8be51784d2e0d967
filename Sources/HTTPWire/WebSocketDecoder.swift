import NIOCore

/// What one WebSocket may bring.
public struct WebSocketLimits: Hashable, Sendable {
    /// Bytes of one message, over all its fragments, after decompression.
    public var message = 1_024 * 1_024
    /// Fragments of one message.
    public var fragments = 1_024
    /// Bytes that every fragment but the last must have; 0 for none, as clients in the field send tiny ones.
    public var minimumFragment = 0

    /// Makes the default limits.
    public init() {}

    /// Bytes of one message as it comes, when it is compressed.
    ///
    /// What does not compress gets longer, by up to a seventh with zlib's smallest memory level.
    var compressedMessage: Int {
        let (sum, overflows) = message.addingReportingOverflow(message / 6 + 64)
        return overflows ? .max : sum
    }
}

/// What a WebSocket received.
public enum WebSocketEvent: Hashable, Sendable {
    /// A whole text message.
    case text(String)
    /// A whole binary message.
    case binary(ByteBuffer)
    /// A ping, to be answered by a pong with the same payload.
    case ping(ByteBuffer)
    /// A pong.
    case pong(ByteBuffer)
    /// A close frame; the code is nil when it had none. Nothing after it is read.
    case close(WebSocketCloseCode?, reason: String)
}

/// Turns bytes into WebSocket messages (RFC 6455) without I/O: checks frames, unmasks, puts fragments together,
/// inflates (RFC 7692).
///
/// Data frames are read while they arrive, so that nothing waits for a large one, and text fails at its first impossible
/// byte.
public struct WebSocketDecoder: Sendable {
    private enum State: Hashable, Sendable {
        case open
        case closed
        case failed(WebSocketError)
    }

    private enum Step {
        case event(WebSocketEvent)
        case goOn
        case needsBytes
    }

    /// A data frame whose header was read.
    private struct ArrivingFrame {
        let isFinal: Bool
        let maskingKey: UInt32
        let length: Int
        var received = 0
    }

    private let role: WebSocketRole
    private let limits: WebSocketLimits
    private let inflater: MessageInflater?
    private var state = State.open
    private var buffer: ByteBuffer
    private var arriving: ArrivingFrame?
    private var assembly = WebSocketAssembly()

    /// Makes a decoder for one end of a connection.
    ///
    /// - Parameters:
    ///   - role: the end that receives; a server expects masked frames.
    ///   - limits: what a message may bring.
    ///   - inflater: inflates compressed messages; nil when `PerMessageDeflate` was not agreed, so that they are refused.
    ///   - bytes: what already arrived behind the handshake.
    public init(
        role: WebSocketRole,
        limits: WebSocketLimits = WebSocketLimits(),
        inflater: MessageInflater? = nil,
        unparsed bytes: ByteBuffer = .init()
    ) {
        self.role = role
        self.limits = limits
        self.inflater = inflater
        buffer = bytes
    }

    /// Adds bytes that arrived.
    public mutating func receive(_ bytes: ByteBuffer) {
        if buffer.readableBytes == 0 {
            buffer = bytes
        } else {
            if buffer.readerIndex > 4_096 { buffer.discardReadBytes() }
            buffer.writeImmutableBuffer(bytes)
        }
    }

    /// The next event, or nil when more bytes are needed or the other side has closed.
    public mutating func next() throws(WebSocketError) -> WebSocketEvent? {
        do throws(WebSocketError) {
            while true {
                switch state {
                case .failed(let error): throw error
                case .closed: return nil
                case .open: break
                }
                switch try step() {
                case .event(let event): return event
                case .goOn: continue
                case .needsBytes:
                    // An idle WebSocket must not hold on to the memory of its last read.
                    if buffer.readableBytes == 0 { buffer = ByteBuffer() }
                    return nil
                }
            }
        } catch {
            end(.failed(error))
            throw error
        }
    }

    private mutating func end(_ state: State) {
        self.state = state
        buffer = ByteBuffer()
        arriving = nil
        assembly = WebSocketAssembly()
    }

    private mutating func step() throws(WebSocketError) -> Step {
        if let arriving { return try data(arriving) }
        let header = try FrameHeader(
            at: buffer,
            role: role,
            allowsCompression: inflater != nil,
            room: assembly.room(limits)
        )
        guard let header else { return .needsBytes }
        guard header.opcode.isControl else {
            try assembly.begin(header, limits: limits)
            buffer.moveReaderIndex(forwardBy: header.length)
            arriving = ArrivingFrame(
                isFinal: header.isFinal,
                maskingKey: header.maskingKey,
                length: header.payloadLength
            )
            return .goOn
        }
        guard buffer.readableBytes >= header.length + header.payloadLength else { return .needsBytes }
        buffer.moveReaderIndex(forwardBy: header.length)
        var payload = buffer.readSlice(length: header.payloadLength) ?? ByteBuffer()
        payload.applyWebSocketMask(header.maskingKey)
        return .event(try control(header.opcode, payload))
    }

    private mutating func data(_ frame: ArrivingFrame) throws(WebSocketError) -> Step {
        var frame = frame
        let count = min(frame.length - frame.received, buffer.readableBytes)
        if count > 0, let bytes = buffer.readSlice(length: count) {
            try assembly.add(bytes, key: frame.maskingKey.rotatedLeft(bytes: frame.received))
            frame.received += count
        }
        guard frame.received == frame.length else {
            arriving = frame
            return .needsBytes
        }
        arriving = nil
        guard frame.isFinal, let message = try assembly.finish(limits, inflater) else { return .goOn }
        return .event(message)
    }

    private mutating func control(
        _ opcode: WebSocketOpcode,
        _ payload: ByteBuffer
    ) throws(WebSocketError) -> WebSocketEvent {
        switch opcode {
        case .ping: return .ping(payload)
        case .pong: return .pong(payload)
        default: break
        }
        end(.closed)
        var payload = payload
        if payload.readableBytes == 0 { return .close(nil, reason: "") }
        guard let number: UInt16 = payload.readInteger() else { throw .invalidCloseFrame }
        let code = WebSocketCloseCode(rawValue: number)
        guard code.isSendable else { throw .invalidCloseFrame }
        guard let reason = String(validating: payload.readableBytesView, as: UTF8.self) else { throw .invalidUTF8 }
        return .close(code, reason: reason)
    }
}
