import NIOCore

/// The end of a channel's pipeline: passes bytes to the transport, and stops reading while the transport is full.
final class TransportHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private static let smallRead = 1_024
    private let transport: ConnectionTransport

    init(transport: ConnectionTransport) {
        self.transport = transport
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = unwrapInboundIn(data)
        // A few bytes must not keep a large buffer alive, nor keep the channel from using it again.
        if bytes.readableBytes <= TransportHandler.smallRead {
            transport.received(ByteBuffer(bytes: bytes.readableBytesView))
        } else {
            transport.received(bytes)
        }
    }

    func read(context: ChannelHandlerContext) {
        if !transport.holdsRead() { context.read() }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case ChannelEvent.inputClosed? = event as? ChannelEvent {
            transport.inputEnded()
        } else {
            context.fireUserInboundEventTriggered(event)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        transport.abort()
    }

    func channelInactive(context: ChannelHandlerContext) {
        transport.fail(.closed)
    }
}
