import HTTPWire
import NIOCore
import NIOEmbedded
import NIOHTTP1

/// What parsing one request costs: `ParserCost plantwright|nio SAMPLE COUNT` parses a request COUNT times and prints the
/// nanoseconds of one. The instructions are counted from outside, by callgrind, as the difference of two counts.
@main
struct ParserCost {
    static func main() throws {
        let arguments = CommandLine.arguments
        guard arguments.count == 4, let sample = samples[arguments[2]], let count = Int(arguments[3]) else {
            print("usage: ParserCost plantwright|nio \(samples.keys.sorted().joined(separator: "|")) COUNT")
            return
        }
        let bytes = ByteBuffer(string: sample)
        let clock = ContinuousClock()
        var seen = 0
        let duration = try clock.measure {
            seen = arguments[1] == "nio" ? try nio(bytes, count) : try plantwright(bytes, count)
        }
        guard seen == count else {
            print("\(seen) of \(count) requests were parsed")
            return
        }
        print(Int(duration / .nanoseconds(1)) / count)
    }

    static let samples = [
        "plain": "GET /plain HTTP/1.1\r\nHost: 127.0.0.1:8080\r\n\r\n",
        "browser": """
        GET /api/v1/devices/motor-01/readings?metrics=temperature,vibration&points=1000 HTTP/1.1\r
        Host: plant.example.com:8080\r
        Connection: keep-alive\r
        sec-ch-ua: "Chromium";v="156", "Not A(Brand";v="24"\r
        sec-ch-ua-mobile: ?0\r
        sec-ch-ua-platform: "Linux"\r
        User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0 Safari/537.36\r
        Accept: application/json\r
        Sec-Fetch-Site: same-origin\r
        Sec-Fetch-Mode: cors\r
        Sec-Fetch-Dest: empty\r
        Referer: http://plant.example.com:8080/devices/motor-01\r
        Accept-Encoding: gzip, deflate, br, zstd\r
        Accept-Language: en-GB,en;q=0.9,nl;q=0.8\r
        Cookie: session=0123456789abcdef0123456789abcdef0123456789abcdef\r
        \r

        """,
        "post": """
        POST /api/v1/devices/motor-01/telemetry HTTP/1.1\r
        Host: 127.0.0.1:8080\r
        Authorization: Bearer 0123456789abcdef0123456789abcdef\r
        Content-Type: application/json\r
        Content-Length: 1024\r
        \r

        """ + String(repeating: "x", count: 1_024),
    ]

    private static func plantwright(_ bytes: ByteBuffer, _ count: Int) throws -> Int {
        var parser = RequestParser()
        var ends = 0
        for _ in 0..<count {
            parser.receive(bytes)
            while let event = try parser.next() {
                if case .end = event { ends += 1 }
            }
        }
        return ends
    }

    /// Counts complete requests, and takes the events as cheaply as a handler can.
    private final class Counter: ChannelInboundHandler {
        typealias InboundIn = HTTPServerRequestPart
        var ends = 0

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            if case .end = unwrapInboundIn(data) { ends += 1 }
        }
    }

    private static func nio(_ bytes: ByteBuffer, _ count: Int) throws -> Int {
        let counter = Counter()
        let channel = EmbeddedChannel()
        try channel.pipeline.syncOperations.addHandler(ByteToMessageHandler(HTTPRequestDecoder()))
        try channel.pipeline.syncOperations.addHandler(counter)
        for _ in 0..<count { try channel.writeInbound(bytes) }
        _ = try? channel.finish()
        return counter.ends
    }
}
