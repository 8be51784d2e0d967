import Compression
import Testing

@Suite struct InflaterTests {
    private static let hello = Array("Hello, hello, hello, hello.".utf8)

    @Test(arguments: CompressionFormat.allCases) func everyPrefixIsTruncated(format: CompressionFormat) throws {
        let whole = try Deflater.compress(Self.hello, format)
        for count in 0..<whole.count {
            #expect(throws: CompressionError.truncated) {
                try Inflater.decompress(Array(whole.prefix(count)), format, limit: 1_000)
            }
        }
    }

    @Test(arguments: CompressionFormat.allCases) func whatIsNoStreamIsCorrupt(format: CompressionFormat) throws {
        #expect(throws: CompressionError.corrupt) {
            try Inflater.decompress([0xFF, 0xFF, 0xFF, 0xFF], format, limit: 1_000)
        }
    }

    @Test(arguments: [CompressionFormat.zlib, .gzip]) func theCheckIsChecked(format: CompressionFormat) throws {
        var bytes = try Deflater.compress(Self.hello, format)
        bytes[bytes.count - 1] ^= 1
        #expect(throws: CompressionError.corrupt) { try Inflater.decompress(bytes, format, limit: 1_000) }
    }

    @Test(arguments: CompressionFormat.allCases) func everyFlippedBitEndsInAResultOrAnError(
        format: CompressionFormat
    ) throws {
        let whole = try Deflater.compress(Self.hello, format)
        var refused = 0
        for bit in 0..<whole.count * 8 {
            var bytes = whole
            bytes[bit / 8] ^= 1 << UInt8(bit % 8)
            if (try? Inflater.decompress(bytes, format, limit: 10_000)) != Self.hello { refused += 1 }
        }
        #expect(refused > whole.count * 4)
    }

    @Test func presetDictionariesAreRefused() {
        // A zlib header with FDICT, and the dictionary's Adler-32.
        #expect(throws: CompressionError.corrupt) {
            try Inflater.decompress([0x78, 0xBB, 0x11, 0xE6, 0x03, 0x98, 0x03, 0x00], .zlib, limit: 10)
        }
    }

    @Test(arguments: CompressionFormat.allCases) func bombsEndAtTheLimit(format: CompressionFormat) throws {
        let bomb = try Deflater.compress([UInt8](repeating: 0, count: 8 * 1_024 * 1_024), format, level: 9)
        #expect(bomb.count < 10_000)
        #expect(throws: CompressionError.limitExceeded) { try Inflater.decompress(bomb, format, limit: 100_000) }
        #expect(throws: CompressionError.limitExceeded) { try Inflater.decompress(bomb, format, limit: 0) }
        #expect(throws: CompressionError.limitExceeded) { try Inflater.decompress(bomb, format, limit: -1) }
        #expect(try Inflater.decompress(bomb, format, limit: 8 * 1_024 * 1_024).count == 8 * 1_024 * 1_024)
        // The room decides how much comes out, whatever the input could give.
        var inflater = try Inflater(format)
        let piece = try [UInt8](room: 100) { room in
            let progress = try inflater.decompress(bomb.span.bytes, into: &room)
            #expect(progress.state == .needsRoom)
        }
        #expect(piece.count == 100)
    }

    @Test(arguments: CompressionFormat.allCases) func theLimitIsExact(format: CompressionFormat) throws {
        let bytes = try Deflater.compress(Self.hello, format)
        #expect(try Inflater.decompress(bytes, format, limit: Self.hello.count) == Self.hello)
        #expect(throws: CompressionError.limitExceeded) {
            try Inflater.decompress(bytes, format, limit: Self.hello.count - 1)
        }
        let empty = try Deflater.compress([], format)
        #expect(try Inflater.decompress(empty, format, limit: 0) == [])
    }

    @Test func onlyGzipMayHaveSeveralMembers() throws {
        let member = try Deflater.compress(Self.hello, .gzip)
        #expect(try Inflater.decompress(member + member, .gzip, limit: 1_000) == Self.hello + Self.hello)
        #expect(throws: CompressionError.limitExceeded) {
            try Inflater.decompress(member + member, .gzip, limit: Self.hello.count)
        }
        #expect(throws: CompressionError.corrupt) {
            try Inflater.decompress(member + [1, 2], .gzip, limit: 1_000)
        }
        let single = try Deflater.compress(Self.hello, .zlib)
        #expect(throws: CompressionError.corrupt) {
            try Inflater.decompress(single + single, .zlib, limit: 1_000)
        }
    }

    @Test func stopsBehindTheEnd() throws {
        let stream = try Deflater.compress(Self.hello, .raw)
        var inflater = try Inflater(.raw)
        _ = try [UInt8](room: 100) { room in
            let progress = try inflater.decompress((stream + [9, 9, 9]).span.bytes, into: &room)
            #expect(progress.consumed == stream.count)
            #expect(progress.state == .finished)
        }
    }

    @Test func knowsFlushPoints() throws {
        var deflater = try Deflater(.raw)
        let bytes = try SmallSteps.compress(Self.hello, with: &deflater, flush: .sync, piece: 100, room: 100)
        var inflater = try Inflater(.raw)
        for count in [1, 5, 10, bytes.count - 1] {
            inflater.reset()
            _ = try SmallSteps.decompress(Array(bytes.prefix(count)), with: &inflater)
            let isAtFlushPoint = inflater.isAtFlushPoint
            #expect(!isAtFlushPoint, "after \(count) bytes")
        }
        inflater.reset()
        let (result, state) = try SmallSteps.decompress(bytes, with: &inflater)
        #expect(result == Self.hello)
        #expect(state == .needsInput)
        let isAtFlushPoint = inflater.isAtFlushPoint
        #expect(isAtFlushPoint)
        let end = try Deflater.compress(Self.hello, .raw)
        inflater.reset()
        _ = try SmallSteps.decompress(end, with: &inflater)
        let isAtFlushPointAfterTheEnd = inflater.isAtFlushPoint
        #expect(!isAtFlushPointAfterTheEnd)
    }

    /// The result just fills the room, so that one more step finds nothing to do.
    @Test func aStepWithoutWorkKeepsTheFlushPoint() throws {
        var deflater = try Deflater(.raw)
        let bytes = try SmallSteps.compress(Self.hello, with: &deflater, flush: .sync, piece: 100, room: 100)
        var inflater = try Inflater(.raw)
        let (result, _) = try SmallSteps.decompress(bytes, with: &inflater, piece: 100, room: Self.hello.count)
        #expect(result == Self.hello)
        let isAtFlushPoint = inflater.isAtFlushPoint
        #expect(isAtFlushPoint)
    }

    @Test func resettingAfterAnErrorBeginsAnew() throws {
        var inflater = try Inflater(.raw)
        #expect(throws: CompressionError.corrupt) { try SmallSteps.decompress([0xFF, 0xFF], with: &inflater) }
        #expect(throws: CompressionError.corrupt) { try SmallSteps.decompress([0], with: &inflater) }
        inflater.reset()
        let bytes = try Deflater.compress(Self.hello, .raw)
        #expect(try SmallSteps.decompress(bytes, with: &inflater).result == Self.hello)
    }
}
