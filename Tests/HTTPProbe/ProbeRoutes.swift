import Foundation
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
        files(&router, options)
        SemanticsRoutes.add(to: &router)
        return router
    }

    private static func plain(_ router: inout Router) {
        router.get("/plain") { _ in .text("Hello, World!") }
        router.get("/json") { _ in .json(["message": "Hello, World!"]) }
        router.get("/devices/{key}") { request in .text(request.parameters["key"]) }
    }

    /// Files as they are, each opened anew: `/files/{name}`; and what the connection is like.
    private static func files(_ router: inout Router, _ options: ProbeOptions) {
        router.get("/connection") { request in
            .json([
                "secure": .bool(request.isSecure), "remote": .string(request.remoteAddress),
                "loopback": .bool(request.isLoopback), "subject": .string(request.clientCertificate?.subject ?? ""),
            ])
        }
        guard let directory = options.files else { return }
        router.get("/files/{name}") { request in
            let name = request.parameters["name"]
            guard !name.contains("/"), let file = try? await OpenFile.open(path: "\(directory)/\(name)") else {
                throw HTTPProblem(.notFound, code: "not-found", detail: "There is no such file.")
            }
            return Response(headers: [.contentType: "application/octet-stream"], body: .file(file))
        }
        // The same files as the product serves its own.
        if let assets = try? StaticAssets(directory: directory) {
            router.get("/static/{name}") { request in
                try assets.asset(request.parameters["name"], hash: assets.hash, for: request)
            }
        }
        // From memory, and from files that stay open: to compare.
        let names = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
        for name in names {
            let bytes = (try? Data(contentsOf: URL(fileURLWithPath: "\(directory)/\(name)"))).map { [UInt8]($0) } ?? []
            let body = ResponseBody.bytes(bytes)
            router.get("/memory/\(name)") { _ in
                Response(headers: [.contentType: "application/octet-stream"], body: body)
            }
            guard let file = try? OpenFile(path: "\(directory)/\(name)") else { continue }
            router.get("/open/\(name)") { _ in
                Response(headers: [.contentType: "application/octet-stream"], body: .file(file))
            }
        }
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
        let fanOuts = FanOuts()
        router.webSocket("/websocket/fan-out") { request, socket in
            await fanOuts.fanOut(for: request).serve(socket)
        }
        // The server's messages, encoded once: `?count=` of them with `?size=` bytes.
        router.webSocket("/websocket/burst") { request, socket in
            let size = request.query.first("size").flatMap { Int($0) } ?? 200
            let message = PreparedMessage(text: String(repeating: "burst ", count: max(0, size) / 6))
            let count = request.query.first("count").flatMap { Int($0) } ?? 1
            for _ in 0..<max(0, count) { try await socket.send(message) }
        }
    }
}
