import ERPSimulators
import Foundation
import HTTPServer
import HTTPTypes
import Logging
import Primitives

/// Hosts a simulated ERP of any kind on a loopback port, with faults.
///
/// Everything below `/_simulator` is about the simulation: `GET /_simulator/orders`, `GET /_simulator/stock`,
/// `GET /_simulator/files` (of orders, with their contents in base 64),
/// `GET /_simulator/requests` (how many there were), `POST /_simulator/orders/{id}/complete` with `{outcome}`,
/// `POST /_simulator/faults` with `{faults: [name], changesOnly}`, `POST /_simulator/sessions/end`.
/// All else is the ERP's own.
public final class SimulatedERPHost: Sendable {
    /// How often and how the ERP misbehaves by itself.
    public struct Trouble: Sendable {
        /// The share of changing requests that meet a fault, 0 to 1.
        public var rate: Double
        /// How long every answer takes.
        public var latency: Duration
        /// The share of changing requests that are carried out, but answered too late, 0 to 1.
        public var stallRate: Double

        /// Makes trouble.
        public init(rate: Double = 0, latency: Duration = .zero, stallRate: Double = 0) {
            self.rate = rate
            self.latency = latency
            self.stallRate = stallRate
        }

        /// Longer than a connector waits.
        static let stall = Duration.seconds(25)
    }

    private let injector: FaultInjector
    private let isChange: @Sendable (SimulatedRequest) -> Bool
    private let trouble: Trouble
    private let random: @Sendable () -> Double
    private let logger: Logger

    /// Makes a host.
    ///
    /// - Parameters:
    ///   - definition: the kind of ERP.
    ///   - plant: what it holds.
    ///   - account: who may call it.
    ///   - trouble: how it misbehaves by itself.
    ///   - random: numbers from 0 to 1 that decide on trouble.
    ///   - clock: its clock.
    ///   - logger: the server's.
    public init(
        _ definition: SimulatorDefinition,
        plant: SimulatedPlant,
        account: SimulatedAccount,
        trouble: Trouble = Trouble(),
        random: @escaping @Sendable () -> Double,
        clock: WallClock,
        logger: Logger
    ) {
        injector = FaultInjector(definition.make(plant, account, { clock.now }), isChange: definition.isChange)
        isChange = definition.isChange
        self.trouble = trouble
        self.random = random
        self.logger = logger
    }

    /// A server for it on a loopback port; 0 for any free one.
    public func makeServer(port: Int = 0) throws -> Server {
        try Server(
            configuration: ServerConfiguration(host: "127.0.0.1", port: port),
            router: controls(),
            middleware: [ERPFront(host: self)],
            logger: logger
        ) { error, _ in HTTPProblem.response(for: error) }
    }

    /// Answers a request as the ERP does.
    fileprivate func answer(_ request: Request) async throws -> Response {
        let simulated = SimulatedRequest(
            method: request.method.rawValue,
            path: request.path,
            query: request.query.parameters.map { SimulatedRequest.Parameter($0.name, $0.value) },
            headers: request.headers.map { SimulatedRequest.Parameter($0.name.canonicalName, $0.value) }
                + [SimulatedRequest.Parameter("host", request.authority ?? "")],
            body: try await request.body.collect()
        )
        if trouble.latency > .zero { try await Task.sleep(for: trouble.latency) }
        if trouble.rate > 0, isChange(simulated), random() < trouble.rate {
            injector.inject([Self.troubles[min(Int(random() * Double(Self.troubles.count)), Self.troubles.count - 1)]])
        }
        let answer = injector.answer(simulated)
        if trouble.stallRate > 0, isChange(simulated), random() < trouble.stallRate {
            try await Task.sleep(for: Trouble.stall)
        }
        switch answer {
        case .dropped: return Response(body: .stream { _ in throw ConnectionDropped() })
        case .response(let answer):
            var response = Response(status: .init(code: answer.status), body: .bytes(answer.body))
            for header in answer.headers {
                guard let name = HTTPField.Name(header.name) else { continue }
                response.headers.append(HTTPField(name: name, value: header.value))
            }
            return response
        }
    }

    private struct ConnectionDropped: Error {}

    /// What goes wrong by itself.
    private static let troubles: [InjectedFault] = [
        .dropBeforeWork, .dropAfterWork, .statusAfterWork(500), .statusAfterWork(502), .statusAfterWork(504),
        .statusBeforeWork(503, retryAfter: 1), .statusBeforeWork(429, retryAfter: 1), .loseSession,
    ]

    // MARK: - The simulation's own addresses

    static let prefix = "/_simulator"

    private func controls() -> Router {
        var router = Router()
        let injector = injector
        router.get("/_simulator/orders") { _ in
            .json(["items": .array(injector.erp.orders.map(\.json))])
        }
        router.get("/_simulator/stock") { _ in
            var stock = JSONObject()
            for (item, quantity) in injector.erp.stock.sorted(by: { $0.key < $1.key }) {
                stock[item] = .number(quantity)
            }
            return .json(.object(stock))
        }
        router.get("/_simulator/files") { _ in
            let files = injector.erp.files.map { file -> JSONValue in
                [
                    "order": .string(file.order), "name": .string(file.name),
                    "content": .string(Data(file.bytes).base64EncodedString()),
                ]
            }
            return .json(["items": .array(files)])
        }
        router.get("/_simulator/requests") { _ in .json(["count": .integer(Int64(injector.requestCount))]) }
        router.post("/_simulator/orders/{id}/complete") { request in
            let document = try await Self.document(request)
            let id = request.parameters["id"]
            guard injector.erp.complete(id, outcome: document["outcome"]?.string ?? "Done") else {
                throw HTTPProblem(.notFound, code: "unknown-order", detail: "There is no order “\(id)”.")
            }
            return .noContent
        }
        router.post("/_simulator/faults") { request in
            let document = try await Self.document(request)
            let names = (document["faults"]?.array ?? []).compactMap(\.string)
            let faults = names.compactMap(InjectedFault.init(named:))
            guard faults.count == names.count else {
                let known = InjectedFault.names.joined(separator: ", ")
                throw HTTPProblem(.unprocessableContent, code: "unknown-fault", detail: "Faults are: \(known).")
            }
            injector.inject(faults, changesOnly: document["changesOnly"]?.bool ?? true)
            return .noContent
        }
        router.post("/_simulator/sessions/end") { _ in
            injector.erp.endSessions()
            return .noContent
        }
        return router
    }

    private static func document(_ request: Request) async throws -> JSONValue {
        let body = try await request.body.collect()
        return body.isEmpty ? [:] : (try? JSONValue(parsing: body)) ?? [:]
    }
}

/// Hands everything but the simulation's own addresses to the ERP.
private struct ERPFront: Middleware {
    let host: SimulatedERPHost

    func respond(to request: Request, next: Handler) async throws -> Response {
        if request.path.hasPrefix(SimulatedERPHost.prefix + "/") { return try await next(request) }
        return try await host.answer(request)
    }
}

extension ERPSimulators.SimulatedOrder {
    /// For the simulation's own addresses.
    fileprivate var json: JSONValue {
        [
            "externalId": .string(externalID), "reference": .string(reference), "title": .string(title),
            "equipment": equipment.map(JSONValue.string) ?? .null, "status": .string(status),
        ]
    }
}
