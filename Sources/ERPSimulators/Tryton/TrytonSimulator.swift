import Foundation
import Primitives
import Synchronization

/// A pretended Tryton 6.0: JSON-RPC at `/` and `/plant/`, with sessions, over a small plant in memory.
///
/// Seen on a running 6.0.29, and kept here: nearly everything is status 200, refusals and faults included; 401 with an
/// empty body when a session is not known; 403 with a page for methods that are not open; no unique references; a
/// transition that a state does not allow is passed over without a word; a read of a number that is gone is an error like
/// that of a missing permission; `write_date` is null until the first update; quantities are 0 without places in the
/// context; digits beyond those of a unit are refused; booleans come as 0 and 1.
final class TrytonSimulator: SimulatedERP {
    struct State {
        var store: TrytonStore
        var sessions: Set<String> = []
        var count = 0
    }

    static let database = "plant"

    private let account: SimulatedAccount
    private let state: Mutex<State>

    init(plant: SimulatedPlant, account: SimulatedAccount, clock: @escaping @Sendable () -> Timestamp) {
        self.account = account
        state = Mutex(State(store: TrytonStore(plant, clock)))
    }

    var orders: [SimulatedOrder] { state.withLock { $0.store.orders } }

    var stock: [String: Double] { state.withLock { $0.store.stockByCode } }

    var files: [SimulatedFile] {
        state.withLock { state in
            (state.store.tables["ir.attachment"] ?? []).compactMap { row in
                SimulatedFile(
                    order: row["resource"]?.string ?? "",
                    name: row["name"]?.string ?? "",
                    base64: row["data"]?["base64"]?.string
                )
            }
        }
    }

    func complete(_ externalID: String, outcome: String) -> Bool {
        state.withLock { $0.store.complete(externalID, outcome) }
    }

    func endSessions() { state.withLock { $0.sessions = [] } }

    func answer(_ request: SimulatedRequest) -> SimulatedResponse {
        guard request.method == "POST" else { return Self.page(405, "Method Not Allowed") }
        guard let document = request.json, let method = document["method"]?.string,
            let parameters = document["params"]?.array
        else { return Self.page(400, "Bad Request") }
        let id = document["id"] ?? 0
        if request.path == "/" {
            guard method == "common.server.version" else { return Self.page(404, "Not Found") }
            return Self.result("6.0.29", id)
        }
        guard request.path == "/\(Self.database)/" else { return Self.page(404, "Not Found") }
        if method == "common.db.login" { return signIn(parameters, id) }
        return state.withLock { state in
            guard let session = Self.session(request), state.sessions.contains(session) else {
                return SimulatedResponse(401, headers: [("WWW-Authenticate", "Basic realm=\"Tryton\"")])
            }
            return Self.call(method, parameters, id, &state.store)
        }
    }

    private func signIn(_ parameters: [JSONValue], _ id: JSONValue) -> SimulatedResponse {
        guard parameters.first?.string == account.name, parameters.count >= 2,
            parameters[1]["password"]?.string == account.secret.reveal()
        else { return Self.page(401, "Unauthorized") }
        return state.withLock { state in
            state.count += 1
            let key = "session-\(state.count)"
            state.sessions.insert("\(account.name):1:\(key)")
            return Self.result([1, .string(key)], id)
        }
    }

    // The header is `Session base64(login:number:key)`.
    private static func session(_ request: SimulatedRequest) -> String? {
        guard let header = request.header("authorization"), header.hasPrefix("Session "),
            let data = Data(base64Encoded: String(header.dropFirst("Session ".count)))
        else { return nil }
        return String(decoding: data, as: UTF8.self)
    }

    private static func call(
        _ method: String,
        _ parameters: [JSONValue],
        _ id: JSONValue,
        _ store: inout TrytonStore
    ) -> SimulatedResponse {
        let parts = method.split(separator: ".").map(String.init)
        guard parts.count >= 3, parts[0] == "model", let name = parts.last else { return page(404, "Not Found") }
        let model = parts[1..<(parts.count - 1)].joined(separator: ".")
        // The last parameter is always the context.
        guard let context = parameters.last?.object else {
            return error("Missing context argument", id)
        }
        guard store.tables[model] != nil || TrytonStore.models.contains(model) else { return error("'\(model)'", id) }
        // A refusal rolls everything back.
        var changed = store
        do throws(TrytonStore.Refusal) {
            let result = try changed.call(model, name, Array(parameters.dropLast()), context)
            store = changed
            return Self.result(result, id)
        } catch {
            switch error {
            case .notOpen: return page(403, "Forbidden")
            case .user(let text):
                return .json(["id": id, "error": ["UserError", [.string(text), "", nil]]])
            case .fault(let text): return Self.error(text, id)
            }
        }
    }

    private static func result(_ result: JSONValue, _ id: JSONValue) -> SimulatedResponse {
        .json(["id": id, "result": result])
    }

    private static func error(_ text: String, _ id: JSONValue) -> SimulatedResponse {
        .json(["id": id, "error": [.string(text), ""]])
    }

    private static func page(_ status: Int, _ title: String) -> SimulatedResponse {
        let text = "<!doctype html>\n<html lang=en>\n<title>\(status) \(title)</title>\n<h1>\(title)</h1>\n"
        return SimulatedResponse(
            status,
            headers: [("Content-Type", "text/html; charset=utf-8")],
            body: Array(text.utf8)
        )
    }

    private static let changes: Set<String> = [
        "create", "write", "delete", "wait", "assign_try", "assign_force", "run", "done", "cancel", "confirm", "draft",
    ]

    static func isChange(_ request: SimulatedRequest) -> Bool {
        guard let method = request.json?["method"]?.string, let name = method.split(separator: ".").last else {
            return false
        }
        return method.hasPrefix("model.") && changes.contains(String(name))
    }
}

extension SimulatorDefinition {
    /// Tryton 6.0, with productions as orders.
    static let tryton = SimulatorDefinition(
        name: "tryton",
        setup: { account in
            SimulatorSetup(
                kind: "tryton",
                credentials: ["username": .string(account.name), "password": .string(account.secret.reveal())],
                options: ["database": .string(TrytonSimulator.database), "company": "1"]
            )
        },
        isChange: { TrytonSimulator.isChange($0) },
        make: { TrytonSimulator(plant: $0, account: $1, clock: $2) }
    )
}
