import HTTPServer
import HTTPTypes
import Primitives

/// The routes of the probe.
enum ProbeRoutes {
    static func router(_ options: ProbeOptions) throws -> Router {
        var router = Router()
        plain(&router)
        bodies(&router)
        webSockets(&router)
        SemanticsRoutes.add(to: &router)
        return router
    }

    private static func plain(_ router: inout Router) {
        router.get("/plain") { _ in .text("Hello, World!") }
        router.get("/json") { _ in .json(["message": "Hello, World!"]) }
        router.get("/devices/{key}") { request in .text(request.parameters["key"]) }
    }

    private static func bodies(_ router: inout Router) {
        // The same bytes back, as they arrive.
        router.post("/echo", bodyLimit: 64 * 1_024 * 1_024) { request in
            let body = request.body
            return Response(
                headers: [.contentType: "application/octet-stream"],
                body: .stream(length: body.declaredLength) { writer in
                    for try await piece in body { try await writer.write(piece) }
                }
            )
        }
        // The number of bytes, after all of them arrived.
        router.post("/count", bodyLimit: 64 * 1_024 * 1_024) { request in
            var count = 0
            for try await piece in request.body { count += piece.count }
            return .text("\(count)")
        }
        router.get("/stream/{count}") { request in
            let count = request.parameters.integer("count") ?? 0
            return Response(
                headers: [.contentType: "text/plain"],
                body: .stream { writer in
                    for number in 0..<count { try await writer.write("\(number)\n") }
                }
            )
        }
    }

    private static func webSockets(_ router: inout Router) {
        router.webSocket("/websocket/echo") { _, socket in
            for await message in socket.messages {
                switch message {
                case .text(let text): try await socket.send(text: text)
                case .binary(let bytes): try await socket.send(binary: bytes)
                }
            }
        }
    }
}
