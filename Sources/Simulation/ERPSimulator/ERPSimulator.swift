import Foundation
import HTTPServer
import HTTPTypes
import Logging
import Primitives
import Synchronization

/// The bundled ERP: equipment, maintenance orders and stock behind a REST interface, with a plain page of its own,
/// and faults on request.
///
/// It stands for a customer's ERP in the demo and in tests.
///
/// Programs send `Authorization: Bearer` with the token it was made with; the page is for people on this machine.
public final class ERPSimulator: Sendable {
    private let state: Mutex<ERPSimulatorState>
    private let token: String
    private let file: String?
    private let clock: WallClock
    private let logger: Logger
    private let onCompletion: @Sendable (_ equipment: String) -> Void

    /// Makes an ERP.
    ///
    /// `equipment` has numbers and names; programs must send `token`; everything is kept in `file` between runs, if given;
    /// `onCompletion` is told of the equipment of every order that somebody completes.
    public init(
        equipment: [String: String],
        token: String,
        file: String?,
        clock: WallClock,
        logger: Logger,
        onCompletion: @escaping @Sendable (_ equipment: String) -> Void = { _ in }
    ) {
        var initial = ERPSimulatorState()
        if let file, let data = FileManager.default.contents(atPath: file),
            let document = try? JSONValue(parsing: data),
            let stored = ERPSimulatorState(json: document)
        {
            initial = stored
        }
        initial.equipment = equipment
        state = Mutex(initial)
        self.token = token
        self.file = file
        self.clock = clock
        self.logger = logger
        self.onCompletion = onCompletion
    }

    /// How it misbehaves from now on.
    public func setFault(_ fault: SimulatedFault) {
        state.withLock { $0.fault = fault }
    }

    /// How many orders there are, and how many references have more than one.
    public var orderCounts: (orders: Int, doubled: Int) {
        state.withLock { ($0.orders.count, $0.doubledReferences) }
    }

    /// A server for it on a loopback port; 0 for any free one.
    public func makeServer(port: Int = 0) throws -> Server {
        var router = Router()
        registerAPI(on: &router)
        registerPage(on: &router)
        return try Server(
            configuration: ServerConfiguration(host: "127.0.0.1", port: port),
            router: router,
            middleware: [SecurityHeaders()],
            logger: logger
        ) { error, _ in
            if let input = error as? InvalidInput {
                let detail = input.issues.map { "\($0.pointer): \($0.detail)" }.joined(separator: " ")
                return HTTPProblem(.unprocessableContent, code: "refused", detail: detail).response
            }
            return HTTPProblem.response(for: error)
        }
    }

    // MARK: - For programs

    private func registerAPI(on router: inout Router) {
        router.post("/api/orders") { request in
            try await self.guarded(request) {
                let document = try await Self.document(request)
                let time = self.clock.now
                let order = try self.change { state throws(InvalidInput) in
                    try state.createOrder(document, at: time)
                }
                return .json(order.json, status: .created)
            }
        }
        router.get("/api/orders") { request in
            try await self.guarded(request) {
                let reference = request.query.first("reference")
                let orders = self.state.withLock { state in
                    state.orders.filter { reference == nil || $0.reference == reference }
                }
                return .json(["items": .array(orders.map(\.json))])
            }
        }
        router.get("/api/orders/{id}") { request in
            try await self.guarded(request) {
                let order = self.state.withLock { state in
                    state.orders.first { String($0.id) == request.parameters["id"] }
                }
                guard let order else { throw HTTPProblem(.notFound, code: "unknown-order", detail: "No such order.") }
                return .json(order.json)
            }
        }
        router.put("/api/stock/{item}") { request in
            try await self.guarded(request) {
                let document = try await Self.document(request)
                let item = request.parameters["item"]
                let time = self.clock.now
                try self.change { state throws(InvalidInput) in try state.setStock(item, document, at: time) }
                return .json(self.state.withLock { $0.stock[item]?.json(item: item) } ?? .null)
            }
        }
        router.get("/api/stock") { request in
            try await self.guarded(request) {
                let stock = self.state.withLock { $0.stock }
                return .json(["items": .array(stock.sorted { $0.key < $1.key }.map { $1.json(item: $0) })])
            }
        }
    }

    private static func document(_ request: Request) async throws -> JSONValue {
        do {
            return try JSONValue(parsing: try await request.body.collect())
        } catch is JSONSyntaxError {
            throw HTTPProblem(.badRequest, code: "bad-json", detail: "The body is not JSON.")
        }
    }

    /// Checks the token and plays the fault that is switched on around a call.
    private func guarded(_ request: Request, _ work: () async throws -> Response) async throws -> Response {
        guard request.headers[.authorization] == "Bearer \(token)" else {
            throw HTTPProblem(.unauthorized, code: "bad-token", detail: "The token is wrong.")
        }
        switch state.withLock({ $0.fault }) {
        case .none: return try await work()
        case .slow:
            try await Task.sleep(for: .seconds(5))
            return try await work()
        case .failing:
            throw HTTPProblem(.serviceUnavailable, code: "maintenance", detail: "The ERP is being maintained.")
        case .dropping:
            _ = try await work()
            return Response(body: .stream { _ in throw ConnectionDropped() })
        }
    }

    private struct ConnectionDropped: Error {}

    /// Changes the state and keeps it.
    func change<Result, Failure: Error>(
        _ body: (inout ERPSimulatorState) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try state.withLock { (state) throws(Failure) -> Result in
            let result = try body(&state)
            if let file { try? Data(state.json.bytes).write(to: URL(fileURLWithPath: file), options: .atomic) }
            return result
        }
    }

    // MARK: - For people

    private func registerPage(on router: inout Router) {
        router.get("/") { _ in .html(ERPSimulatorPage.list(self.state.withLock { $0 })) }
        router.get("/orders/{id}") { request in
            let order = self.state.withLock { state in
                state.orders.first { String($0.id) == request.parameters["id"] }
            }
            guard let order else { throw HTTPProblem(.notFound, code: "unknown-order", detail: "No such order.") }
            return .html(ERPSimulatorPage.order(order))
        }
        router.get("/simulator.css") { _ in
            var response = Response.text(ERPSimulatorPage.style)
            response.headers[.contentType] = "text/css; charset=utf-8"
            return response
        }
        router.post("/orders/{id}/complete") { request in
            try Self.checkOrigin(request)
            let time = self.clock.now
            let order = self.change { state in state.complete(Int(request.parameters["id"]) ?? 0, at: time) }
            guard let order else { throw HTTPProblem(.notFound, code: "unknown-order", detail: "No such order.") }
            self.onCompletion(order.equipment)
            return .seeOther("/orders/\(order.id)")
        }
        router.post("/fault/{fault}") { request in
            try Self.checkOrigin(request)
            guard let fault = SimulatedFault(rawValue: request.parameters["fault"]) else {
                throw HTTPProblem(.notFound, code: "unknown-fault", detail: "No such fault.")
            }
            self.setFault(fault)
            return .seeOther("/")
        }
    }

    private static func checkOrigin(_ request: Request) throws {
        guard let origin = request.headers[.origin], let authority = request.authority, origin == "http://" + authority
        else { throw HTTPProblem(.forbidden, code: "cross-site", detail: "This did not come from the ERP's own page.") }
    }
}
