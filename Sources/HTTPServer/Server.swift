import HTTPTypes
import Logging
import NIOCore
import NIOPosix
import Synchronization

#if canImport(Glibc)
import Glibc
#endif

/// Why a server could not begin to listen.
public enum ListenError: Error, Hashable, Sendable {
    /// Another process listens on this address.
    case addressInUse(host: String, port: Int)
    /// The address does not belong to this machine or is no address.
    case addressNotAvailable(host: String, port: Int)
    /// The user may not listen there.
    case notPermitted(host: String, port: Int)
    /// Anything else; the system's words.
    case other(host: String, port: Int, reason: String)

    /// One sentence for people.
    public var message: String {
        switch self {
        case .addressInUse(let host, let port): "\(host):\(port) is in use by another process."
        case .addressNotAvailable(let host, let port): "\(host):\(port) is not an address of this machine."
        case .notPermitted(let host, let port): "Listening on \(host):\(port) is not permitted."
        case .other(let host, let port, let reason): "Cannot listen on \(host):\(port): \(reason)"
        }
    }
}

/// Where a server listens.
public struct BoundAddress: Hashable, Sendable {
    /// The numeric IP address.
    public let host: String
    /// The port.
    public let port: Int

    /// `http://host:port`, with brackets around an IPv6 address.
    public var url: String { host.contains(":") ? "http://[\(host)]:\(port)" : "http://\(host):\(port)" }
}

/// An HTTP/1.1 and WebSocket server on one address.
///
/// `bind()` begins to listen, `run()` serves until its task is cancelled or `shutdown()` is called; then it stops to
/// listen, lets running requests finish within `Timeouts.drain`, and returns.
public final class Server: Sendable {
    private enum State {
        case new
        case bound(any Channel, BoundAddress)
        case running(any Channel, BoundAddress, Task<Void, Never>)
        case stopped
    }

    private let context: ServerContext
    private let registry: ConnectionRegistry
    private let state = Mutex(State.new)
    private let accepted: AsyncStream<ConnectionTransport>
    private let acceptor: AsyncStream<ConnectionTransport>.Continuation
    private let addressWaiters = Mutex<[CheckedContinuation<BoundAddress?, Never>]>([])

    /// Makes a server.
    ///
    /// - Parameters:
    ///   - configuration: where to listen, limits, time-outs.
    ///   - router: the routes; a clash of two routes is thrown here.
    ///   - middleware: runs for every request that was understood, also for those that match no route; the first is
    ///     the outermost. What needs a matched route (authorization) is added to the router instead.
    ///   - observers: told about every exchange when it is over: access log, metrics.
    ///   - logger: for failures of handlers that no client is told about.
    ///   - errorResponder: turns everything that is thrown, the server's own `HTTPProblem`s included, into a response;
    ///     the request is nil when it was not understood.
    /// - Throws: a malformed pattern or a clash of two routes.
    public init(
        configuration: ServerConfiguration,
        router: Router,
        middleware: [any Middleware] = [],
        observers: [@Sendable (ExchangeRecord) -> Void] = [],
        logger: Logger,
        errorResponder: @escaping @Sendable (any Error, Request?) -> Response = { error, _ in
            HTTPProblem.response(for: error)
        }
    ) throws(RouterError) {
        context = try ServerContext(
            configuration: configuration,
            router: router,
            middleware: middleware,
            logger: logger,
            observers: observers,
            errorResponder: errorResponder
        )
        registry = ConnectionRegistry(
            quota: ConnectionQuota(
                maximum: configuration.maximumConnections,
                maximumPerAddress: configuration.maximumConnectionsPerAddress
            )
        )
        (accepted, acceptor) = AsyncStream.makeStream(of: ConnectionTransport.self)
    }

    /// The number of open connections.
    public var connectionCount: Int { registry.count }

    /// Answers a request without any connection: routes it and runs middleware and handler, as for one from the wire.
    ///
    /// For tests; bodies of responses can be read with `ResponseBody.collect()`.
    public func respond(to request: Request) async -> Response {
        var request = request
        context.route(&request)
        return await context.respond(to: request)
    }

    // MARK: Listening

    /// Begins to listen.
    ///
    /// Connections wait until `run()` is called.
    @discardableResult
    public func bind() async throws(ListenError) -> BoundAddress {
        if let address = currentAddress { return address }
        let configuration = context.configuration
        let channel: any Channel
        do {
            channel = try await bootstrap().bind(host: configuration.host, port: configuration.port).get()
        } catch {
            resumeAddressWaiters(with: nil)
            throw ListenError(error, host: configuration.host, port: configuration.port)
        }
        let address = BoundAddress(
            host: channel.localAddress?.ipAddress ?? configuration.host,
            port: channel.localAddress?.port ?? 0
        )
        let isStopped = state.withLock { state in
            if case .stopped = state { return true }
            state = .bound(channel, address)
            return false
        }
        if isStopped { channel.close(promise: nil) }
        resumeAddressWaiters(with: isStopped ? nil : address)
        return address
    }

