import HTTPTypes
import NIOCore

#if canImport(Glibc)
import Glibc
#endif

/// An incremental HTTP/1.1 request parser (RFC 9112) without I/O: bytes in, events out.
///
/// Feed it with `receive(_:)`, then call `next()` until it returns nil. Several requests may follow one another in the
/// same bytes. Whatever two parsers could read differently is an error; after an error the parser stays failed.
public struct RequestParser: Sendable {
    /// Where in a message the next byte belongs.
    public enum Position: Hashable, Sendable {
        /// Between two requests, with no byte of the next one seen.
        case idle
        /// Inside the head of a request.
        case head
        /// Inside the body or its trailer section.
        case body
    }

    enum State: Hashable, Sendable {
        case requestLine
        case fields
        case endOfHead
        case fixedBody(remaining: Int)
        case chunkSize
        case chunkData(remaining: Int)
        case chunkEnd
        case trailers
        case failed(RequestError)
    }

    let limits: ParserLimits
    var state = State.requestLine
    var buffer = ByteBuffer()
    /// Bytes of the line at the front of the buffer that are known to hold no LF.
    private var scanned = 0
    /// Bytes of the current head or trailer section that are consumed.
    private var sectionBytes = 0
    private var emptyLines = 0
    var head = HeadBuilder()
    var trailers = HTTPFields()
    var trailerCount = 0
    var extensionBytes = 0

    /// Makes a parser for one connection.
    public init(limits: ParserLimits = ParserLimits()) {
        self.limits = limits
    }

    /// Adds bytes that arrived; they are kept, not copied, when nothing is waiting to be parsed.
    public mutating func receive(_ bytes: ByteBuffer) {
        if buffer.readableBytes == 0 {
            buffer = bytes
        } else {
            if buffer.readerIndex > 4_096 { buffer.discardReadBytes() }
            buffer.writeImmutableBuffer(bytes)
        }
    }

    /// Where in a message the parser stands.
    public var position: Position {
        switch state {
        case .requestLine: buffer.readableBytes == 0 && emptyLines == 0 ? .idle : .head
        case .fields, .endOfHead: .head
        case .fixedBody, .chunkSize, .chunkData, .chunkEnd, .trailers: .body
        case .failed: .idle
        }
    }

    /// Takes the bytes after the last event, for the protocol that the connection changes to.
    public mutating func takeUnparsedBytes() -> ByteBuffer {
        defer { buffer = ByteBuffer() }
        return buffer
    }

    /// Tells that no more bytes will come; an error when that cuts a request short.
    public mutating func finish() throws(RequestError) {
        if case .failed(let error) = state { throw error }
        guard position == .idle else {
            state = .failed(.truncated)
            throw .truncated
        }
    }

    /// The next event, or nil when more bytes are needed.
    public mutating func next() throws(RequestError) -> RequestEvent? {
        do throws(RequestError) {
            return try step()
        } catch {
            state = .failed(error)
            buffer = ByteBuffer()
            throw error
        }
    }

    private mutating func step() throws(RequestError) -> RequestEvent? {
        while true {
            switch state {
            case .requestLine:
                guard try requestLine() else { return nil }
            case .fields:
                guard try fieldLine() else { return nil }
            case .endOfHead:
                let complete = try head.finish()
                beginBody(complete.framing)
                return .head(complete)
            case .fixedBody(let remaining):
                if remaining == 0 { return endMessage() }
                guard let bytes = takeBody(upTo: remaining) else { return nil }
                state = .fixedBody(remaining: remaining - bytes.readableBytes)
                return .body(bytes)
            case .chunkSize:
                guard try chunkSizeLine() else { return nil }
            case .chunkData(let remaining):
                guard let bytes = takeBody(upTo: remaining) else { return nil }
                let rest = remaining - bytes.readableBytes
                state = rest == 0 ? .chunkEnd : .chunkData(remaining: rest)
                return .body(bytes)
            case .chunkEnd:
                guard try chunkEnd() else { return nil }
            case .trailers:
                guard let isLast = try trailerLine() else { return nil }
                if isLast { return endMessage() }
            case .failed(let error):
                throw error
            }
        }
    }

