import HTTPTypes
import NIOCore

extension RequestParser {
    /// Reads `chunk-size [ chunk-ext ] CRLF` (RFC 9112 section 7.1).
    mutating func chunkSizeLine() throws(RequestError) -> Bool {
        let limit = RequestParser.maximumChunkDigits + limits.chunkExtension
        guard let length = try lineLength(limit: limit, overflow: .invalidChunkExtension) else { return false }
        let (size, digits) = try RequestParser.parseChunkSize(
            buffer.readableBytesUInt8Span.extracting(0..<length),
            limits: limits
        )
        extensionBytes += length - digits
        if extensionBytes > limits.chunkExtensions { throw .invalidChunkExtension }
        consumeLine(length: length)
        if size == 0 {
            beginTrailers()
        } else {
            state = .chunkData(remaining: size)
        }
        return true
    }

    /// Fifteen hexadecimal digits cannot overflow 63 bits.
    private static let maximumChunkDigits = 15

    private static func parseChunkSize(
        _ line: Span<UInt8>,
        limits: ParserLimits
    ) throws(RequestError) -> (size: Int, digits: Int) {
        var size = 0
        var digits = 0
        while digits < line.count, let digit = line[digits].hexDigitValue {
            guard digits < maximumChunkDigits else { throw .invalidChunkSize }
            size = size << 4 | Int(digit)
            digits += 1
        }
        guard digits > 0 else { throw .invalidChunkSize }
        try checkExtension(line.extracting(digits..<line.count), limit: limits.chunkExtension)
        return (size, digits)
    }

    /// Extensions are ignored, but what could hide a second reading in them is refused.
    private static func checkExtension(_ bytes: Span<UInt8>, limit: Int) throws(RequestError) {
        if bytes.isEmpty { return }
        if bytes.count > limit { throw .invalidChunkExtension }
        let start = bytes.trimmingBlanks(0..<bytes.count).lowerBound
        guard start < bytes.count, bytes[start] == UInt8(ascii: ";") else { throw .invalidChunkSize }
        let allowed = ByteClass.fieldValue
        for index in bytes.indices where !allowed.contains(bytes[index]) {
            throw bytes[index] == .carriageReturn ? .bareLineEnd : .invalidChunkExtension
        }
    }

    /// Reads the CRLF after chunk data.
    mutating func chunkEnd() throws(RequestError) -> Bool {
        let first: UInt8? = buffer.getInteger(at: buffer.readerIndex)
        if let first, first != .carriageReturn { throw .invalidChunkEnd }
        let second: UInt8? = buffer.getInteger(at: buffer.readerIndex + 1)
        guard let second else { return false }
        guard second == .lineFeed else { throw .invalidChunkEnd }
        buffer.moveReaderIndex(forwardBy: 2)
        state = .chunkSize
        return true
    }

    /// Reads one line of the trailer section; true at its empty last line, nil when more bytes are needed.
    mutating func trailerLine() throws(RequestError) -> Bool? {
        let limit = lineLimit(limits.field, section: limits.trailers)
        guard let length = try lineLength(limit: limit, overflow: .headTooLarge) else { return nil }
        if length == 0 {
            consumeLine(length: 0)
            return true
        }
        if trailerCount == limits.fieldCount { throw .headTooLarge }
        let (field, _) = try FieldLine.parse(buffer.readableBytesUInt8Span.extracting(0..<length))
        if RequestParser.isForbiddenTrailer(field.name.canonicalName) { throw .invalidTrailer }
        trailers.append(field)
        trailerCount += 1
        consumeLine(length: length)
        return false
    }

    /// Fields for framing, routing, authentication and content format may not come late (RFC 9110 section 6.5.1).
    private static func isForbiddenTrailer(_ canonicalName: String) -> Bool {
        switch canonicalName {
        case "content-length", "transfer-encoding", "host", "trailer", "connection", "te", "upgrade", "expect",
            "authorization", "cookie", "content-encoding", "content-type":
            true
        default: false
        }
    }
}
