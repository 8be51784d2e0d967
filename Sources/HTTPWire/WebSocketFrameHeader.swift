import NIOCore

/// The first bytes of a frame (RFC 6455 section 5.2).
struct FrameHeader {
    let isFinal: Bool
    let opcode: WebSocketOpcode
    /// Whether RSV1 says that this begins a compressed message (RFC 7692 section 6).
    let isCompressed: Bool
    let maskingKey: UInt32
    /// Bytes of the header itself.
    let length: Int
    let payloadLength: Int

    /// Reads a header; nil when it has not arrived whole.
    ///
    /// What can be refused by its first bytes is refused at once.
    ///
    /// - Parameters:
    ///   - buffer: what has arrived, from the header's first byte on.
    ///   - role: the end that receives.
    ///   - allowsCompression: whether an extension has given RSV1 a meaning.
    ///   - room: the payload that a data frame may have, plain or with RSV1.
    /// - Throws: what is wrong with it.
    init?(
        at buffer: ByteBuffer,
        role: WebSocketRole,
        allowsCompression: Bool,
        room: (plain: Int, compressed: Int)
    ) throws(WebSocketError) {
        let start = buffer.readerIndex
        guard let first: UInt8 = buffer.getInteger(at: start) else { return nil }
        isFinal = first & 0x80 != 0
        isCompressed = first & 0x40 != 0
        guard first & 0x30 == 0, !isCompressed || allowsCompression else { throw .reservedBit }
        guard let opcode = WebSocketOpcode(rawValue: first & 0x0F) else { throw .unknownOpcode }
        self.opcode = opcode
        // RFC 7692 section 6.1: the first frame says it for the whole message; control frames are never compressed.
        if isCompressed, opcode != .text, opcode != .binary { throw .reservedBit }
        if opcode.isControl, !isFinal { throw .invalidControlFrame }
        guard let second: UInt8 = buffer.getInteger(at: start + 1) else { return nil }
        guard (second & 0x80 != 0) == (role == .server) else { throw .wrongMasking }
        let short = second & 0x7F
        if opcode.isControl, short > 125 { throw .invalidControlFrame }
        guard let (payload, size) = try FrameHeader.length(short: short, in: buffer) else { return nil }
        if !opcode.isControl, payload > (isCompressed ? room.compressed : room.plain) { throw .messageTooBig }
        payloadLength = payload
        if role == .server {
            guard let key: UInt32 = buffer.getInteger(at: start + size) else { return nil }
            maskingKey = key
            length = size + 4
        } else {
            maskingKey = 0
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
