import NIOCore

/// What one WebSocket may bring.
public struct WebSocketLimits: Hashable, Sendable {
    /// Bytes of one message, over all its fragments.
    public var message = 1_024 * 1_024
    /// Fragments of one message.
    public var fragments = 1_024

    /// Makes the default limits.
    public init() {}
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

/// Turns bytes into WebSocket messages (RFC 6455) without I/O: checks frames, unmasks, puts fragments together.
public struct WebSocketDecoder: Sendable {
    private enum State: Hashable, Sendable {
        case open
        case closed
        case failed(WebSocketError)
    }

    private let role: WebSocketRole
    private let limits: WebSocketLimits
    private var state = State.open
    private var buffer: ByteBuffer
    private var assembly = MessageAssembly()

    /// Makes a decoder for one end of a connection.
    ///
    /// - Parameters:
    ///   - role: the end that receives; a server expects masked frames.
    ///   - limits: what a message may bring.
    ///   - bytes: what already arrived behind the handshake.
    public init(role: WebSocketRole, limits: WebSocketLimits = WebSocketLimits(), unparsed bytes: ByteBuffer = .init())
    {
        self.role = role
        self.limits = limits
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
                guard let frame = try nextFrame() else { return nil }
                if frame.opcode.isControl { return try control(frame) }
                if let message = try assembly.add(frame, limits: limits) { return message }
            }
        } catch {
            state = .failed(error)
            buffer = ByteBuffer()
            assembly = MessageAssembly()
            throw error
        }
    }

    private mutating func control(_ frame: WebSocketFrame) throws(WebSocketError) -> WebSocketEvent {
        switch frame.opcode {
        case .ping: return .ping(frame.payload)
        case .pong: return .pong(frame.payload)
        default: break
        }
        state = .closed
        buffer = ByteBuffer()
        assembly = MessageAssembly()
        var payload = frame.payload
        if payload.readableBytes == 0 { return .close(nil, reason: "") }
        guard let number: UInt16 = payload.readInteger() else { throw .invalidCloseFrame }
        let code = WebSocketCloseCode(rawValue: number)
        guard code.isSendable else { throw .invalidCloseFrame }
        guard let reason = String(validating: payload.readableBytesView, as: UTF8.self) else { throw .invalidUTF8 }
        return .close(code, reason: reason)
    }

    private mutating func nextFrame() throws(WebSocketError) -> WebSocketFrame? {
        guard let header = try FrameHeader(at: buffer, role: role, room: limits.message - assembly.size) else {
            return nil
        }
        guard buffer.readableBytes >= header.length + header.payloadLength else { return nil }
        buffer.moveReaderIndex(forwardBy: header.length)
        var payload = buffer.readSlice(length: header.payloadLength) ?? ByteBuffer()
        if let key = header.maskingKey { payload.applyWebSocketMask(key) }
        return WebSocketFrame(isFinal: header.isFinal, opcode: header.opcode, payload: payload)
    }
}

/// The first bytes of a frame (RFC 6455 section 5.2).
private struct FrameHeader {
    let isFinal: Bool
    let opcode: WebSocketOpcode
    let maskingKey: UInt32?
    /// Bytes of the header itself.
    let length: Int
    let payloadLength: Int

    /// Reads a header; nil when it has not arrived whole.
    ///
    /// What can be refused by its first bytes is refused at once.
    init?(at buffer: ByteBuffer, role: WebSocketRole, room: Int) throws(WebSocketError) {
        let start = buffer.readerIndex
        guard let first: UInt8 = buffer.getInteger(at: start) else { return nil }
        guard first & 0x70 == 0 else { throw .reservedBit }
        guard let opcode = WebSocketOpcode(rawValue: first & 0x0F) else { throw .unknownOpcode }
        self.opcode = opcode
        isFinal = first & 0x80 != 0
        if opcode.isControl, !isFinal { throw .invalidControlFrame }
        guard let second: UInt8 = buffer.getInteger(at: start + 1) else { return nil }
        guard (second & 0x80 != 0) == (role == .server) else { throw .wrongMasking }
        let short = second & 0x7F
        if opcode.isControl, short > 125 { throw .invalidControlFrame }
        guard let (payload, size) = try FrameHeader.length(short: short, in: buffer) else { return nil }
        if !opcode.isControl, payload > room { throw .messageTooBig }
        payloadLength = payload
        if role == .server {
            guard let key: UInt32 = buffer.getInteger(at: start + size) else { return nil }
            maskingKey = key
            length = size + 4
        } else {
            maskingKey = nil
            length = size
        }
    }

    private static func length(
        short: UInt8,
        in buffer: ByteBuffer
    ) throws(WebSocketError) -> (payload: Int, size: Int)? {
        let start = buffer.readerIndex + 2
        switch short {
        case 126:
            guard let long: UInt16 = buffer.getInteger(at: start) else { return nil }
            guard long > 125 else { throw .invalidLength }
            return (Int(long), 4)
        case 127:
            guard let long: UInt64 = buffer.getInteger(at: start) else { return nil }
            guard long > 0xFFFF, let payload = Int(exactly: long) else { throw .invalidLength }
            return (payload, 10)
        default:
            return (Int(short), 2)
        }
    }
}
