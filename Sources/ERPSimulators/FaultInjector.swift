import Primitives
import Synchronization

/// How a simulated ERP misbehaves once.
public enum InjectedFault: Hashable, Sendable {
    /// Not at all: the request passes.
    case pass
    /// Does the work, then the connection ends without an answer.
    case dropAfterWork
    /// The connection ends before any work.
    case dropBeforeWork
    /// Does the work, then answers this status without a word.
    case statusAfterWork(Int)
    /// Answers this status without any work.
    case statusBeforeWork(Int, retryAfter: Int?)
    /// Answers 200 with a page of some gateway, without any work.
    case page
    /// Every session is gone before the request is looked at.
    case loseSession
}

/// What comes of a request to a misbehaving ERP.
public enum SimulatedAnswer: Hashable, Sendable {
    /// An answer.
    case response(SimulatedResponse)
    /// The connection ends without one.
    case dropped
}

/// Puts faults between a client and a simulated ERP.
public final class FaultInjector: Sendable {
    private struct State {
        var queue: [InjectedFault] = []
        var isForChangesOnly = true
        var requests: [SimulatedRequest] = []
        var count = 0
    }

    /// The ERP itself.
    public let erp: any SimulatedERP
    private let isChange: @Sendable (SimulatedRequest) -> Bool
    private let state = Mutex(State())

    /// Makes an injector.
    ///
    /// - Parameters:
    ///   - erp: what answers.
    ///   - isChange: whether a request changes something; decides which requests meet faults.
    public init(_ erp: any SimulatedERP, isChange: @escaping @Sendable (SimulatedRequest) -> Bool) {
        self.erp = erp
        self.isChange = isChange
    }

    /// The next requests meet these faults, one each.
    ///
    /// - Parameters:
    ///   - faults: one for each request.
    ///   - changesOnly: whether questions pass them by.
    public func inject(_ faults: [InjectedFault], changesOnly: Bool = true) {
        state.withLock { state in
            state.queue = faults
            state.isForChangesOnly = changesOnly
        }
    }

    /// The last 10,000 requests, oldest first.
    public var requests: [SimulatedRequest] { state.withLock(\.requests) }

    /// How many requests there were.
    public var requestCount: Int { state.withLock(\.count) }

    /// Answers a request, or does not.
    public func answer(_ request: SimulatedRequest) -> SimulatedAnswer {
        let fault = state.withLock { state -> InjectedFault? in
            if state.requests.count == 10_000 { state.requests.removeFirst(5_000) }
            state.requests.append(request)
            state.count += 1
            guard !state.queue.isEmpty, !state.isForChangesOnly || isChange(request) else { return nil }
            return state.queue.removeFirst()
        }
        switch fault {
        case nil, .pass: return .response(erp.answer(request))
        case .dropAfterWork:
            _ = erp.answer(request)
            return .dropped
        case .dropBeforeWork: return .dropped
        case .statusAfterWork(let status):
            _ = erp.answer(request)
            return .response(SimulatedResponse(status))
        case .statusBeforeWork(let status, let retryAfter):
            let headers = retryAfter.map { [(name: "Retry-After", value: String($0))] } ?? []
            return .response(SimulatedResponse(status, headers: headers))
        case .page:
            let page = "<html><body>The service will be back soon.</body></html>"
            return .response(SimulatedResponse(200, headers: [("Content-Type", "text/html")], body: Array(page.utf8)))
        case .loseSession:
            erp.endSessions()
            return .response(erp.answer(request))
        }
    }
}

extension InjectedFault {
    private static let byName: [(name: String, fault: InjectedFault)] = [
        ("pass", .pass), ("drop-before-work", .dropBeforeWork), ("drop-after-work", .dropAfterWork),
        ("500-after-work", .statusAfterWork(500)), ("502-after-work", .statusAfterWork(502)),
        ("504-after-work", .statusAfterWork(504)), ("429", .statusBeforeWork(429, retryAfter: 1)),
        ("503", .statusBeforeWork(503, retryAfter: 1)), ("page", .page), ("lose-session", .loseSession),
    ]

    /// The names that ``init(named:)`` knows.
    public static var names: [String] { byName.map(\.name) }

    /// The fault of that name, such as `drop-after-work`; nil when there is none.
    public init?(named name: String) {
        guard let found = Self.byName.first(where: { $0.name == name }) else { return nil }
        self = found.fault
    }
}
