import NIOCore
import NIOPosix
import NIOSSL

/// Takes connections in: counts them against the limits, lets TLS shake hands, and hands them over.
final class Acceptor: Sendable {
    /// A connection that is ready for requests.
    struct Accepted: Sendable {
        let transport: ConnectionTransport
        let registration: ConnectionRegistry.Registration
        let clientCertificate: ClientCertificate?
    }

    /// What a task is needed for.
    enum Work: Sendable {
        /// There are too many connections to take this one in.
        case refused(ConnectionTransport)
        /// Something came for an idle connection; or for a new one, which waits without a task as well.
        case resumed(HTTPConnection, ReadOutcome)
        case upgraded(HTTPConnection, HTTPConnection.Upgrade)
    }

    /// Everything that needs a task, in the order in which it came up.
    let work: AsyncStream<Work>
    private let continuation: AsyncStream<Work>.Continuation
    private let context: ServerContext
    private var configuration: ServerConfiguration { context.configuration }
    private let registry: ConnectionRegistry
    private let observe: @Sendable (TLSEvent) -> Void

    init(
        context: ServerContext,
        registry: ConnectionRegistry,
        observe: @escaping @Sendable (TLSEvent) -> Void
    ) {
        self.context = context
        self.registry = registry
        self.observe = observe
        (work, continuation) = AsyncStream.makeStream(of: Work.self)
    }

    /// Takes no more connections in, and hands out no more work than there is.
    func finish() {
        continuation.finish()
    }

    // MARK: Listening

    /// Begins to listen; connections are kept until somebody takes them from `work`.
    func bind() async throws(ListenError) -> Listener {
        let address = configuration.address
        let identity = try await identity()
        do {
            let channel: any Channel
            switch address {
            case .tcp(let host, let port):
                channel = try await bootstrap(identity).bind(host: host, port: port).get()
            case .unix(let path):
                try await NIOThreadPool.singleton.runIfActive { try SocketFile.makeRoom(at: path) }
                channel = try await bootstrap(identity).bind(unixDomainSocketPath: path).get()
            }
            return Listener(channel: channel, requested: address, identity: identity)
        } catch let error as ListenError {
            throw error
        } catch {
            throw ListenError(error, address)
        }
    }

    private func identity() async throws(ListenError) -> TLSIdentity? {
        guard let tls = configuration.tls else { return nil }
        do {
            return try await TLSIdentity.load(tls, observe: observe)
        } catch let error as TLSFileError {
            throw .credentials(error)
        } catch {
            throw ListenError(error, configuration.address)
        }
    }

    private func bootstrap(_ identity: TLSIdentity?) -> ServerBootstrap {
        let bootstrap = ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.backlog, value: Int32(clamping: configuration.backlog))
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try self.setUp(channel, identity) }
            }
        guard case .tcp = configuration.address else { return bootstrap }
        return bootstrap.serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
    }

    // MARK: Connections

    private func setUp(_ channel: any Channel, _ identity: TLSIdentity?) throws {
        let transport = ConnectionTransport(
            channel: channel,
            writeTimeout: configuration.timeouts.write,
            isSecure: identity != nil
        )
        let registration = registry.register(transport)
        let pipeline = channel.pipeline.syncOperations
        if let identity, let tls = configuration.tls {
            guard let registration else {
                handshakeFailed(.tooManyConnections, transport)
                throw ConnectionFailure.closed
            }
            registration.onDrain { transport.abort() }
            try pipeline.addHandler(TLSGate())
            try pipeline.addHandler(NIOSSLServerHandler(context: identity.context))
            try pipeline.addHandler(
                HandshakeHandler(timeout: tls.handshakeTimeout) { outcome in
                    self.shookHands(outcome, transport, registration)
                }
            )
            try pipeline.addHandler(TransportHandler(transport: transport))
        } else {
            try pipeline.addHandler(TransportHandler(transport: transport))
            if let registration {
                begin(Accepted(transport: transport, registration: registration, clientCertificate: nil))
            } else if !handOver(.refused(transport)) {
                transport.abort()
            }
        }
    }

    private func shookHands(
        _ outcome: HandshakeHandler.Outcome,
        _ transport: ConnectionTransport,
        _ registration: ConnectionRegistry.Registration
    ) {
        switch outcome {
        case .success(let certificate):
            registration.onDrain { transport.drain() }
            begin(Accepted(transport: transport, registration: registration, clientCertificate: certificate))
        case .failure(let failure):
            registration.end()
            handshakeFailed(failure.reason, transport)
        }
    }

    private func handshakeFailed(_ reason: TLSEvent.HandshakeFailure, _ transport: ConnectionTransport) {
        observe(.handshakeFailed(reason, remoteAddress: transport.remoteAddress))
    }

    private func begin(_ accepted: Accepted) {
        park(HTTPConnection(accepted, context: context), until: .after(configuration.timeouts.idle))
    }

    /// Asks for a task; false after `finish()`, when there are none any more.
    func handOver(_ work: Work) -> Bool {
        if case .terminated = continuation.yield(work) { false } else { true }
    }

    /// Lets an idle connection wait without a task: with one it would take three times the memory.
    func park(_ connection: HTTPConnection, until deadline: NIODeadline) {
        connection.park(until: deadline) { outcome in
            if !self.handOver(.resumed(connection, outcome)) { connection.endIdle() }
        }
    }
}

/// An open listener: its channel and what goes with its address.
struct Listener: Sendable {
    let channel: any Channel
    let address: BoundAddress
    let identity: TLSIdentity?
    private let file: SocketFile?

    init(channel: any Channel, requested: ListenAddress, identity: TLSIdentity?) {
        self.channel = channel
        self.identity = identity
        switch requested {
        case .tcp(let host, let port):
            let local = channel.localAddress
            let bound = ListenAddress.tcp(host: local?.ipAddress ?? host, port: local?.port ?? port)
            address = BoundAddress(address: bound, isSecure: identity != nil)
            file = nil
        case .unix(let path):
            address = BoundAddress(address: requested, isSecure: identity != nil)
            file = SocketFile(adopting: path)
        }
    }

    /// Stops to listen, and removes the file of a Unix socket.
    func close() {
        // Two short system calls on a name: not worth a thread, and gone before the process is.
        file?.remove()
        channel.close(promise: nil)
    }
}