    /// Where the server listens; waits until it does.
    ///
    /// Nil when it stopped before.
    public var boundAddress: BoundAddress? {
        get async {
            await withCheckedContinuation { continuation in
                let known: BoundAddress?? = state.withLock { state in
                    switch state {
                    case .bound(_, let address), .running(_, let address, _): return .some(address)
                    case .stopped: return .some(nil)
                    case .new:
                        addressWaiters.withLock { $0.append(continuation) }
                        return nil
                    }
                }
                if let known { continuation.resume(returning: known) }
            }
        }
    }

    private var currentAddress: BoundAddress? {
        state.withLock { state in
            switch state {
            case .bound(_, let address), .running(_, let address, _): address
            case .new, .stopped: nil
            }
        }
    }

    private func resumeAddressWaiters(with address: BoundAddress?) {
        let waiters = addressWaiters.withLock { waiters in
            defer { waiters = [] }
            return waiters
        }
        for waiter in waiters { waiter.resume(returning: address) }
    }

    private func bootstrap() -> ServerBootstrap {
        let configuration = context.configuration
        let acceptor = acceptor
        return ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelOption(.backlog, value: Int32(clamping: configuration.backlog))
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let transport = ConnectionTransport(
                        channel: channel,
                        writeTimeout: configuration.timeouts.write
                    )
                    try channel.pipeline.syncOperations.addHandler(TransportHandler(transport: transport))
                    acceptor.yield(transport)
                }
            }
    }

    // MARK: Serving

    /// Serves until the task is cancelled or `shutdown()` is called; then drains and returns.
    public func run() async throws(ListenError) {
        try await bind()
        // The connections run in a task of their own: cancelling `run()` must not cancel requests that are being
        // answered. When the server was stopped before, that task finds nothing to accept and ends.
        let connections = Task { await serveConnections() }
        state.withLock { state in
            if case .bound(let channel, let address) = state { state = .running(channel, address, connections) }
        }
        await withTaskCancellationHandler {
            await connections.value
        } onCancel: {
            shutdown()
        }
    }

    /// Stops to listen and lets running requests finish.
    ///
    /// After `Timeouts.drain` the remaining connections are closed and their handlers cancelled. `run()` returns when
    /// the last handler has.
    public func shutdown() {
        let (channel, connections): ((any Channel)?, Task<Void, Never>?) = state.withLock { state in
            defer { state = .stopped }
            switch state {
            case .bound(let channel, _): return (channel, nil)
            case .running(let channel, _, let connections): return (channel, connections)
            case .new, .stopped: return (nil, nil)
            }
        }
        resumeAddressWaiters(with: nil)
        context.isDraining.store(true, ordering: .relaxed)
        acceptor.finish()
        guard let channel else { return }
        channel.close(promise: nil)
        registry.drain()
        _ = channel.eventLoop.scheduleTask(deadline: .after(context.configuration.timeouts.drain)) { [registry] in
            registry.abort()
            connections?.cancel()
        }
    }

    private func serveConnections() async {
        await withDiscardingTaskGroup { group in
            for await transport in accepted {
                group.addTask {
                    guard let registration = self.registry.register(transport) else {
                        await self.refuse(transport)
                        return
                    }
                    await HTTPConnection(transport: transport, context: self.context, registration: registration).run()
                    registration.end()
                }
            }
        }
    }

    /// Tells a client that there are too many connections, without reading what it wants.
    private func refuse(_ transport: ConnectionTransport) async {
        let response = context.errorResponder(HTTPProblem.tooManyConnections, nil)
        var output = ByteBuffer()
        let body = response.body.bytes ?? []
        ResponseEncoder.writeHead(
            status: response.status,
            fields: response.headers,
            framing: .fixed(body.count),
            fate: .close,
            date: context.dateText(),
            into: &output
        )
        output.writeBytes(body)
        _ = try? transport.enqueue(output)
        context.observe(
            ExchangeRecord(
                id: "",
                method: nil,
                route: nil,
                status: response.status,
                bodyBytes: body.count,
                duration: .zero,
                remoteAddress: transport.remoteAddress,
                outcome: .refused,
                refusal: HTTPProblem.tooManyConnections.code
            )
        )
        await transport.close(linger: .milliseconds(500))
    }
}

extension ListenError {
    init(_ error: any Error, host: String, port: Int) {
        switch (error as? IOError)?.errnoCode {
        case EADDRINUSE: self = .addressInUse(host: host, port: port)
        case EADDRNOTAVAIL: self = .addressNotAvailable(host: host, port: port)
        case EACCES, EPERM: self = .notPermitted(host: host, port: port)
        default: self = .other(host: host, port: port, reason: "\(error)")
        }
    }
}
