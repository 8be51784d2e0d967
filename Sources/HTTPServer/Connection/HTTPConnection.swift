import HTTPTypes
import Logging
import NIOCore
import Synchronization

/// The life of one connection: request after request, until one side closes or the protocol changes.
struct HTTPConnection: Sendable {
    private let transport: ConnectionTransport
    private let context: ServerContext
    private let inbound: InboundStream
    private let registration: ConnectionRegistry.Registration
    private let clientCertificate: ClientCertificate?

    init(_ accepted: Acceptor.Accepted, context: ServerContext) {
        transport = accepted.transport
        clientCertificate = accepted.clientCertificate
        self.context = context
        registration = accepted.registration
        inbound = InboundStream(
            transport: transport,
            limits: context.configuration.parser,
            timeouts: context.configuration.timeouts
        )
    }

    /// What becomes of the connection after an exchange.
    private enum Next {
        case goOn
        case close(lingers: Bool)
        /// The response is incomplete. Its framing says so, unless it ends with the connection: then a reset must.
        case cut(resets: Bool)
        case upgrade(Upgrade)
    }

    /// A connection that is going over to WebSocket.
    struct Upgrade: Sendable {
        fileprivate let route: WebSocketRoute
        fileprivate let response: Response
        fileprivate let start: ContinuousClock.Instant
    }

    /// How a task's work on the connection ended.
    ///
    /// A task keeps all memory that it ever needed. Whoever waits for long gets a fresh one, or none.
    enum Ending: Sendable {
        case closed
        /// The connection is idle: a task is needed when something comes.
        case parked(until: NIODeadline)
        case upgraded(Upgrade)
    }

    /// Serves the connection until it closes or waits for long; never throws, so that one bad connection ends nothing
    /// else.
    ///
    /// - Parameter outcome: what came while the connection was parked.
    /// - Returns: what is to be done with the connection.
    func run(after outcome: ReadOutcome? = nil) async -> Ending {
        var outcome = outcome
        while true {
            switch await inbound.nextHead(after: outcome) {
            case .head(let head, let number):
                switch await serve(head, number: number) {
                case .goOn:
                    outcome = nil
                    continue
                case .close(let lingers):
                    await transport.close(linger: lingers ? context.configuration.timeouts.linger : nil)
                case .cut(true): await transport.reset()
                case .cut(false): await transport.close(linger: nil)
                case .upgrade(let upgrade): return .upgraded(upgrade)
                }
            case .idle(let deadline): return .parked(until: deadline)
            case .end: await transport.close(linger: nil)
            case .refused(let problem): await refuse(problem)
            }
            return .closed
        }
    }

    /// Waits without a task until something comes.
    func park(until deadline: NIODeadline, wake: @escaping @Sendable (ReadOutcome) -> Void) {
        transport.park(deadline: deadline, wake: wake)
    }

    /// Gives the connection's place back.
    func end() {
        registration.end()
    }

    /// Closes a connection that is idle and needs no task for it: everything was sent.
    func endIdle() {
        transport.closeIdle()
        registration.end()
    }

    /// Speaks WebSocket to the end.
    func run(_ upgrade: Upgrade) async {
        await serveWebSocket(upgrade.route, upgrade.response, start: upgrade.start)
        transport.abort()
    }

    /// Answers bytes that are no request, then closes: after them nothing can be framed.
    private func refuse(_ problem: HTTPProblem) async {
        let response = context.errorResponder(problem, nil)
        _ = await send(response, for: nil, fate: .close)
        context.observe(
            ExchangeRecord(
                id: "",
                method: nil,
                route: nil,
                status: response.status,
                bodyBytes: response.body.length ?? 0,
                duration: .zero,
                remoteAddress: transport.remoteAddress,
                outcome: .refused,
                refusal: problem.code
            )
        )
        await transport.close(linger: context.configuration.timeouts.linger)
    }

    private func serve(_ head: RequestHead, number: UInt64) async -> Next {
        let start = ContinuousClock.now
        var refusal: String?
        let request = request(head, number: number, refusal: &refusal)
        let response = await context.respond(to: request)
        if case .webSocket(let route) = response.body.content {
            return .upgrade(Upgrade(route: route, response: response, start: start))
        }
        let canGoOn = inbound.canReachEnd(within: context.configuration.discardLimit)
        let keeps = canGoOn && head.keepsAlive && !context.isDraining.load(ordering: .relaxed)
        let fate: ConnectionFate = !keeps ? .close : head.version == .http10 ? .keepExplicitly : .keep
        let sent = await send(response, for: head, fate: fate)
        context.observe(
            ExchangeRecord(
                id: request.id,
                method: request.method,
                route: request.routePattern,
                status: response.status,
                bodyBytes: sent.bodyBytes,
                duration: .now - start,
                remoteAddress: request.remoteAddress,
                outcome: sent.isComplete ? .complete : .aborted,
                refusal: refusal ?? response.problemCode,
                traceID: context.observers.isEmpty ? nil : request.trace.traceID
            )
        )
        guard sent.isComplete else { return .cut(resets: sent.endsWithConnection) }
        if sent.closes { return .close(lingers: !canGoOn) }
        let isAtEnd = await inbound.discardBody(atMost: context.configuration.discardLimit)
        return isAtEnd ? .goOn : .close(lingers: true)
    }

