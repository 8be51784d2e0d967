import HTTPTypes
import NIOCore

/// Why a multipart body is refused.
public enum MultipartError: String, Error, Hashable, Sendable, CaseIterable {
    /// The boundary is missing or is none (RFC 2046 section 5.1.1).
    case invalidBoundary = "invalid-boundary"
    /// The boundary is followed by something else than the end of its line or `--`.
    case invalidDelimiter = "invalid-delimiter"
    /// A line of a part's head is no field, or does not end in CRLF.
    case invalidPartHead = "invalid-part-head"
    /// The head of a part exceeds its limit.
    case partHeadTooLarge = "part-head-too-large"
    /// More parts than the limit.
    case tooManyParts = "too-many-parts"
    /// More bytes than the limit before the first boundary.
    case preambleTooLarge = "preamble-too-large"
    /// The body ended before the last boundary.
    case truncated = "multipart-truncated"

    /// Whether a limit was exceeded, rather than the form broken.
    public var isLimit: Bool {
        switch self {
        case .partHeadTooLarge, .tooManyParts, .preambleTooLarge: true
        case .invalidBoundary, .invalidDelimiter, .invalidPartHead, .truncated: false
        }
    }

    /// One sentence for people, without any part of the body.
    public var message: String {
        switch self {
        case .invalidBoundary: "The multipart boundary is missing or malformed."
        case .invalidDelimiter: "A multipart boundary is not alone on its line."
        case .invalidPartHead: "The head of a part is malformed."
        case .partHeadTooLarge: "The head of a part is too large."
        case .tooManyParts: "There are too many parts."
        case .preambleTooLarge: "There is too much before the first part."
        case .truncated: "The multipart body ended early."
        }
    }
}

/// The most that a multipart body may bring beside the contents of its parts, which whoever takes them limits.
public struct MultipartLimits: Hashable, Sendable {
    /// Number of parts.
    public var parts = 100
    /// Bytes of the head of one part, with its line ends.
    public var partHead = 8 * 1_024
    /// Number of fields in the head of one part.
    public var partFields = 16
    /// Bytes before the first boundary; clients send none.
    public var preamble = 1_024

    /// Makes the default limits.
    public init() {}
}

/// What the parser found next.
public enum MultipartEvent: Hashable, Sendable {
    /// A part begins.
    case part(HTTPFields)
    /// Bytes of its content, never empty.
    case body(ByteBuffer)
    /// The part is complete.
    case endOfPart
    /// The last boundary was read; whatever follows is passed over (RFC 2046 section 5.1.1).
    case end
}

/// An incremental parser of multipart bodies (RFC 2046 section 5.1, RFC 7578) without I/O: bytes in, events out.
///
/// Strict: lines end in CRLF, and a line that begins with the boundary is a boundary or an error. The events do not
/// depend on how the bytes were cut into pieces, apart from where the content is divided.
public struct MultipartParser: Sendable {
    private enum State: Sendable {
        case preamble
        case afterBoundary
        case head
        case contentStart
        case content
        case endOfPart
        case epilogue(isTold: Bool)
        case failed(MultipartError)
    }

    private let limits: MultipartLimits
    /// `CRLF -- boundary`.
    private let delimiter: [UInt8]
    private var state = State.preamble
    private var buffer: ByteBuffer
    private var fields = HTTPFields()
    private var fieldCount = 0
    private var headBytes = 0
    private var parts = 0
    private var preamble = 0

    /// Makes a parser.
    ///
    /// - Parameters:
    ///   - boundary: the parameter of the media type, unquoted.
    ///   - limits: the most that is taken.
    /// - Throws: when the boundary is none: 1 to 70 characters of a small set, not ending in a space.
    public init(boundary: String, limits: MultipartLimits = MultipartLimits()) throws(MultipartError) {
        guard (1...70).contains(boundary.utf8.count), boundary.utf8.allSatisfy(Self.isBoundaryByte),
            !boundary.hasSuffix(" ")
        else { throw .invalidBoundary }
        delimiter = [.carriageReturn, .lineFeed, UInt8(ascii: "-"), UInt8(ascii: "-")] + Array(boundary.utf8)
        self.limits = limits
        // The first boundary may stand at the very beginning: as if a line had ended before it.
        buffer = ByteBuffer(bytes: [.carriageReturn, .lineFeed])
    }

    private static func isBoundaryByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "'()+_,-./:=? ".utf8.contains(byte)
        }
    }

    /// Appends bytes.
    public mutating func receive(_ bytes: ByteBuffer) {
        switch state {
        case .epilogue, .failed: return
        default: break
        }
        buffer.writeImmutableBuffer(bytes)
        buffer.discardReadBytes()
    }

    /// The next event, or nil when more bytes are needed.
    public mutating func next() throws(MultipartError) -> MultipartEvent? {
        do throws(MultipartError) {
            return try nextEvent()
        } catch {
            state = .failed(error)
            buffer.clear()
            throw error
        }
    }

    /// Says that no more bytes come, after `next()` returned nil.
    public mutating func finish() throws(MultipartError) {
        switch state {
        case .epilogue: return
        case .failed(let error): throw error
        default: throw .truncated
        }
    }

    private mutating func nextEvent() throws(MultipartError) -> MultipartEvent? {
        while true {
            switch state {
            case .preamble:
                guard try skipPreamble() else { return nil }
            case .afterBoundary:
                guard try endBoundary() else { return nil }
            case .head:
                guard let isLast = try headLine() else { return nil }
                if isLast {
                    state = .contentStart
                    return .part(fields)
                }
            case .contentStart:
                guard try startContent() else { return nil }
            case .content:
                guard let bytes = takeContent() else { return nil }
                if bytes.readableBytes > 0 { return .body(bytes) }
                state = .endOfPart
            case .endOfPart:
                state = .afterBoundary
                return .endOfPart
            case .epilogue(isTold: false):
                state = .epilogue(isTold: true)
                buffer.clear()
                return .end
            case .epilogue(isTold: true): return nil
            case .failed(let error): throw error
            }
        }
    }
}

