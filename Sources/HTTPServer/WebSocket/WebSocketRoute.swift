import HTTPTypes
import HTTPWire

/// A request that is allowed to become a WebSocket, and who will speak then.
struct WebSocketRoute: Sendable {
    let request: Request
    let handler: WebSocketHandler
    /// What the client offers, in order of preference.
    let extensions: [WebSocketExtension]
    private let accept: String

    /// Reads the handshake; what is wrong with it is thrown as a problem.
    init(request: Request, handler: @escaping WebSocketHandler) throws {
        self.request = request
        self.handler = handler
        do throws(WebSocketHandshake.Refusal) {
            accept = try WebSocketHandshake.accept(request.head)
            extensions = try WebSocketExtension.list(request.headers[.secWebSocketExtensions] ?? "")
        } catch {
            throw HTTPProblem.handshake(error)
        }
    }

    /// The response that changes the protocol.
    var response: Response {
        Response(
            status: .switchingProtocols,
            headers: [.upgrade: "websocket", .secWebSocketAccept: accept],
            body: ResponseBody(content: .webSocket(self))
        )
    }
}