    /// Makes the request and looks its route up.
    ///
    /// A malformed target is a 400 before anything else looks at it.
    private func request(_ head: RequestHead, number: UInt64, refusal: inout String?) -> Request {
        let body = RequestBody(stream: inbound, request: number, framing: head.framing)
        func make(_ target: RequestTarget) -> Request {
            Request(
                head: head,
                target: target,
                remoteAddress: transport.remoteAddress,
                isLoopback: transport.isLoopback,
                isSecure: transport.isSecure,
                id: context.nextID(),
                body: body
            )
        }
        do throws(TargetError) {
            var request = make(try RequestTarget(parsing: head.target))
            request.clientCertificate = clientCertificate
            context.route(&request)
            return request
        } catch {
            refusal = error.rawValue
            var request = make(.unreadable)
            request.dispatch = .problem(HTTPProblem(error))
            return request
        }
    }

    private func serveWebSocket(_ route: WebSocketRoute, _ response: Response, start: ContinuousClock.Instant) async {
        let configuration = context.configuration
        let compression = context.webSocketCompression?.agree(route.extensions)
        var response = response
        response.headers[.secWebSocketExtensions] = compression?.extent.answer
        let sent = await send(response, for: route.request.head, fate: .upgrade)
        guard sent.isComplete else { return }
        let connection = WebSocketConnection(
            transport: transport,
            timeouts: configuration.timeouts,
            limits: configuration.webSocket,
            compression: compression,
            unparsed: inbound.takeUnparsedBytes()
        )
        registration.onDrain { connection.close(.goingAway, reason: "The server stops.") }
        var code = WebSocketCloseCode.normal
        do {
            try await route.handler(route.request, connection)
        } catch {
            code = .internalError
            if !(error is ConnectionFailure), !(error is CancellationError) {
                context.logger.error(
                    "a WebSocket handler failed",
                    metadata: ["id": "\(route.request.id)", "error": "\(String(describing: error))"]
                )
            }
        }
        await connection.finish(code)
        context.observe(
            ExchangeRecord(
                id: route.request.id,
                method: route.request.method,
                route: route.request.routePattern,
                status: response.status,
                bodyBytes: 0,
                duration: .now - start,
                remoteAddress: route.request.remoteAddress,
                outcome: .webSocket,
                refusal: nil,
                traceID: route.request.trace.traceID
            )
        )
    }
}

extension HTTPConnection {
    private struct Sent {
        var bodyBytes = 0
        var isComplete = true
        var closes = false
        var endsWithConnection = false
    }

    /// Sends a response; nothing is waited for but back-pressure.
    private func send(_ response: Response, for head: RequestHead?, fate: ConnectionFate) async -> Sent {
        let plan = ResponsePlan(response, for: head, fate: fate)
        var output = transport.channel.allocator.buffer(capacity: 512)
        ResponseEncoder.writeHead(
            status: response.status,
            fields: response.headers,
            framing: plan.framing,
            fate: plan.fate,
            date: context.dateText(),
            into: &output
        )
        let closes = plan.fate == .close
        do {
            switch plan.body {
            case .nothing:
                try await transport.write(output)
                return Sent(closes: closes)
            case .bytes(let bytes):
                if bytes.readableBytes <= 4_096 {
                    output.writeImmutableBuffer(bytes)
                    try await transport.write(output)
                } else {
                    try transport.enqueue(output)
                    try await write(bytes)
                }
                return Sent(bodyBytes: bytes.readableBytes, closes: closes)
            case .file(let file):
                try transport.enqueue(output)
                try await transport.write(file)
                return Sent(bodyBytes: file.length, closes: closes)
            case .stream(let producer):
                return await stream(producer, plan, head: output)
            }
        } catch {
            logFailure(of: error)
            return Sent(isComplete: false)
        }
    }

    /// Logs why a body could not be sent, unless it is the client's doing: gone, or a malformed body of its own.
    private func logFailure(of error: any Error) {
        if error is ConnectionFailure || error is CancellationError { return }
        if let problem = error as? HTTPProblem, problem.status.kind == .clientError { return }
        context.logger.error(
            "a response body could not be produced",
            metadata: ["error": "\(String(describing: error))"]
        )
    }

    /// Large bodies go in slices, so that a slow client is told apart from one that takes nothing.
    private func write(_ bytes: ByteBuffer) async throws(ConnectionFailure) {
        var rest = bytes
        while rest.readableBytes > 0, let slice = rest.readSlice(length: min(rest.readableBytes, 256 * 1_024)) {
            try await transport.write(slice)
        }
    }

    private func stream(_ producer: ResponseBody.Producer, _ plan: ResponsePlan, head: ByteBuffer) async -> Sent {
        let sink = WireSink(transport: transport, framing: plan.framing, head: head)
        do {
            try await producer(ResponseWriter(sink: sink))
            try await sink.finish()
            return Sent(bodyBytes: sink.bodyBytes, closes: plan.fate == .close)
        } catch {
            sink.abandon()
            logFailure(of: error)
            return Sent(
                bodyBytes: sink.bodyBytes,
                isComplete: false,
                endsWithConnection: plan.framing == .untilClose
            )
        }
    }
}
