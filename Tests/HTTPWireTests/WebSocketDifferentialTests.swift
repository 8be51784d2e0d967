import HTTPWire
import NIOCore
import NIOEmbedded
import NIOWebSocket
import SeededRandom
import Testing

/// Our frames against NIOWebSocket's: what one writes the other reads.
@Suite struct WebSocketDifferentialTests {
    private static let lengths = [0, 1, 5, 125, 126, 127, 1_000, 65_535, 65_536, 70_000]

    private static func theirFrames(_ bytes: ByteBuffer) throws -> [NIOWebSocket.WebSocketFrame] {
        let channel = EmbeddedChannel()
        try channel.pipeline.syncOperations.addHandler(
            ByteToMessageHandler(WebSocketFrameDecoder(maxFrameSize: 1 << 20))
        )
        try channel.writeInbound(bytes)
        var frames: [NIOWebSocket.WebSocketFrame] = []
        while let frame = try channel.readInbound(as: NIOWebSocket.WebSocketFrame.self) { frames.append(frame) }
        _ = try? channel.finish(acceptAlreadyClosed: true)
        return frames
    }

    @Test(arguments: lengths) func theyReadWhatWeWrite(length: Int) throws {
        let payload = ByteBuffer(bytes: (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 7) })
        for key in [nil, 0x0102_0304, 0xFF00_FF00] as [UInt32?] {
            var bytes = ByteBuffer()
            HTTPWire.WebSocketFrame(isFinal: false, opcode: .binary, payload: payload).write(
                into: &bytes,
                maskingKey: key
            )
            let frame = try #require(Self.theirFrames(bytes).first)
            #expect(!frame.fin)
            #expect(frame.opcode == .binary)
            #expect(frame.unmaskedData == payload)
            #expect((frame.maskKey == nil) == (key == nil))
        }
    }

    @Test(arguments: lengths) func weReadWhatTheyWrite(length: Int) throws {
        let text = String(repeating: "é", count: length / 2)
        let channel = EmbeddedChannel()
        try channel.pipeline.syncOperations.addHandler(WebSocketFrameEncoder())
        let frame = NIOWebSocket.WebSocketFrame(
            fin: true,
            opcode: .text,
            maskKey: [1, 2, 3, 4],
            data: ByteBuffer(string: text)
        )
        try channel.writeOutbound(frame)
        var bytes: [UInt8] = []
        while let piece = try channel.readOutbound(as: ByteBuffer.self) {
            bytes.append(contentsOf: piece.readableBytesView)
        }
        #expect(DripFeed.webSocket(bytes) == [.event(.text(text))])
        _ = try? channel.finish(acceptAlreadyClosed: true)
    }

    @Test func mutatedFramesAreCutAlike() async throws {
        var generator = SeededGenerator(seed: 6)
        let base =
            frame(.binary, "first") + frame(.ping, "p") + frame(.binary, [UInt8](repeating: 9, count: 200))
            + frame(.pong, "q")
        var compared = 0
        for round in 0..<1_000 {
            await Pace.step(round)
            let bytes = Mutation.apply(to: base, using: &generator)
            // Only where nobody objects: NIOWebSocket checks less than a server has to.
            guard let theirs = try? Self.theirFrames(ByteBuffer(bytes: bytes)) else { continue }
            let ours = DripFeed.decode(bytes, cut: bytes.count, role: .server, limits: WebSocketLimits())
            guard !ours.contains(where: { if case .error = $0 { true } else { false } }) else { continue }
            let isWhole = theirs.allSatisfy { $0.fin && $0.opcode != .continuation && $0.opcode != .connectionClose }
            guard isWhole else { continue }
            compared += 1
            let payloads = ours.map { outcome -> ByteBuffer in
                switch outcome {
                case .event(.binary(let bytes)), .event(.ping(let bytes)), .event(.pong(let bytes)): bytes
                case .event(.text(let text)): ByteBuffer(string: text)
                default: ByteBuffer()
                }
            }
            if payloads != theirs.map(\.unmaskedData) { Issue.record("\(bytes)") }
        }
        #expect(compared > 200)
    }
}
