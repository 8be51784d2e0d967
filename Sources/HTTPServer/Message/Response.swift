import HTTPTypes
import NIOCore
import Primitives

/// The answer to a request.
///
/// Connection, Content-Length, Transfer-Encoding and Date are the server's own: it replaces whatever is in `headers`.
public struct Response: Sendable {
    /// The status.
    public var status: HTTPResponse.Status
    /// The header fields.
    public var headers: HTTPFields
    /// The body.
    public var body: ResponseBody
    /// The code of the problem that this response tells of, for logs and metrics.
    public internal(set) var problemCode: String?

    /// Makes a response.
    public init(status: HTTPResponse.Status = .ok, headers: HTTPFields = [:], body: ResponseBody = .empty) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// A JSON document, `application/json`.
    public static func json(
        _ value: JSONValue,
        status: HTTPResponse.Status = .ok,
        headers: HTTPFields = [:]
    ) -> Response {
        Response(status: status, headers: headers, body: .bytes(value.bytes)).typed("application/json")
    }

    /// A JSON document that is text already, `application/json`.
    public static func json(text: String) -> Response {
        Response(body: .bytes(ByteBuffer(string: text))).typed("application/json")
    }

    /// Plain text, `text/plain; charset=utf-8`.
    public static func text(_ text: String, status: HTTPResponse.Status = .ok) -> Response {
        Response(status: status, body: .bytes(ByteBuffer(string: text))).typed("text/plain; charset=utf-8")
    }

    /// An HTML page, `text/html; charset=utf-8`.
    public static func html(_ page: String, status: HTTPResponse.Status = .ok) -> Response {
        Response(status: status, body: .bytes(ByteBuffer(string: page))).typed("text/html; charset=utf-8")
    }

    /// 303 (See Other): the client goes on with `GET` at another address.
    public static func seeOther(_ location: String) -> Response {
        Response(status: .seeOther, headers: [.location: location])
    }

    /// 204 (No Content).
    public static let noContent = Response(status: .noContent)

    private func typed(_ contentType: String) -> Response {
        var response = self
        if response.headers[.contentType] == nil { response.headers[.contentType] = contentType }
        return response
    }
}

/// The body of a response.
public struct ResponseBody: Sendable {
    /// Writes a body piece by piece.
    public typealias Producer = @Sendable (ResponseWriter) async throws -> Void

    enum Content: Sendable {
        case bytes(ByteBuffer)
        case file(FileSlice)
        case stream(length: Int?, Producer)
        case webSocket(WebSocketRoute)
    }

    var content: Content

    /// No bytes.
    public static let empty = ResponseBody(content: .bytes(ByteBuffer()))

    /// Bytes that are there already.
    public static func bytes(_ bytes: [UInt8]) -> ResponseBody {
        ResponseBody(content: .bytes(ByteBuffer(bytes: bytes)))
    }

    /// Bytes that are there already.
    static func bytes(_ bytes: ByteBuffer) -> ResponseBody {
        ResponseBody(content: .bytes(bytes))
    }

    /// A file as it is: sent from the kernel's cache without being copied into this process, except with TLS.
    ///
    /// When the file becomes shorter before it is sent, the connection is cut.
    public static func file(_ file: OpenFile) -> ResponseBody {
        ResponseBody(content: .file(FileSlice(file)))
    }

    /// A body that is written while it is sent.
    ///
    /// The producer is suspended while the client is slow; an error it throws cuts the connection, so that the client
    /// sees that the body is incomplete.
    ///
    /// - Parameters:
    ///   - length: the exact number of bytes, when known; else the body is chunked.
    ///   - producer: writes the body; it has ended when this returns.
    /// - Returns: the body.
    public static func stream(length: Int? = nil, _ producer: @escaping Producer) -> ResponseBody {
        ResponseBody(content: .stream(length: length, producer))
    }

    /// The number of bytes, when it is known before sending.
    public var length: Int? {
        switch content {
        case .bytes(let bytes): bytes.readableBytes
        case .file(let file): file.length
        case .stream(let length, _): length
        case .webSocket: nil
        }
    }

    /// Reads the file or runs the producer, if there is one, and collects what it writes: for tests.
    public func collect() async throws -> [UInt8] {
        switch content {
        case .bytes(let bytes): return Array(bytes.readableBytesView)
        case .webSocket: return []
        case .file(let file):
            var bytes: [UInt8] = []
            try await file.read { bytes.append(contentsOf: $0.readableBytesView) }
            return bytes
        case .stream(_, let producer):
            let sink = MemorySink()
            try await producer(ResponseWriter(sink: sink))
            return Array(sink.bytes.readableBytesView)
        }
    }

    /// The bytes, when they are in memory already: for tests and middleware.
    public var bytes: [UInt8]? {
        if case .bytes(let buffer) = content { Array(buffer.readableBytesView) } else { nil }
    }
}
