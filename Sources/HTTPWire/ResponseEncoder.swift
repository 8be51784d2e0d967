import HTTPTypes
import NIOCore

/// How the body of a response is framed on the wire.
public enum ResponseFraming: Hashable, Sendable {
    /// No body and no length: 1xx, 204, 304, or 101.
    case none
    /// A body of so many bytes; also announces the length of a body that is not sent (HEAD).
    case fixed(Int)
    /// Chunks (RFC 9112 section 7.1).
    case chunked
    /// Until the connection closes: for HTTP/1.0 clients and bodies of unknown length.
    case untilClose
}

/// What a response says about the connection (RFC 9112 section 9).
public enum ConnectionFate: Hashable, Sendable {
    /// HTTP/1.1 goes on without a word.
    case keep
    /// An HTTP/1.0 client that asked for it must be told that the connection stays.
    case keepExplicitly
    /// The connection closes after this response.
    case close
    /// The connection changes its protocol.
    case upgrade
}

/// Writes HTTP/1.1 responses (RFC 9112) into buffers; holds nothing.
public enum ResponseEncoder {
    /// Writes status line and fields.
    ///
    /// Connection, Content-Length, Transfer-Encoding and Date of `fields` are not written: they belong to the encoder.
    ///
    /// - Parameters:
    ///   - status: the status; HTTPTypes keeps control characters out of its reason phrase.
    ///   - fields: all other fields.
    ///   - framing: how the body follows.
    ///   - fate: what happens to the connection.
    ///   - date: the value of Date (RFC 9110 section 6.6.1).
    ///   - buffer: where to write.
    public static func writeHead(
        status: HTTPResponse.Status,
        fields: HTTPFields,
        framing: ResponseFraming,
        fate: ConnectionFate,
        date: String,
        into buffer: inout ByteBuffer
    ) {
        buffer.writeStaticString("HTTP/1.1 ")
        writeDecimal(status.code, into: &buffer)
        buffer.writeStaticString(" ")
        buffer.writeString(status.reasonPhrase)
        buffer.writeStaticString("\r\n")
        for field in fields where !isOwned(field.name.canonicalName) {
            buffer.writeString(field.name.rawName)
            buffer.writeStaticString(": ")
            field.withUnsafeBytesOfValue { _ = buffer.writeBytes($0) }
            buffer.writeStaticString("\r\n")
        }
        buffer.writeStaticString("Date: ")
        buffer.writeString(date)
        switch framing {
        case .none, .untilClose: break
        case .fixed(let length):
            buffer.writeStaticString("\r\nContent-Length: ")
            writeDecimal(length, into: &buffer)
        case .chunked: buffer.writeStaticString("\r\nTransfer-Encoding: chunked")
        }
        switch fate {
        case .keep: buffer.writeStaticString("\r\n\r\n")
        case .keepExplicitly: buffer.writeStaticString("\r\nConnection: keep-alive\r\n\r\n")
        case .close: buffer.writeStaticString("\r\nConnection: close\r\n\r\n")
        case .upgrade: buffer.writeStaticString("\r\nConnection: Upgrade\r\n\r\n")
        }
    }

    /// Writes the interim response 100 (Continue).
    public static func writeContinue(into buffer: inout ByteBuffer) {
        buffer.writeStaticString("HTTP/1.1 100 Continue\r\n\r\n")
    }

    /// Writes one chunk; an empty one is left out, since it would end the body.
    public static func writeChunk(_ bytes: ByteBuffer, into buffer: inout ByteBuffer) {
        guard bytes.readableBytes > 0 else { return }
        writeChunkSize(bytes.readableBytes, into: &buffer)
        buffer.writeImmutableBuffer(bytes)
        buffer.writeStaticString("\r\n")
    }

    /// Writes the line before the data of a chunk, for writing the data itself without copying it.
    public static func writeChunkSize(_ size: Int, into buffer: inout ByteBuffer) {
        buffer.writeString(String(size, radix: 16))
        buffer.writeStaticString("\r\n")
    }

    /// Writes the last chunk and the trailer section.
    public static func writeLastChunk(trailers: HTTPFields = HTTPFields(), into buffer: inout ByteBuffer) {
        buffer.writeStaticString("0\r\n")
        for field in trailers where !isOwned(field.name.canonicalName) {
            buffer.writeString(field.name.rawName)
            buffer.writeStaticString(": ")
            field.withUnsafeBytesOfValue { _ = buffer.writeBytes($0) }
            buffer.writeStaticString("\r\n")
        }
        buffer.writeStaticString("\r\n")
    }

    private static func isOwned(_ canonicalName: String) -> Bool {
        switch canonicalName {
        case "connection", "content-length", "transfer-encoding", "date", "keep-alive": true
        default: false
        }
    }

    private static func writeDecimal(_ number: Int, into buffer: inout ByteBuffer) {
        buffer.writeString(String(number))
    }
}
