import HTTPTypes
import Logging
import NIOCore
import Synchronization

/// An HTTP/1.1 and WebSocket server on one address.
///
/// `bind()` begins to listen, `run()` serves until its task is cancelled or `shutdown()` is called; then it stops to
/// listen, lets running requests finish within `Timeouts.drain`, and returns.
public final class Server: Sendable {
    private enum State {
        case new
        case bound(Listener)
        case running(Listener, Task<Void, Never>)
        case stopped
    }

    private let context: ServerContext
    private let registry: ConnectionRegistry
    private let state = Mutex(State.new)
    private let acceptor: Acceptor
    private let addressWaiters = Mutex<[CheckedContinuation<BoundAddress?, Never>]>([])

    /// Makes a server.
    ///
    /// - Parameters:
    ///   - configuration: where to listen, limits, time-outs.
    ///   - router: the routes; a clash of two routes is thrown here.
    ///   - middleware: runs for every request that was understood, also for those that match no route; the first is
    ///     the outermost. What needs a matched route (authorization) is added to the router instead.
    ///   - observers: told about every exchange when it is over: access log, metrics.
    ///   - tlsObserver: told about certificates and failed handshakes, on any thread; logging is up to it.
    ///   - logger: for failures of handlers that no client is told about.
    ///   - errorResponder: turns everything that is thrown, the server's own `HTTPProblem`s included, into a response;
    ///     the request is nil when it was not understood.
    /// - Throws: a malformed pattern or a clash of two routes.
    public init(
        configuration: ServerConfiguration,
        router: Router,
        middleware: [any Middleware] = [],
        observers: [@Sendable (ExchangeRecord) -> Void] = [],
        tlsObserver: @escaping @Sendable (TLSEvent) -> Void = { _ in },
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
        acceptor = Acceptor(context: context, registry: registry, observe: tlsObserver)
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
        if let listener { return listener.address }
        let listener: Listener
        do throws(ListenError) {
            listener = try await acceptor.bind()
        } catch {
            resumeAddressWaiters(with: nil)
            throw error
        }
        let isStopped = state.withLock { state in
            if case .stopped = state { return true }
            state = .bound(listener)
            return false
        }
        if isStopped { listener.close() }
        resumeAddressWaiters(with: isStopped ? nil : listener.address)
        return listener.address
    }

    /// Where the server listens; waits until it does.
    ///
    /// Nil when it stopped before.
    public var boundAddress: BoundAddress? {
        get async {
            await withCheckedContinuation { continuation in
                let known: BoundAddress?? = state.withLock { state in
                    switch state {
                    case .bound(let listener), .running(let listener, _): return .some(listener.address)
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

    private var listener: Listener? {
        state.withLock { state in
            switch state {
            case .bound(let listener), .running(let listener, _): listener
            case .new, .stopped: nil
            }
        }
    }

    /// Reads the certificate's files again, whether they look changed or not.
    ///
    /// The server does so by itself when they change; a process may do it on SIGHUP.
    public func reloadCertificate() async {
        await listener?.identity?.reload(always: true)
    }

    private func resumeAddressWaiters(with address: BoundAddress?) {
        let waiters = addressWaiters.withLock { waiters in
            defer { waiters = [] }
            return waiters
        }
        for waiter in waiters { waiter.resume(returning: address) }
    }

    // MARK: Serving

    /// Serves until the task is cancelled or `shutdown()` is called; then drains and returns.
    public func run() async throws(ListenError) {
        try await bind()
        // The connections run in a task of their own: cancelling `run()` must not cancel requests that are being
        // answered. When the server was stopped before, that task finds nothing to accept and ends.
        let connections = Task { await serveConnections() }
        state.withLock { state in
            if case .bound(let listener) = state { state = .running(listener, connections) }
        }
        let watching = listener?.identity.map { identity in Task { await identity.watch() } }
        await withTaskCancellationHandler {
            await connections.value
        } onCancel: {
            shutdown()
        }
        watching?.cancel()
    }

    /// Stops to listen and lets running requests finish.
    ///
    /// After `Timeouts.drain` the remaining connections are closed and their handlers cancelled. `run()` returns when
    /// the last handler has.
    public func shutdown() {
        let (listener, connections): (Listener?, Task<Void, Never>?) = state.withLock { state in
            defer { state = .stopped }
            switch state {
            case .bound(let listener): return (listener, nil)
            case .running(let listener, let connections): return (listener, connections)
            case .new, .stopped: return (nil, nil)
            }
        }
        resumeAddressWaiters(with: nil)
        context.isDraining.store(true, ordering: .relaxed)
        listener?.close()
        // Before `finish()`, so that idle connections still get a task to end in.
        registry.drain()
        acceptor.finish()
        guard let listener else { return }
        _ = listener.channel.eventLoop.scheduleTask(deadline: .after(context.configuration.timeouts.drain)) {
            [registry] in
            registry.abort()
            connections?.cancel()
        }
    }

    private func serveConnections() async {
        await withDiscardingTaskGroup { group in
            for await work in acceptor.work {
                group.addTask { await self.serve(work) }
            }
        }
    }

    private func serve(_ work: Acceptor.Work) async {
        switch work {
        case .refused(let transport): await refuse(transport)
        case .resumed(let connection, let outcome): await serve(connection, after: outcome)
        case .upgraded(let connection, let upgrade):
            await connection.run(upgrade)
            connection.end()
        }
    }

    private func serve(_ connection: HTTPConnection, after outcome: ReadOutcome) async {
        switch await connection.run(after: outcome) {
        case .closed: connection.end()
        case .parked(let deadline): acceptor.park(connection, until: deadline)
        case .upgraded(let upgrade):
            // A server that is stopping has no new tasks; this one will do.
            if acceptor.handOver(.upgraded(connection, upgrade)) { return }
            await connection.run(upgrade)
            connection.end()
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
