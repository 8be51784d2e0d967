import CZlib

/// A running decompression; owns zlib's state, about 7 kB and a window of 32 kB once it is needed.
///
/// One can be used for many streams, one after another, with `reset()`. It gives no more than there is room for: how
/// much that is in all is the caller's limit, to be enforced while the bytes come out.
public struct Inflater: ~Copyable {
    /// How far one step came.
    public struct Progress: Hashable, Sendable {
        /// Bytes of the input that were taken.
        public let consumed: Int
        /// Why the step ended.
        public let state: State
    }

    /// Why a step ended.
    public enum State: Hashable, Sendable {
        /// All input was taken, and all that follows from it was given.
        case needsInput
        /// There may be more to give: another step with more room is needed.
        case needsRoom
        /// The stream has ended, and its check fits; what was not taken lies behind it.
        case finished
    }

    private var stream: CompressionStream

    /// Whether the bytes so far end between two blocks that are not the last, at a whole byte: after a sync flush.
    public private(set) var isAtFlushPoint = false

    /// Makes a decompressor.
    ///
    /// - Parameter format: what stands around the blocks.
    /// - Throws: `outOfMemory`.
    public init(_ format: CompressionFormat) throws(CompressionError) {
        stream = CompressionStream()
        let code = plantwright_inflate_init(stream.pointer, format.windowBits)
        guard code == Z_OK else { throw CompressionError(code: code) }
    }

    deinit {
        // Harmless when the initializer has failed: zlib knows by the missing state.
        inflateEnd(stream.pointer)
    }

    /// Decompresses what there is room for.
    ///
    /// - Parameters:
    ///   - input: the bytes; after a step that needed room, those that were not taken.
    ///   - output: where the result is appended.
    /// - Returns: how far it came.
    /// - Throws: `corrupt`, after which only `reset()` is of use; `outOfMemory`.
    public mutating func decompress(
        _ input: RawSpan,
        into output: inout OutputRawSpan
    ) throws(CompressionError) -> Progress {
        let (code, consumed) = stream.step(input, into: &output) { inflate($0, Z_NO_FLUSH) }
        // A step that finds nothing to do would forget where it stands.
        if code != Z_BUF_ERROR { isAtFlushPoint = stream.isAtFlushPoint }
        switch code {
        case Z_STREAM_END: return Progress(consumed: consumed, state: .finished)
        // Z_BUF_ERROR only says that there was nothing to do, or no room to do it.
        case Z_OK, Z_BUF_ERROR:
            let hasMore = consumed < input.byteCount || output.freeCapacity == 0
            return Progress(consumed: consumed, state: hasMore ? .needsRoom : .needsInput)
        default: throw CompressionError(code: code)
        }
    }

    /// Forgets the stream, whatever its state, and begins a new one.
    public mutating func reset() {
        inflateReset(stream.pointer)
        isAtFlushPoint = false
    }

    /// Decompresses bytes in one go.
    ///
    /// - Parameters:
    ///   - bytes: a whole stream; with gzip there may be several, one after another (RFC 1952 section 2.2).
    ///   - format: what stands around the blocks.
    ///   - limit: the most bytes that the result may have.
    /// - Returns: the bytes that were compressed.
    /// - Throws: `corrupt` also when something else follows the stream; `truncated`; `limitExceeded`.
    public static func decompress(
        _ bytes: [UInt8],
        _ format: CompressionFormat,
        limit: Int
    ) throws(CompressionError) -> [UInt8] {
        var inflater = try Inflater(format)
        var result: [UInt8] = []
        var position = 0
        while true {
            var outcome = Result<State, CompressionError>.success(.needsRoom)
            // One byte beyond the limit is enough to know.
            let capacity = min(16 * 1_024, max(0, limit) - result.count + 1)
            let piece = [UInt8](capacity: capacity) { room in
                do throws(CompressionError) {
                    let rest = bytes.span.bytes.extracting(position..<bytes.count)
                    let progress = try inflater.decompress(rest, into: &room)
                    position += progress.consumed
                    outcome = .success(progress.state)
                } catch {
                    outcome = .failure(error)
                }
            }
            let state = try outcome.get()
            result += piece
            guard result.count <= limit else { throw .limitExceeded }
            switch state {
            case .needsRoom: break
            case .needsInput: throw .truncated
            case .finished:
                if position == bytes.count { return result }
                guard format == .gzip else { throw .corrupt }
                inflater.reset()
            }
        }
    }
}

extension CompressionStream {
    /// What inflation notes about the place where it stopped.
    fileprivate var isAtFlushPoint: Bool {
        // Bits 0 to 2 count unused bits, bit 6 is set in the last block, bit 7 right after a block.
        pointer.pointee.data_type & 0b1100_0111 == 0b1000_0000
    }
}

extension [UInt8] {
    /// Makes an array of what is written into fresh room.
    init(capacity: Int, _ write: (inout OutputRawSpan) -> Void) {
        self.init(unsafeUninitializedCapacity: capacity) { buffer, count in
            var room = OutputRawSpan(buffer: UnsafeMutableRawBufferPointer(buffer), initializedCount: 0)
            write(&room)
            count = room.finalize(for: UnsafeMutableRawBufferPointer(buffer))
        }
    }
}