extension MultipartParser {
    /// Where a delimiter begins in the unread bytes; else how many of them cannot belong to one.
    private func findDelimiter() -> (start: Int?, safe: Int) {
        buffer.withUnsafeReadableBytes { bytes in
            var index = 0
            while index < bytes.count {
                guard let found = bytes[index...].firstIndex(of: .carriageReturn) else { return (nil, bytes.count) }
                let available = min(delimiter.count, bytes.count - found)
                if bytes[found..<(found + available)].elementsEqual(delimiter[..<available]) {
                    return available == delimiter.count ? (found, found) : (nil, found)
                }
                index = found + 1
            }
            return (nil, bytes.count)
        }
    }

    private mutating func skipPreamble() throws(MultipartError) -> Bool {
        let (start, safe) = findDelimiter()
        preamble += safe
        // The two bytes that were put in front do not count.
        if preamble > limits.preamble + 2 { throw .preambleTooLarge }
        buffer.moveReaderIndex(forwardBy: safe)
        guard start != nil else { return false }
        buffer.moveReaderIndex(forwardBy: delimiter.count)
        state = .afterBoundary
        return true
    }

    /// `--` ends the body; blanks and CRLF begin a part (RFC 2046 section 5.1.1: transport padding).
    private mutating func endBoundary() throws(MultipartError) -> Bool {
        let bytes = buffer.readableBytesView
        guard let first = bytes.first else { return false }
        if first == UInt8(ascii: "-") {
            guard bytes.count >= 2 else { return false }
            guard bytes[bytes.startIndex + 1] == first else { throw .invalidDelimiter }
            state = .epilogue(isTold: false)
            return true
        }
        guard let end = bytes.firstIndex(where: { !$0.isBlank }) else {
            if bytes.count > limits.partHead { throw .partHeadTooLarge }
            return false
        }
        let padding = end - bytes.startIndex
        if padding > limits.partHead { throw .partHeadTooLarge }
        guard bytes[end] == .carriageReturn else { throw .invalidDelimiter }
        guard bytes.count >= padding + 2 else { return false }
        guard bytes[end + 1] == .lineFeed else { throw .invalidDelimiter }
        buffer.moveReaderIndex(forwardBy: padding + 2)
        parts += 1
        if parts > limits.parts { throw .tooManyParts }
        fields = HTTPFields()
        fieldCount = 0
        headBytes = 0
        state = .head
        return true
    }

    /// Takes one line of a part's head; nil when its end has not arrived, true for the empty line.
    private mutating func headLine() throws(MultipartError) -> Bool? {
        let bytes = buffer.readableBytesView
        guard let lineFeed = bytes.firstIndex(of: .lineFeed) else {
            if headBytes + bytes.count > limits.partHead { throw .partHeadTooLarge }
            return nil
        }
        let count = lineFeed - bytes.startIndex + 1
        headBytes += count
        if headBytes > limits.partHead { throw .partHeadTooLarge }
        guard count >= 2, bytes[lineFeed - 1] == .carriageReturn else { throw .invalidPartHead }
        if count > 2 {
            fieldCount += 1
            if fieldCount > limits.partFields { throw .partHeadTooLarge }
            fields.append(try MultipartParser.field(buffer.readableBytesUInt8Span.extracting(0..<(count - 2))))
        }
        buffer.moveReaderIndex(forwardBy: count)
        return count == 2
    }

    private static func field(_ line: Span<UInt8>) throws(MultipartError) -> HTTPField {
        do throws(RequestError) {
            let parts = try FieldLine(parsing: line)
            guard let name = HTTPField.Name(line.text(parts.name)) else { throw .invalidFieldName }
            return line.extracting(parts.value).withUnsafeBufferPointer { HTTPField(name: name, value: $0) }
        } catch {
            throw .invalidPartHead
        }
    }

    /// Refuses a boundary right behind the empty line: that could be the end of the head, or of an empty content.
    private mutating func startContent() throws(MultipartError) -> Bool {
        let line = delimiter.dropFirst(2)
        let available = min(line.count, buffer.readableBytes)
        if buffer.readableBytesView.prefix(available).elementsEqual(line.prefix(available)) {
            if available == line.count { throw .invalidDelimiter }
            return false
        }
        state = .content
        return true
    }

    /// Content up to the next delimiter; empty when the delimiter is next, nil when that cannot be told yet.
    private mutating func takeContent() -> ByteBuffer? {
        let (start, safe) = findDelimiter()
        if safe > 0 { return buffer.readSlice(length: safe) }
        guard start != nil else { return nil }
        buffer.moveReaderIndex(forwardBy: delimiter.count)
        return ByteBuffer()
    }
}
