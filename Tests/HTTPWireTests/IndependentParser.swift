import HTTPTypes
import HTTPWire
import NIOCore
import NIOEmbedded
import NIOHTTP1

/// One complete request, in words that both parsers understand.
struct PlainMessage: Hashable {
    var method = ""
    var target = ""
    var version = ""
    var fields: [String] = []
    var body = ""
    var trailers: [String] = []
}

/// What a parser made of some bytes: the complete requests, and whether it refused what came then.
struct PlainReading: Hashable {
    var messages: [PlainMessage] = []
    var isRefused = false
}

/// NIO's parser (llhttp) as an independent opinion.
enum IndependentParser {
    static func read(_ bytes: [UInt8]) -> PlainReading {
        var reading = PlainReading()
        let channel = EmbeddedChannel()
        defer { _ = try? channel.finish(acceptAlreadyClosed: true) }
        do {
            try channel.pipeline.syncOperations.addHandler(
                ByteToMessageHandler(HTTPRequestDecoder(leftOverBytesStrategy: .dropBytes))
            )
            try channel.writeInbound(ByteBuffer(bytes: bytes))
        } catch {
            reading.isRefused = true
        }
        var current: PlainMessage?
        while let part = try? channel.readInbound(as: HTTPServerRequestPart.self) {
            switch part {
            case .head(let head):
                current = PlainMessage(
                    method: head.method.rawValue,
                    target: head.uri,
                    version: head.version == .http1_0 ? "1.0" : "1.1",
                    fields: lines(head.headers)
                )
            case .body(let bytes): current?.body += String(buffer: bytes)
            case .end(let trailers):
                current?.trailers = trailers.map(lines) ?? []
                if let message = current { reading.messages.append(message) }
                current = nil
            }
        }
        return reading
    }

    private static func lines(_ headers: HTTPHeaders) -> [String] {
        headers.map { "\($0.name.lowercased()): \($0.value)" }
    }
}

extension DripFeed {
    /// Our own reading in the same words, with the error if there was one.
    static func plainReading(_ bytes: [UInt8]) -> (reading: PlainReading, error: RequestError?) {
        var reading = PlainReading()
        var failure: RequestError?
        var current = PlainMessage()
        for outcome in parse(bytes, cut: bytes.count, limits: ParserLimits(), endsInput: false) {
            switch outcome {
            case .head(let head):
                current = PlainMessage(
                    method: head.method.rawValue,
                    target: head.target,
                    version: head.version == .http10 ? "1.0" : "1.1",
                    fields: lines(head.fields)
                )
            case .body(let body): current.body = body
            case .end(let trailers):
                current.trailers = lines(trailers)
                reading.messages.append(current)
            case .error(let error):
                failure = error
                reading.isRefused = true
            }
        }
        return (reading, failure)
    }

    private static func lines(_ fields: HTTPFields) -> [String] {
        fields.map { field in
            let value = field.withUnsafeBytesOfValue { String(decoding: $0, as: UTF8.self) }
            return "\(field.name.canonicalName): \(value)"
        }
    }
}
