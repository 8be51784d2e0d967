import Compression
import HTTPTypes
import HTTPWire
import NIOCore
import Synchronization

/// Compresses responses with gzip when the client takes it and their type is worth it.
///
/// What has a Content-Encoding or `Cache-Control: no-transform` already is left alone.
public struct Compression: Middleware {
    private let minimumLength: Int
    private let level: Int

    /// Makes the middleware.
    ///
    /// - Parameters:
    ///   - minimumLength: bodies with fewer bytes are sent as they are.
    ///   - level: zlib's level, 1 (fast) to 9 (small).
    public init(minimumLength: Int = 1_024, level: Int = 5) {
        self.minimumLength = minimumLength
        self.level = level
    }

    /// Compresses the response of `next`.
    public func respond(to request: Request, next: Handler) async throws -> Response {
        var response = try await next(request)
        if response.status == .notModified { return Self.selecting(response, for: request) }
        guard isEligible(response) else { return response }
        response.vary(on: "Accept-Encoding")
        guard request.acceptsGzip, let body = compressed(response.body) else { return response }
        response.body = body
        response.headers[.contentEncoding] = "gzip"
        if let tag = response.headers[.eTag], !tag.hasPrefix("W/") { response.headers[.eTag] = "W/\(tag)" }
        return response
    }

    /// A 304 must name the version that the client has (RFC 9111 section 4.3.4): the compressed one has a weak tag.
    private static func selecting(_ response: Response, for request: Request) -> Response {
        var response = response
        // As the 200 would have (RFC 9110 section 15.4.5), as far as that can be told now.
        if response.headers[.vary] == nil { response.vary(on: "Accept-Encoding") }
        guard request.acceptsGzip, let text = response.headers[.eTag], let tag = EntityTag(parsing: text), !tag.isWeak,
            let field = request.headers[.ifNoneMatch], case .tags(let known) = EntityTagCondition(parsing: field),
            !known.contains(tag), known.contains(where: { $0.matchesWeakly(tag) })
        else { return response }
        response.headers[.eTag] = "W/\(text)"
        return response
    }

    private func isEligible(_ response: Response) -> Bool {
        guard let type = response.headers[.contentType], MediaType.isCompressible(type),
            response.headers[.contentEncoding] == nil, response.status != .partialContent,
            response.headers[.cacheControl]?.contains("no-transform") != true
        else { return false }
        if let length = response.body.length { return length >= minimumLength }
        return true
    }

    private func compressed(_ body: ResponseBody) -> ResponseBody? {
        switch body.content {
        case .bytes(let bytes):
            guard let result = try? Gzip.compress(bytes, level: level) else { return nil }
            return .bytes(result)
        case .file(let file):
            return compressed(.stream { writer in try await file.read { try await writer.sink.write($0) } })
        case .stream(_, let producer):
            let level = level
            return .stream { writer in
                let sink = try GzipSink(level: level, next: writer.sink)
                try await producer(ResponseWriter(sink: sink))
                try await sink.finish()
            }
        case .webSocket:
            return nil
        }
    }
}

/// Compresses a streamed body on its way.
private final class GzipSink: ResponseSink {
    private let deflater: Mutex<Deflater>
    private let next: any ResponseSink

    init(level: Int, next: any ResponseSink) throws(CompressionError) {
        deflater = Mutex(try Deflater(.gzip, level: level))
        self.next = next
    }

    func write(_ bytes: ByteBuffer) async throws {
        try await pass(bytes, .none)
    }

    func flush() async throws {
        try await pass(ByteBuffer(), .sync)
        try await next.flush()
    }

    func finish() async throws {
        try await pass(ByteBuffer(), .finish)
    }

    private func pass(_ bytes: ByteBuffer, _ flush: Deflater.Flush) async throws {
        let output = try deflater.withLock { deflater in
            var output = ByteBuffer()
            try deflater.compress(bytes, flush: flush, into: &output)
            return output
        }
        if output.readableBytes > 0 { try await next.write(output) }
    }
}
