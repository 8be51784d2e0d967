import HTTPTypes
import NIOCore

/// The body of a request: pieces as they arrive, read at the handler's pace.
///
/// The socket is not read further while nobody takes them.
///
/// Iteration throws `HTTPProblem` (413 beyond the limit, 408 when nothing arrives, 400 for broken chunks) and
/// `ConnectionFailure` when the client is gone.
public struct RequestBody: AsyncSequence, Sendable {
    /// A piece of the body, never empty.
    public typealias Element = [UInt8]

    private enum Source: Sendable {
        case bytes(ByteBuffer)
        case stream(InboundStream, request: UInt64)
    }

    private let source: Source
    /// The length that the client announced; nil for chunks.
    public let declaredLength: Int?
    /// The most bytes that may be read.
    var limit = Int.max

    /// Makes a body that is there already.
    public init(bytes: [UInt8] = []) {
        source = .bytes(ByteBuffer(bytes: bytes))
        declaredLength = bytes.count
    }

    init(stream: InboundStream, request: UInt64, framing: BodyFraming) {
        switch framing {
        case .none:
            source = .bytes(ByteBuffer())
            declaredLength = 0
        case .fixed(let length):
            source = .stream(stream, request: request)
            declaredLength = length
        case .chunked:
            source = .stream(stream, request: request)
            declaredLength = nil
        }
    }

    /// Whether it is known that there are no bytes.
    public var isEmpty: Bool { declaredLength == 0 }

    /// Reads the pieces one after another.
    public func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(body: self)
    }

    /// Reads the pieces of a body.
    public struct AsyncIterator: AsyncIteratorProtocol {
        private let body: RequestBody
        private var isDone = false

        fileprivate init(body: RequestBody) {
            self.body = body
        }

        /// The next piece, or nil at the end.
        public mutating func next() async throws -> [UInt8]? {
            switch body.source {
            case .bytes(let bytes):
                if isDone || bytes.readableBytes == 0 { return nil }
                isDone = true
                if bytes.readableBytes > body.limit { throw HTTPProblem.contentTooLarge(limit: body.limit) }
                return Array(bytes.readableBytesView)
            case .stream(let stream, let request):
                let piece = try await stream.nextBody(request: request, limit: body.limit)
                return piece.map { Array($0.readableBytesView) }
            }
        }
    }

    /// The whole body.
    ///
    /// - Parameter limit: the most bytes to take, where that is less than the route's limit.
    /// - Returns: all bytes.
    /// - Throws: `HTTPProblem` or `ConnectionFailure`, as iterating does.
    public func collect(upTo limit: Int = .max) async throws -> [UInt8] {
        var limited = self
        limited.limit = Swift.min(limit, self.limit)
        if let declaredLength, declaredLength > limited.limit {
            throw HTTPProblem.contentTooLarge(limit: limited.limit)
        }
        var bytes: [UInt8] = []
        for try await piece in limited { bytes.append(contentsOf: piece) }
        return bytes
    }
}
