import Accounts
import Assets
import HTTPServer
import HTTPTypes
import HTTPWire
import Primitives

/// Speaks the live protocol with one browser.
///
/// The client sends `subscribe` with an optional `cursor`; the server sends `hello`, `values`, `change`, `status` and
/// `error`. A client that cannot keep up is closed with 1013 and resumes from its last cursor.
struct LiveSocket: Sendable {
    let hub: LiveHub
    let accounts: AccountStore

    func serve(_ request: Request, _ socket: WebSocketConnection) async throws {
        let start: ChangeCursor
        if let text = request.query.first("cursor"), let cursor = ChangeCursor(text), try await hub.keeps(cursor) {
            start = cursor
        } else {
            start = try await hub.head()
        }
        let authorization = Authorization(accounts: accounts)
        let session = LiveSession(cursor: start) {
            try await authorization.caller(of: request)?.principal.role.allows(.viewer) ?? false
        }
        hub.join(session)
        defer { hub.leave(session) }
        let resumed = request.query.first("cursor") == start.text
        let hello: JSONValue = ["type": "hello", "cursor": .string(start.text), "resumed": .bool(resumed)]
        try await socket.send(text: hello.text)
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await send(to: socket, from: session) }
            for await message in socket.messages {
                guard case .text(let text) = message else { continue }
                if let problem = handle(text, for: session) {
                    let answer: JSONValue = ["type": "error", "detail": .string(problem)]
                    _ = try? socket.enqueue(PreparedMessage(text: answer.text))
                }
            }
            group.cancelAll()
            session.wake()
        }
    }

    /// Sends what waits until the socket closes; awaits the client, so that a slow one gets fewer values, not older ones.
    private func send(to socket: WebSocketConnection, from session: LiveSession) async {
        while !Task.isCancelled {
            await session.sleep()
            if Task.isCancelled { return }
            let work = session.takeWork()
            if work.isRefused {
                socket.close(.policyViolation, reason: "signed out")
                return
            }
            do {
                for change in work.changes { try await socket.send(text: change.text) }
                if work.isOverrun {
                    socket.close(.tryAgainLater, reason: "too slow; resume from the last cursor")
                    return
                }
                if let status = work.status { try await socket.send(text: status) }
                if work.wantsValues {
                    let values = hub.values(for: session, after: work.sentSequence)
                    for message in values.messages { try await socket.send(text: message) }
                    session.noteSent(values.sequence)
                }
            } catch {
                return
            }
        }
    }

    /// Acts on a client's message.
    ///
    /// - Returns: what was wrong with it.
    private func handle(_ text: String, for session: LiveSession) -> String? {
        guard let message = try? JSONValue(parsing: text), let type = message["type"]?.string,
            let id = message["id"]?.integer
        else { return "A message is an object with “type” and “id”." }
        if type == "unsubscribe" {
            session.unsubscribe(id)
            return nil
        }
        guard type == "subscribe" else { return "Unknown type “\(type)”." }
        guard let subscription = subscription(message) else {
            return "Subscribe to the topic “overview”, “device” with “device”, or “asset” with “asset”."
        }
        return session.subscribe(id, to: subscription) ? nil : "Too many subscriptions."
    }

    private func subscription(_ message: JSONValue) -> LiveSession.Subscription? {
        let plant = hub.plant.snapshot
        switch message["topic"]?.string {
        case "overview": return .overview
        case "device": return message["device"]?.string.flatMap(plant.device(key:)).map { .device($0.id) }
        case "asset": return message["asset"]?.string.flatMap(plant.asset(key:)).map { .asset($0.id) }
        default: return nil
        }
    }
}
