import NIOCore

/// The kinds of WebSocket frames (RFC 6455 section 5.2).
public enum WebSocketOpcode: UInt8, Hashable, Sendable, CaseIterable {
    case continuation = 0x0
    case text = 0x1
    case binary = 0x2
    case close = 0x8
    case ping = 0x9
    case pong = 0xA

    /// Whether frames of this kind manage the connection: short, never fragmented, allowed between fragments.
    public var isControl: Bool { rawValue >= 0x8 }
}

/// One WebSocket frame with its payload unmasked.
public struct WebSocketFrame: Hashable, Sendable {
    /// Whether this is the last fragment of its message.
    public var isFinal: Bool
    /// Whether this begins a compressed message: RSV1 (RFC 7692 section 6).
    public var isCompressed: Bool
    /// What the payload is.
    public var opcode: WebSocketOpcode
    /// The payload, unmasked.
    public var payload: ByteBuffer

    /// Makes a frame.
    public init(
        isFinal: Bool = true,
        isCompressed: Bool = false,
        opcode: WebSocketOpcode,
        payload: ByteBuffer = ByteBuffer()
    ) {
        self.isFinal = isFinal
        self.isCompressed = isCompressed
        self.opcode = opcode
        self.payload = payload
    }
}

/// Which end of a connection speaks: clients mask what they send, servers do not (RFC 6455 section 5.1).
public enum WebSocketRole: Hashable, Sendable {
    case server
    case client
}

extension WebSocketFrame {
    /// Writes the frame.
    ///
    /// - Parameters:
    ///   - buffer: where to write.
    ///   - maskingKey: four bytes that mask the payload, for clients; servers send unmasked.
    public func write(into buffer: inout ByteBuffer, maskingKey: UInt32? = nil) {
        let length = payload.readableBytes
        buffer.reserveCapacity(minimumWritableBytes: length + 14)
        buffer.writeInteger((isFinal ? 0x80 : 0) | (isCompressed ? 0x40 : 0) | opcode.rawValue)
        let maskBit: UInt8 = maskingKey == nil ? 0 : 0x80
        switch length {
        case 0..<126:
            buffer.writeInteger(maskBit | UInt8(truncatingIfNeeded: length))
        case 126...0xFFFF:
            buffer.writeInteger(maskBit | 126)
            buffer.writeInteger(UInt16(truncatingIfNeeded: length))
        default:
            buffer.writeInteger(maskBit | 127)
            buffer.writeInteger(UInt64(length))
        }
        guard let maskingKey else {
            buffer.writeImmutableBuffer(payload)
            return
        }
        buffer.writeInteger(maskingKey)
        var masked = payload
        masked.applyWebSocketMask(maskingKey)
        buffer.writeBuffer(&masked)
    }

    /// A close frame with a code and at most 123 bytes of reason (RFC 6455 section 5.5.1).
    public static func close(_ code: WebSocketCloseCode, reason: String = "") -> WebSocketFrame {
        var payload = ByteBuffer()
        payload.writeInteger(code.rawValue)
        var room = 123
        for scalar in reason.unicodeScalars {
            let length = UTF8.width(scalar)
            guard length <= room else { break }
            room -= length
            payload.writeString(String(scalar))
        }
        return WebSocketFrame(opcode: .close, payload: payload)
    }
}

extension ByteBuffer {
    /// Masks or unmasks readable bytes in place (RFC 6455 section 5.3), from the one at `offset` on.
    mutating func applyWebSocketMask(_ key: UInt32, from offset: Int = 0) {
        if key == 0 || offset >= readableBytes { return }
        withUnsafeMutableReadableBytes { readable in
            let bytes = UnsafeMutableRawBufferPointer(rebasing: readable[offset...])
            let native = key.bigEndian
            let wide = UInt64(native) << 32 | UInt64(native)
            var index = 0
            while index + 8 <= bytes.count {
                let word = bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)
                bytes.storeBytes(of: word ^ wide, toByteOffset: index, as: UInt64.self)
                index += 8
            }
            while index < bytes.count {
                bytes[index] ^= UInt8(truncatingIfNeeded: key >> UInt32(24 - 8 * (index & 3)))
                index += 1
            }
        }
    }
}

extension UInt32 {
    /// The masking key for a payload from its byte `count` on.
    func rotatedLeft(bytes count: Int) -> UInt32 {
        let bits = UInt32(truncatingIfNeeded: count & 3) * 8
        return bits == 0 ? self : self << bits | self >> (32 - bits)
    }
}
