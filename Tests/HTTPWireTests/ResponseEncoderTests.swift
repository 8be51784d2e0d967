import HTTPTypes
import HTTPWire
import NIOCore
import NIOEmbedded
import NIOHTTP1
import Testing

@Suite struct ResponseEncoderTests {
    private func head(
        _ status: HTTPResponse.Status = .ok,
        _ fields: HTTPFields = [:],
        _ framing: ResponseFraming,
        _ fate: ConnectionFate = .keep
    ) -> String {
        var buffer = ByteBuffer()
        ResponseEncoder.writeHead(
            status: status,
            fields: fields,
            framing: framing,
            fate: fate,
            date: "D",
            into: &buffer
        )
        return String(buffer: buffer)
    }

    @Test func writesHeads() {
        #expect(head([:], .fixed(5)) == "HTTP/1.1 200 OK\r\nDate: D\r\nContent-Length: 5\r\n\r\n")
        #expect(
            head(.notFound, [.eTag: "\"x\""], .chunked, .close)
                == "HTTP/1.1 404 Not Found\r\nETag: \"x\"\r\nDate: D\r\nTransfer-Encoding: chunked\r\n"
                + "Connection: close\r\n\r\n"
        )
        #expect(head(.noContent, [:], .none) == "HTTP/1.1 204 No Content\r\nDate: D\r\n\r\n")
        #expect(head([:], .untilClose, .keepExplicitly).hasSuffix("Connection: keep-alive\r\n\r\n"))
        #expect(head(.switchingProtocols, [:], .none, .upgrade).contains("101 Switching Protocols\r\n"))
        #expect(head(HTTPResponse.Status(code: 599, reasonPhrase: ""), [:], .none).hasPrefix("HTTP/1.1 599 \r\n"))
    }

    private func head(_ fields: HTTPFields, _ framing: ResponseFraming, _ fate: ConnectionFate = .keep) -> String {
        head(.ok, fields, framing, fate)
    }

    @Test func framingFieldsOfHandlersAreNotWritten() {
        let text = head(
            [
                .contentLength: "99", .transferEncoding: "gzip", .connection: "keep-alive", .date: "never",
                .contentType: "a/b",
            ],
            .fixed(1)
        )
        #expect(text == "HTTP/1.1 200 OK\r\nContent-Type: a/b\r\nDate: D\r\nContent-Length: 1\r\n\r\n")
    }

    @Test func responsesCannotBeSplit() {
        let text = head([.location: "/a\r\nX: y\r\n\r\nbody\0"], .fixed(0))
        #expect(text.split(separator: "\r\n").count == 4)
        #expect(!text.contains("\0"))
        let reason = head(HTTPResponse.Status(code: 200, reasonPhrase: "a\r\nX: y"), [:], .fixed(0))
        #expect(reason.split(separator: "\r\n").count == 3)
    }

    @Test func writesChunks() {
        var buffer = ByteBuffer()
        ResponseEncoder.writeChunk(ByteBuffer(string: "hello, chunked world"), into: &buffer)
        ResponseEncoder.writeChunk(ByteBuffer(), into: &buffer)
        ResponseEncoder.writeLastChunk(trailers: [.eTag: "t", .contentLength: "1"], into: &buffer)
        #expect(String(buffer: buffer) == "14\r\nhello, chunked world\r\n0\r\nETag: t\r\n\r\n")
    }

    @Test func anIndependentDecoderReadsIt() throws {
        var buffer = ByteBuffer()
        ResponseEncoder.writeContinue(into: &buffer)
        ResponseEncoder.writeHead(
            status: .created,
            fields: [.contentType: "text/plain"],
            framing: .chunked,
            fate: .keep,
            date: "D",
            into: &buffer
        )
        let payload = String(repeating: "0123456789abcdef", count: 100)
        ResponseEncoder.writeChunk(ByteBuffer(string: payload), into: &buffer)
        ResponseEncoder.writeLastChunk(into: &buffer)
        let channel = EmbeddedChannel()
        try channel.pipeline.syncOperations.addHandler(HTTPRequestEncoder())
        try channel.pipeline.syncOperations.addHandler(ByteToMessageHandler(HTTPResponseDecoder()))
        try channel.writeOutbound(
            HTTPClientRequestPart.head(HTTPRequestHead(version: .http1_1, method: .GET, uri: "/"))
        )
        try channel.writeInbound(buffer)
        var statuses: [UInt] = []
        var body = ""
        var ends = 0
        while let part = try channel.readInbound(as: HTTPClientResponsePart.self) {
            switch part {
            case .head(let head): statuses.append(head.status.code)
            case .body(let bytes): body += String(buffer: bytes)
            case .end: ends += 1
            }
        }
        #expect(statuses.last == 201)
        #expect(body == payload)
        #expect(ends >= 1)
    }
}
