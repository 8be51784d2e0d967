import NIOCore
import NIOSSL
import NIOTLS

/// Stands behind TLS until the handshake is over: guards its time, and tells how it came out.
final class HandshakeHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias Outcome = Result<ClientCertificate?, Failure>

    struct Failure: Error {
        let reason: TLSEvent.HandshakeFailure
    }

    private let timeout: Duration
    private var finish: ((Outcome) -> Void)?
    private var timer: Scheduled<Void>?

    /// Makes a handler; `finish` is called exactly once.
    init(timeout: Duration, finish: @escaping (Outcome) -> Void) {
        self.timeout = timeout
        self.finish = finish
    }

    func handlerAdded(context: ChannelHandlerContext) {
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        timer = context.eventLoop.scheduleTask(deadline: .after(timeout)) {
            let (handler, context) = bound.value
            handler.end(.failure(Failure(reason: .timedOut)))
            context.channel.triggerUserOutboundEvent(TLSPipelineEvent.closeAtOnce, promise: nil)
        }
    }

    private func end(_ outcome: Outcome) {
        timer?.cancel()
        timer = nil
        let finish = finish
        self.finish = nil
        finish?(outcome)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case TLSUserEvent.handshakeCompleted:
            let certificate = try? context.channel.pipeline.syncOperations.nioSSL_peerCertificate()
            end(.success(certificate.flatMap(ClientCertificate.init)))
            context.pipeline.syncOperations.removeHandler(self, promise: nil)
        case TLSPipelineEvent.notTLS: end(.failure(Failure(reason: .notTLS)))
        default: context.fireUserInboundEventTriggered(event)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        end(.failure(Failure(reason: HandshakeHandler.reason(error))))
        context.fireErrorCaught(error)
    }

    func channelInactive(context: ChannelHandlerContext) {
        end(.failure(Failure(reason: .closed)))
        context.fireChannelInactive()
    }

    /// What BoringSSL's words mean; it has no other public form of them.
    private static func reason(_ error: any Error) -> TLSEvent.HandshakeFailure {
        guard case .handshakeFailed(.sslError(let stack))? = error as? NIOSSLError else { return .other }
        if stack == [.eofDuringHandshake] { return .closed }
        let words = stack.map(\.description).joined(separator: " ")
        if words.contains("VERSION") || words.contains("UNSUPPORTED_PROTOCOL") { return .version }
        if words.contains("CERTIFICATE") || words.contains("UNKNOWN_CA") { return .certificate }
        return .other
    }
}
