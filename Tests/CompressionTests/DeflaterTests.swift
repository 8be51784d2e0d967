import Compression
import Testing

/// Feeds a stream in small pieces through small room; the result must be that of one go.
enum SmallSteps {
    static func compress(
        _ bytes: [UInt8],
        with deflater: inout Deflater,
        flush: Deflater.Flush = .finish,
        piece: Int = 7,
        room: Int = 8
    ) throws -> [UInt8] {
        var result: [UInt8] = []
        var position = 0
        while true {
            let end = min(bytes.count, position + piece)
            let kind = end == bytes.count ? flush : .none
            var isComplete = false
            var taken = position
            while !isComplete {
                let output = try [UInt8](room: room) { room in
                    let progress = try deflater.compress(
                        bytes.span.bytes.extracting(taken..<end),
                        flush: kind,
                        into: &room
                    )
                    taken += progress.consumed
                    isComplete = progress.isComplete
                }
                result += output
            }
            position = end
            if kind == flush { return result }
        }
    }

    static func decompress(
        _ bytes: [UInt8],
        with inflater: inout Inflater,
        piece: Int = 1,
        room: Int = 3
    ) throws -> (result: [UInt8], state: Inflater.State) {
        var result: [UInt8] = []
        var position = 0
        var state = Inflater.State.needsInput
        while position < bytes.count || state == .needsRoom {
            let end = min(bytes.count, position + piece)
            result += try [UInt8](room: room) { room in
                let progress = try inflater.decompress(bytes.span.bytes.extracting(position..<end), into: &room)
                position += progress.consumed
                state = progress.state
            }
            if state == .finished { break }
        }
        return (result, state)
    }
}

extension [UInt8] {
    /// What is written into fresh room.
    init(room: Int, _ write: (inout OutputRawSpan) throws -> Void) throws {
        var failure: (any Error)?
        self.init(unsafeUninitializedCapacity: room) { buffer, count in
            let memory = UnsafeMutableRawBufferPointer(buffer)
            var span = OutputRawSpan(buffer: memory, initializedCount: 0)
            do { try write(&span) } catch { failure = error }
            count = span.finalize(for: memory)
        }
        if let failure { throw failure }
    }

    /// Texts that compress well, and bytes that do not.
    static let samples: [[UInt8]] = [
        [], [0], Array("Hello".utf8), Array(String(repeating: "reading,", count: 10_000).utf8),
        (0..<50_000).map { UInt8(truncatingIfNeeded: ($0 &* 2_654_435_761) >> 11) },
    ]
}

@Suite struct DeflaterTests {
    @Test(arguments: CompressionFormat.allCases, [UInt8].samples)
    func whatWasCompressedComesBack(format: CompressionFormat, bytes: [UInt8]) throws {
        for level in [1, 6, 9, -5, 100] {
            let compressed = try Deflater.compress(bytes, format, level: level)
            #expect(try Inflater.decompress(compressed, format, limit: bytes.count) == bytes)
        }
    }

    @Test(arguments: CompressionFormat.allCases, [UInt8].samples)
    func smallStepsGiveTheSame(format: CompressionFormat, bytes: [UInt8]) throws {
        let bytes = Array(bytes.prefix(5_000))
        var deflater = try Deflater(format)
        let compressed = try SmallSteps.compress(bytes, with: &deflater)
        #expect(try Deflater.compress(bytes, format) == compressed)
        var inflater = try Inflater(format)
        let (result, state) = try SmallSteps.decompress(compressed, with: &inflater)
        #expect(result == bytes)
        #expect(state == .finished)
    }

    @Test func formatsHaveTheirHeaders() throws {
        #expect(try Deflater.compress([1], .gzip).prefix(3) == [0x1F, 0x8B, 8])
        #expect(try Deflater.compress([1], .zlib).first == 0x78)
        #expect(try Deflater.compress(Array("Hello".utf8), .raw) == [0xF3, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00])
    }

    @Test func aSyncFlushEndsWithAnEmptyBlock() throws {
        var deflater = try Deflater(.raw)
        let first = try SmallSteps.compress(Array("Hello".utf8), with: &deflater, flush: .sync, piece: 5, room: 64)
        // RFC 7692 section 7.2.3.1.
        #expect(first == [0xF2, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00, 0x00, 0x00, 0xFF, 0xFF])
        // The second uses what the first has said: section 7.2.3.2.
        let second = try SmallSteps.compress(Array("Hello".utf8), with: &deflater, flush: .sync, piece: 5, room: 64)
        #expect(second == [0xF2, 0x00, 0x11, 0x00, 0x00, 0x00, 0x00, 0xFF, 0xFF])
    }

    @Test func resettingForgets() throws {
        var deflater = try Deflater(.raw)
        let first = try SmallSteps.compress(Array("Hello".utf8), with: &deflater, flush: .sync)
        deflater.reset()
        #expect(try SmallSteps.compress(Array("Hello".utf8), with: &deflater, flush: .sync) == first)
        // Also in the middle, and after the end.
        _ = try SmallSteps.compress(Array("unfinished".utf8), with: &deflater, flush: .none)
        deflater.reset()
        #expect(try SmallSteps.compress(Array("Hello".utf8), with: &deflater, flush: .sync) == first)
        _ = try SmallSteps.compress([], with: &deflater)
        deflater.reset()
        #expect(try SmallSteps.compress(Array("Hello".utf8), with: &deflater, flush: .sync) == first)
    }

    @Test func nothingCanFollowTheEnd() throws {
        var deflater = try Deflater(.raw)
        _ = try SmallSteps.compress([1], with: &deflater)
        // zlib's Z_STREAM_ERROR.
        #expect(throws: CompressionError.failed(-2)) { try SmallSteps.compress([2], with: &deflater, flush: .sync) }
    }
}

@Suite struct ChecksumTests {
    @Test func knownSums() {
        // The check values of the catalogue of CRCs and of RFC 1950's Wikipedia example.
        var cyclic = Checksum.crc32
        cyclic.add(Array("123456789".utf8).span.bytes)
        #expect(cyclic.value == 0xCBF4_3926)
        var adler = Checksum.adler32
        adler.add(Array("Wikipedia".utf8).span.bytes)
        #expect(adler.value == 0x11E6_0398)
    }

    @Test func piecesMakeTheWhole() {
        for start in [Checksum.crc32, .adler32] {
            var whole = start
            whole.add(Array("123456789".utf8).span.bytes)
            var pieces = start
            for piece in ["123", "", "456789"] { pieces.add(Array(piece.utf8).span.bytes) }
            #expect(pieces == whole)
        }
        #expect(Checksum.crc32.value == 0)
        #expect(Checksum.adler32.value == 1)
    }
}
