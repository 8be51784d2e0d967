import Primitives
import Synchronization

/// A small ERP on a raw socket: orders, their look-up and state, stock; with faults.
final class PretendedERP: Sendable {
    /// How it misbehaves.
    enum Fault: Hashable, Sendable {
        case none
        /// Makes the order, then closes the connection without a byte.
        case dropAfterWork
        /// Makes the order, then does not answer.
        case hangAfterWork
        case errorAfterWork(Int)
        case errorWithoutWork(Int, retryAfter: Int?)
        /// Answers 409 to a second create with the same key.
        case refuseDuplicates
        /// Answers a look-up with this status and something that is no JSON.
        case brokenLookUp(Int)
        /// Answers every look-up with all orders.
        case lookUpIgnoresKey
        /// Repeats the request's credentials in its answer.
        case echo
    }

    private struct State {
        var orders: [(key: String, isDone: Bool)] = []
        var stock: [String: Double] = [:]
        var sawCredentials = false
        /// How many creates meet the fault.
        var faultsLeft: Int
    }

    let server: RawHTTPServer
    private let state: Shared

    private final class Shared: Sendable {
        let state: Mutex<State>

        init(faults: Int) {
            state = Mutex(State(faultsLeft: faults))
        }
    }

    /// Starts the ERP.
    ///
    /// - Parameters:
    ///   - fault: how it misbehaves.
    ///   - times: how many creates meet the fault.
    /// - Throws: when no port is free.
    init(_ fault: Fault, times: Int = .max) throws {
        let shared = Shared(faults: times)
        state = shared
        server = try RawHTTPServer { Self.answer($0, fault, shared) }
    }

    /// The keys of all orders, in the order of their making.
    var orders: [String] { state.state.withLock { $0.orders.map(\.key) } }

    /// Stock figures by item.
    var stock: [String: Double] { state.state.withLock(\.stock) }

    /// Whether a request carried the credentials.
    var sawCredentials: Bool { state.state.withLock(\.sawCredentials) }

    /// Marks an order as done.
    func complete(_ key: String) {
        state.state.withLock { state in
            for index in state.orders.indices where state.orders[index].key == key { state.orders[index].isDone = true }
        }
    }

    private static func answer(
        _ request: RawHTTPServer.Received,
        _ fault: Fault,
        _ shared: Shared
    ) -> RawHTTPServer.Answer {
        if request.headers["authorization"]?.contains("token-of-the-test") == true {
            shared.state.withLock { $0.sawCredentials = true }
        }
        let path = request.target.split(separator: "?").first.map(String.init) ?? ""
        switch (request.method, path) {
        case ("POST", "/api/orders"):
            let isFaulty = shared.state.withLock { state in
                state.faultsLeft -= 1
                return state.faultsLeft >= 0
            }
            return create(request, isFaulty ? fault : .none, shared)
        case ("GET", "/api/orders"): return lookUp(request, fault, shared)
        case ("PUT", _) where path.hasPrefix("/api/stock/"):
            let item = String(path.dropFirst("/api/stock/".count)).replacing("%2F", with: "/")
            let quantity = (try? JSONValue(parsing: request.body))?["quantity"]?.double
            shared.state.withLock { $0.stock[item] = quantity }
            return .respond(200, "{}")
        case ("GET", _) where path.hasPrefix("/api/orders/"):
            let index = Int(path.dropFirst("/api/orders/".count)) ?? 0
            let isDone = shared.state.withLock { state in
                state.orders.indices.contains(index - 1) ? state.orders[index - 1].isDone : nil
            }
            guard let isDone else { return .respond(404, "{}") }
            return .respond(200, #"{"status":"\#(isDone ? "done" : "open")"}"#)
        default: return .respond(404, "{}")
        }
    }

    private static func create(
        _ request: RawHTTPServer.Received,
        _ fault: Fault,
        _ shared: Shared
    ) -> RawHTTPServer.Answer {
        if case .errorWithoutWork(let status, let retryAfter) = fault {
            return .respond(status, "{}", headers: retryAfter.map { ["Retry-After: \($0)"] } ?? [])
        }
        let key = (try? JSONValue(parsing: request.body))?["ref"]?.string ?? ""
        let number = shared.state.withLock { state -> Int? in
            if fault == .refuseDuplicates, state.orders.contains(where: { $0.key == key }) { return nil }
            state.orders.append((key, false))
            return state.orders.count
        }
        guard let number else { return .respond(409, #"{"error":"duplicate reference"}"#) }
        switch fault {
        case .dropAfterWork: return .close
        case .hangAfterWork: return .hold
        case .errorAfterWork(let status): return .respond(status, "oops")
        case .echo: return .respond(201, #"{"id":\#(number),"you":"\#(request.headers["authorization"] ?? "")"}"#)
        default: return .respond(201, #"{"id":\#(number)}"#)
        }
    }

    private static func lookUp(
        _ request: RawHTTPServer.Received,
        _ fault: Fault,
        _ shared: Shared
    ) -> RawHTTPServer.Answer {
        if case .brokenLookUp(let status) = fault { return .respond(status, "<html>Sign in</html>") }
        let key = request.target.split(separator: "=").last.map(String.init) ?? ""
        let found = shared.state.withLock { state in
            state.orders.indices.filter { state.orders[$0].key == key || fault == .lookUpIgnoresKey }
        }
        let items = found.map { #"{"id":\#($0 + 1)}"# }.joined(separator: ",")
        return .respond(200, #"{"items":[\#(items)]}"#)
    }
}
