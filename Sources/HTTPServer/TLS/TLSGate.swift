import NIOCore

/// Events of a TLS connection's pipeline.
enum TLSPipelineEvent: Sendable {
    /// To the network: close without any farewell.
    case closeAtOnce
    /// From the network: the first byte is not one of TLS.
    case notTLS
}

/// Stands before TLS: answers clients that speak plain HTTP here, and closes without waiting for a farewell.
final class TLSGate: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// The content type of TLS records that carry a handshake (RFC 8446 section 5.1): the first byte of every client.
    private static let handshake: UInt8 = 22
    private static let answer =
        "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 25\r\n"
        + "Connection: close\r\n\r\nThis port speaks HTTPS.\r\n"

    private enum Phase {
        case fresh
        case tls
        case refusing
    }

    private var phase = Phase.fresh

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch phase {
        case .tls: context.fireChannelRead(data)
        case .refusing: break
        case .fresh:
            let bytes = unwrapInboundIn(data)
            guard let first: UInt8 = bytes.getInteger(at: bytes.readerIndex) else { return }
            if first == TLSGate.handshake {
                phase = .tls
                context.fireChannelRead(data)
            } else {
                refuse(context)
            }
        }
    }

    /// Answers in plain text, and leaves the client a moment to read that before the end.
    private func refuse(_ context: ChannelHandlerContext) {
        phase = .refusing
        context.fireUserInboundEventTriggered(TLSPipelineEvent.notTLS)
        context.writeAndFlush(wrapOutboundOut(context.channel.allocator.buffer(string: TLSGate.answer)), promise: nil)
        context.close(mode: .output, promise: nil)
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        context.eventLoop.scheduleTask(in: .milliseconds(500)) { bound.value.close(promise: nil) }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        if phase != .refusing { context.fireChannelReadComplete() }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if phase == .refusing, case ChannelEvent.inputClosed? = event as? ChannelEvent {
            context.close(promise: nil)
        } else {
            context.fireUserInboundEventTriggered(event)
        }
    }

    func triggerUserOutboundEvent(context: ChannelHandlerContext, event: Any, promise: EventLoopPromise<Void>?) {
        if case TLSPipelineEvent.closeAtOnce? = event as? TLSPipelineEvent {
            context.close(promise: promise)
        } else {
            context.triggerUserOutboundEvent(event, promise: promise)
        }
    }
}
