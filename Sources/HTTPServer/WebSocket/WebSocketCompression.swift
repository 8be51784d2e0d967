import HTTPWire
import NIOCore

/// Whether and how WebSocket messages are compressed: permessage-deflate (RFC 7692), if the client offers it.
public struct WebSocketCompression: Hashable, Sendable {
    /// Messages with fewer bytes are sent as they are.
    public var minimumLength = 512
    /// zlib's level, 1 (fast) to 9 (small).
    public var level = 3

    /// Makes the default settings.
    public init() {}

    /// The contexts of one server, lent for one message at a time; idle WebSockets hold none.
    struct Contexts: Sendable {
        let deflater: MessageDeflater
        let inflater = MessageInflater()

        init(_ settings: WebSocketCompression) {
            deflater = MessageDeflater(level: settings.level, minimumLength: settings.minimumLength)
        }

        /// Accepts one of the client's offers, or none.
        func agree(_ offers: [WebSocketExtension]) -> Agreed? {
            guard let extent = PerMessageDeflate(accepting: offers) else { return nil }
            return Agreed(extent: extent, deflater: deflater, inflater: inflater)
        }
    }

    /// What was agreed on one WebSocket.
    struct Agreed: Sendable {
        let extent: PerMessageDeflate
        let deflater: MessageDeflater
        let inflater: MessageInflater

        /// Whether the client's window holds a whole message of this length.
        func windowFits(_ length: Int) -> Bool {
            length <= 1 << extent.serverWindowBits || extent.serverWindowBits == 15
        }

        /// The compressed form of a frame on the wire; nil when it is better sent as it is.
        func compressed(_ frame: WebSocketFrame) -> ByteBuffer? {
            guard let payload = deflater.deflate(frame.payload, windowBits: extent.serverWindowBits) else { return nil }
            return WebSocketFrame(isCompressed: true, opcode: frame.opcode, payload: payload).encoded
        }
    }
}