    private mutating func beginBody(_ framing: BodyFraming) {
        sectionBytes = 0
        extensionBytes = 0
        switch framing {
        case .none: state = .fixedBody(remaining: 0)
        case .fixed(let length): state = .fixedBody(remaining: length)
        case .chunked: state = .chunkSize
        }
    }

    private mutating func endMessage() -> RequestEvent {
        defer {
            state = .requestLine
            sectionBytes = 0
            emptyLines = 0
            trailers = HTTPFields()
            trailerCount = 0
        }
        return .end(trailers: trailers)
    }

    private mutating func takeBody(upTo length: Int) -> ByteBuffer? {
        let available = min(length, buffer.readableBytes)
        return available == 0 ? nil : buffer.readSlice(length: available)
    }
}

extension RequestParser {
    /// The length without CRLF of the line at the front of the buffer, or nil when its end has not arrived.
    ///
    /// The outcome does not depend on how the bytes were cut into pieces.
    mutating func lineLength(limit: Int, overflow: RequestError) throws(RequestError) -> Int? {
        let from = scanned
        let (lineFeed, readable, hasReturn) = buffer.withUnsafeReadableBytes { bytes -> (Int?, Int, Bool) in
            guard bytes.count > from, let base = bytes.baseAddress,
                let found = memchr(base + from, Int32(UInt8.lineFeed), bytes.count - from)
            else { return (nil, bytes.count, false) }
            let index = base.distance(to: UnsafeRawPointer(found))
            return (index, bytes.count, index > 0 && bytes[index - 1] == .carriageReturn)
        }
        guard let lineFeed else {
            if readable > limit + 1 { throw overflow }
            scanned = readable
            return nil
        }
        if lineFeed > limit + 1 { throw overflow }
        guard hasReturn else { throw .bareLineEnd }
        scanned = 0
        return lineFeed - 1
    }

    /// How long the next line of the current section may be, given the limit of one line and of the whole section.
    func lineLimit(_ line: Int, section: Int) -> Int {
        min(line, max(0, section - sectionBytes - 2))
    }

    mutating func beginTrailers() {
        sectionBytes = 0
        state = .trailers
    }

    mutating func consumeLine(length: Int) {
        buffer.moveReaderIndex(forwardBy: length + 2)
        sectionBytes += length + 2
    }

    private mutating func requestLine() throws(RequestError) -> Bool {
        if let first: UInt8 = buffer.getInteger(at: buffer.readerIndex), first != .carriageReturn, first != .lineFeed,
            !ByteClass.token.contains(first)
        {
            throw .invalidMethod
        }
        guard let length = try lineLength(limit: limits.requestLine, overflow: .targetTooLong) else { return false }
        if length == 0 {
            // RFC 9112 section 2.2: ignore an empty line before the request line; but not a stream of them.
            emptyLines += 1
            if emptyLines > 2 { throw .invalidRequestLine }
            consumeLine(length: 0)
            return true
        }
        head = try RequestParser.parseRequestLine(buffer.readableBytesUInt8Span.extracting(0..<length))
        consumeLine(length: length)
        state = .fields
        return true
    }

    private mutating func fieldLine() throws(RequestError) -> Bool {
        let limit = lineLimit(limits.field, section: limits.head)
        guard let length = try lineLength(limit: limit, overflow: .headTooLarge) else { return false }
        if length == 0 {
            state = .endOfHead
        } else {
            if head.fieldCount == limits.fieldCount { throw .headTooLarge }
            let (field, meaning) = try FieldLine.parse(buffer.readableBytesUInt8Span.extracting(0..<length))
            try head.add(field, meaning: meaning)
        }
        consumeLine(length: length)
        return true
    }
}
