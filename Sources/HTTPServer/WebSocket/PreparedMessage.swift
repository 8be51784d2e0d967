import HTTPWire
import NIOCore
import Synchronization

/// A message in its wire form: encoded once, it can be sent to many WebSockets without being copied.
///
/// Its compressed form is made when the first WebSocket needs it, and only once.
public struct PreparedMessage: Sendable {
    private enum Compressed {
        case unknown
        case none
        case frame(ByteBuffer)
    }

    /// What all copies share.
    private final class Shared: Sendable {
        let compressed = Mutex(Compressed.unknown)
    }

    private let frame: WebSocketFrame
    private let plain: ByteBuffer
    private let shared = Shared()

    /// Encodes a text message.
    public init(text: String) {
        self.init(.text, ByteBuffer(string: text))
    }

    /// Encodes a text message.
    ///
    /// - Parameter bytes: the text as valid UTF-8, such as `JSONValue.bytes`.
    public init(utf8 bytes: [UInt8]) {
        self.init(.text, ByteBuffer(bytes: bytes))
    }

    /// Encodes a binary message.
    public init(binary bytes: [UInt8]) {
        self.init(.binary, ByteBuffer(bytes: bytes))
    }

    private init(_ opcode: WebSocketOpcode, _ payload: ByteBuffer) {
        plain = WebSocketFrame(opcode: opcode, payload: payload).encoded
        // The payload is the end of the frame: no second copy is kept.
        let start = plain.writerIndex - payload.readableBytes
        let shared = plain.getSlice(at: start, length: payload.readableBytes) ?? payload
        frame = WebSocketFrame(opcode: opcode, payload: shared)
    }

    /// Bytes on the wire without compression.
    public var length: Int { plain.readableBytes }

    /// The frame for a WebSocket on which this was agreed.
    ///
    /// Servers with other settings get what the first one made: settings decide about cost, not about meaning.
    func encoded(for compression: WebSocketCompression.Agreed?) -> ByteBuffer {
        guard let compression, compression.windowFits(frame.payload.readableBytes) else { return plain }
        return shared.compressed.withLock { compressed in
            switch compressed {
            case .frame(let frame): return frame
            case .none: return plain
            case .unknown:
                let frame = compression.compressed(frame)
                compressed = frame.map { .frame($0) } ?? .none
                return frame ?? plain
            }
        }
    }
}

extension WebSocketFrame {
    /// The frame as a server sends it.
    var encoded: ByteBuffer {
        var buffer = ByteBuffer()
        buffer.reserveCapacity(payload.readableBytes + 10)
        write(into: &buffer)
        return buffer
    }
}
