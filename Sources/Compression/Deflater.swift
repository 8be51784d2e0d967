import CZlib

/// A running compression (RFC 1951); owns zlib's state, about 268 kB.
///
/// One can be used for many streams, one after another, with `reset()`.
public struct Deflater: ~Copyable {
    /// What becomes of the bytes that zlib still holds.
    public enum Flush: Hashable, Sendable {
        /// They wait for more, which compresses best.
        case none
        /// They leave, and an empty stored block (`00 00 ff ff` at its end) makes the output end with a whole byte.
        case sync
        /// They leave, and the stream ends.
        case finish

        fileprivate var code: Int32 {
            switch self {
            case .none: Z_NO_FLUSH
            case .sync: Z_SYNC_FLUSH
            case .finish: Z_FINISH
            }
        }
    }

    /// How far one step came.
    public struct Progress: Hashable, Sendable {
        /// Bytes of the input that were taken.
        public let consumed: Int
        /// Whether all input was taken and the flush is done; else the rest needs another step with more room.
        public let isComplete: Bool
    }

    private var stream: CompressionStream

    /// Makes a compressor.
    ///
    /// - Parameters:
    ///   - format: what stands around the blocks.
    ///   - level: 1 (fast) to 9 (small); what lies outside is taken as the nearest.
    /// - Throws: `outOfMemory`.
    public init(_ format: CompressionFormat, level: Int = 6) throws(CompressionError) {
        stream = CompressionStream()
        let level = Int32(clamping: min(9, max(1, level)))
        let code = plantwright_deflate_init(stream.pointer, level, format.windowBits, 8)
        guard code == Z_OK else { throw CompressionError(code: code) }
    }

    deinit {
        // Harmless when the initializer has failed: zlib knows by the missing state.
        deflateEnd(stream.pointer)
    }

    /// Compresses what there is room for.
    ///
    /// - Parameters:
    ///   - input: the bytes; after a step that was not complete, those that were not taken.
    ///   - flush: the same in all steps until one is complete.
    ///   - output: where what is ready is appended; should have room for 6 bytes or more.
    /// - Returns: how far it came.
    /// - Throws: `failed` when the stream had ended before.
    public mutating func compress(
        _ input: RawSpan,
        flush: Flush = .none,
        into output: inout OutputRawSpan
    ) throws(CompressionError) -> Progress {
        let (code, consumed) = stream.step(input, into: &output) { deflate($0, flush.code) }
        // Z_BUF_ERROR only says that there was nothing to do, or no room to do it.
        guard code == Z_OK || code == Z_BUF_ERROR || code == Z_STREAM_END else { throw CompressionError(code: code) }
        // With room left zlib has nothing to say any more.
        let isComplete =
            flush == .finish ? code == Z_STREAM_END : consumed == input.byteCount && output.freeCapacity > 0
        return Progress(consumed: consumed, isComplete: isComplete)
    }

    /// Forgets the stream, whatever its state, and begins a new one.
    public mutating func reset() {
        deflateReset(stream.pointer)
    }

    /// Compresses bytes in one go.
    ///
    /// - Parameters:
    ///   - bytes: what to compress, may be empty.
    ///   - format: what stands around the blocks.
    ///   - level: 1 (fast) to 9 (small).
    /// - Returns: a whole stream.
    /// - Throws: `outOfMemory`.
    public static func compress(
        _ bytes: [UInt8],
        _ format: CompressionFormat,
        level: Int = 6
    ) throws(CompressionError) -> [UInt8] {
        var deflater = try Deflater(format, level: level)
        var result: [UInt8] = []
        var position = 0
        var isComplete = false
        while !isComplete {
            var failure: CompressionError?
            let piece = [UInt8](capacity: 16 * 1_024) { room in
                do throws(CompressionError) {
                    let rest = bytes.span.bytes.extracting(position..<bytes.count)
                    let progress = try deflater.compress(rest, flush: .finish, into: &room)
                    position += progress.consumed
                    isComplete = progress.isComplete
                } catch {
                    failure = error
                }
            }
            if let failure { throw failure }
            result += piece
        }
        return result
    }
}
