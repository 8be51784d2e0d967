import Foundation
import HTTPWire
import NIOCore

/// One client: the handshake by hand, then frames through `WebSocketDecoder`.
final class LoadClient: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = Never
    typealias OutboundOut = ByteBuffer

    /// What a client does.
    struct Options: Sendable {
        let path: String
        /// What to send, again and again; nil to listen only.
        let echo: ByteBuffer?
        /// Stops to read after the handshake.
        let isStalled: Bool
        let tally: NIOLoopBound<Tally>
    }

    /// Tells a client that all are connected.
    struct Start: Sendable {}

    private let options: Options
    private var decoder = WebSocketDecoder(role: .client)
    private var handshake: ByteBuffer? = ByteBuffer()
    private var sentAt: UInt64 = 0

    init(_ options: Options) {
        self.options = options
    }

    func channelActive(context: ChannelHandlerContext) {
        let request = """
            GET \(options.path) HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r
            Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n
            """
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: request)), promise: nil)
    }

    func triggerUserOutboundEvent(context: ChannelHandlerContext, event: Any, promise: EventLoopPromise<Void>?) {
        if event is Start { send(context) }
        promise?.succeed()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        if var head = handshake {
            head.writeBuffer(&bytes)
            guard let end = String(buffer: head).range(of: "\r\n\r\n") else {
                handshake = head
                return
            }
            let length = String(buffer: head)[..<end.upperBound].utf8.count
            guard String(buffer: head).hasPrefix("HTTP/1.1 101") else {
                options.tally.value.failed += 1
                context.close(promise: nil)
                return
            }
            head.moveReaderIndex(forwardBy: length)
            handshake = nil
            bytes = head
            if options.isStalled { context.channel.setOption(.autoRead, value: false).whenComplete { _ in } }
        }
        guard bytes.readableBytes > 0, !options.isStalled else { return }
        decoder.receive(bytes)
        do {
            while let event = try decoder.next() { handle(event, context) }
        } catch {
            options.tally.value.failed += 1
            context.close(promise: nil)
        }
    }

    private func handle(_ event: WebSocketEvent, _ context: ChannelHandlerContext) {
        if case .ping(let payload) = event { write(WebSocketFrame(opcode: .pong, payload: payload), context) }
        guard case .text(let text) = event else { return }
        let now = DispatchTime.now().uptimeNanoseconds
        if options.echo != nil {
            options.tally.value.note(now &- sentAt)
            send(context)
        } else if let sent = text.prefix(while: { $0 != " " }).description as String?, let time = UInt64(sent) {
            options.tally.value.note(now &- time)
        }
    }

    private func send(_ context: ChannelHandlerContext) {
        guard let payload = options.echo else { return }
        sentAt = DispatchTime.now().uptimeNanoseconds
        write(WebSocketFrame(opcode: .text, payload: payload), context)
    }

    private func write(_ frame: WebSocketFrame, _ context: ChannelHandlerContext) {
        var output = context.channel.allocator.buffer(capacity: frame.payload.readableBytes + 14)
        frame.write(into: &output, maskingKey: 0x1234_5678)
        context.writeAndFlush(wrapOutboundOut(output), promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        options.tally.value.closed += 1
        context.fireChannelInactive()
    }
}
