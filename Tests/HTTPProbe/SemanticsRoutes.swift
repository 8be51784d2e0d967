import HTTPServer
import HTTPTypes
import Primitives
import Synchronization

/// Routes for conditions, ranges, cookies and forms.
enum SemanticsRoutes {
    /// A document that clients may replace.
    private final class Document: Sendable {
        private let state = Mutex((version: 1, text: (0..<1_000).map { "line \($0)\n" }.joined()))

        var current: (version: Int, text: String) { state.withLock { $0 } }

        /// Replaces the document if the condition, asked under the lock, allows it.
        func replace(_ text: String, if condition: (Int) -> Bool) -> Int? {
            state.withLock { state in
                guard condition(state.version) else { return nil }
                state = (state.version + 1, text)
                return state.version
            }
        }

        static func tag(_ version: Int) -> EntityTag? { EntityTag("v\(version)") }
    }

    static func add(to router: inout Router) {
        document(&router)
        forms(&router)
        router.get("/cookies/{name}") { request in
            var response = Response.json(.optional(request.cookies[request.parameters["name"]]))
            response.set(try SetCookie(request.parameters["name"], value: "set", isSecure: false))
            return response
        }
        router.get("/who") { request in
            .json([
                "address": .string(request.remoteAddress), "secure": .bool(request.isSecure),
                "authority": .optional(request.authority), "trace": .string(request.trace.traceID),
            ])
        }
    }

    private static func document(_ router: inout Router) {
        let document = Document()
        router.get("/document") { _ in
            let (version, text) = document.current
            var response = Response.text(text)
            response.headers[.eTag] = Document.tag(version)?.text
            response.headers[.lastModified] = "Sun, 06 Nov 1994 08:49:37 GMT"
            return response
        }
        router.put("/document") { request in
            let text = String(decoding: try await request.body.collect(), as: UTF8.self)
            let version = document.replace(text) { version in
                let validators = Validators(entityTag: Document.tag(version))
                return request.evaluateConditions(validators, now: 0) == .proceed
            }
            guard let version else { throw HTTPProblem.preconditionFailed }
            var response = Response.noContent
            response.headers[.eTag] = Document.tag(version)?.text
            return response
        }
    }

    private static func forms(_ router: inout Router) {
        router.post("/form") { request in
            let form = try await request.form()
            return .json(.array(form.parameters.map { .array([.string($0.name), .string($0.value)]) }))
        }
        router.post("/json") { request in
            try request.requireContent(of: "application/json") { $0 == "application/json" }
            return .json(try JSONValue(parsing: try await request.body.collect()))
        }
        router.post("/upload", bodyLimit: 64 * 1_024 * 1_024) { request in
            let form = try await request.multipartForm()
            var files: [JSONValue] = []
            for file in form.files { files.append(try await describe(file)) }
            let fields = form.fields.map { JSONValue.array([.string($0.name), .string($0.value)]) }
            return .json(["fields": .array(fields), "files": .array(files)])
        }
    }

    /// Name, type, size and a checksum (FNV-1a) of the content.
    private static func describe(_ file: MultipartForm.File) async throws -> JSONValue {
        var sum: UInt32 = 0x811C_9DC5
        var offset = 0
        while true {
            let piece = try await file.read(at: offset, upTo: 64 * 1_024)
            if piece.isEmpty { break }
            for byte in piece { sum = (sum ^ UInt32(byte)) &* 0x0100_0193 }
            offset += piece.count
        }
        return [
            "name": .string(file.name), "fileName": .string(file.fileName), "type": .optional(file.contentType),
            "size": .integer(Int64(file.size)), "sum": .integer(Int64(sum)),
        ]
    }
}
