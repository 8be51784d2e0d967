import HTTPWire
import NIOCore
import NIOEmbedded
import NIOWebSocket
import SeededRandom
import Testing

/// Whole messages against NIOWebSocket's aggregator: fragments of random length with control frames among them, also in
/// orders that are not allowed.
@Suite struct AggregationDifferentialTests {
    /// NIOWebSocket's decoder and aggregator, fed frame by frame.
    private final class Peer {
        private let channel = EmbeddedChannel()

        init() throws {
            try channel.pipeline.syncOperations.addHandlers(
                ByteToMessageHandler(WebSocketFrameDecoder(maxFrameSize: 1 << 20)),
                NIOWebSocketFrameAggregator(
                    minNonFinalFragmentSize: 0,
                    maxAccumulatedFrameCount: 1_000,
                    maxAccumulatedFrameSize: 1 << 20
                )
            )
        }

        deinit {
            _ = try? channel.finish(acceptAlreadyClosed: true)
        }

        /// What follows from some more bytes; nil for an error.
        func events(_ bytes: [UInt8]) -> [String]? {
            guard (try? channel.writeInbound(ByteBuffer(bytes: bytes))) != nil else { return nil }
            var events: [String] = []
            while let frame = try? channel.readInbound(as: NIOWebSocket.WebSocketFrame.self) {
                events.append(
                    "\(frame.opcode == .text ? "text" : frame.opcode == .binary ? "binary" : "control") "
                        + "\(Array(frame.unmaskedData.readableBytesView))"
                )
            }
            return events
        }
    }

    private static func ours(_ decoder: inout WebSocketDecoder, _ bytes: [UInt8]) -> [String]? {
        var events: [String] = []
        for outcome in decoder.outcome(of: bytes) {
            switch outcome {
            case .error: return nil
            case .event(.text(let text)): events.append("text \(Array(text.utf8))")
            case .event(.binary(let bytes)): events.append("binary \(Array(bytes.readableBytesView))")
            case .event(.ping(let bytes)), .event(.pong(let bytes)):
                events.append("control \(Array(bytes.readableBytesView))")
            case .event(.close): events.append("close")
            }
        }
        return events
    }

    /// Frames of some messages; one order in four is broken somewhere.
    private static func frames(using generator: inout SeededGenerator) -> [[UInt8]] {
        var frames: [[UInt8]] = []
        for _ in 0..<Int.random(in: 1...4, using: &generator) {
            let length = [0, 1, 125, 126, 300, 70_000].randomElement(using: &generator) ?? 0
            let size = max(1, length / Int.random(in: 1...6, using: &generator))
            let kind: HTTPWire.WebSocketOpcode = Bool.random(using: &generator) ? .text : .binary
            let payload = [UInt8]((0..<length).map { UInt8(truncatingIfNeeded: 0x41 + $0 % 50) })
            for fragment in AutobahnLimitTests.fragments(kind, payload, of: size) {
                frames.append(fragment)
                if Int.random(in: 0..<3, using: &generator) == 0 {
                    let payload = [UInt8](repeating: 0xFE, count: Int.random(in: 0...125, using: &generator))
                    frames.append(frame(Bool.random(using: &generator) ? .ping : .pong, payload))
                }
            }
        }
        if Int.random(in: 0..<4, using: &generator) == 0 {
            frames.swapAt(
                Int.random(in: 0..<frames.count, using: &generator),
                Int.random(in: 0..<frames.count, using: &generator)
            )
        }
        return frames
    }

    @Test func messagesAreAggregatedAlike() async throws {
        var generator = SeededGenerator(seed: 15)
        var refused = 0
        var events = 0
        for round in 0..<400 {
            await Pace.step(round)
            let peer = try Peer()
            var decoder = WebSocketDecoder(role: .server)
            for frame in Self.frames(using: &generator) {
                let (theirs, ours) = (peer.events(frame), Self.ours(&decoder, frame))
                if theirs != ours { Issue.record("round \(round): \(frame.prefix(20))") }
                guard let ours else {
                    refused += 1
                    break
                }
                events += ours.count
            }
        }
        #expect(refused > 20)
        #expect(events > 1_000)
    }
}
