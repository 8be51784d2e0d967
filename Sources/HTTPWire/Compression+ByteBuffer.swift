import Compression
import NIOCore

extension Deflater {
    /// Compresses all readable bytes and appends what is ready.
    ///
    /// - Parameters:
    ///   - bytes: what to compress, may be empty.
    ///   - flush: what becomes of the bytes that are held back.
    ///   - output: where to append.
    /// - Throws: `failed` when the stream had ended before.
    public mutating func compress(
        _ bytes: ByteBuffer,
        flush: Flush,
        into output: inout ByteBuffer
    ) throws(CompressionError) {
        var input = bytes
        var isComplete = false
        while !isComplete {
            // Without a reserve for what is small, every short message would take the room of a long one.
            let room = min(16 * 1_024, max(64, input.readableBytes))
            try output.writeWithOutputRawSpan(minimumWritableBytes: room) { room throws(CompressionError) in
                let progress = try compress(input.readableBytesSpan, flush: flush, into: &room)
                input.moveReaderIndex(forwardBy: progress.consumed)
                isComplete = progress.isComplete
            }
        }
    }
}

extension Inflater {
    /// Decompresses until the input or the stream ends, and appends the result.
    ///
    /// - Parameters:
    ///   - input: the compressed bytes; what lies behind the end of the stream stays readable.
    ///   - output: where to append.
    ///   - limit: the most bytes that `output` may have in all, enforced before more are written.
    /// - Returns: `finished` at the end of the stream, else `needsInput`.
    /// - Throws: `corrupt`, `limitExceeded`, `outOfMemory`.
    public mutating func decompress(
        _ input: inout ByteBuffer,
        into output: inout ByteBuffer,
        limit: Int
    ) throws(CompressionError) -> State {
        var state = State.needsRoom
        while state == .needsRoom {
            // One byte beyond the limit is enough to know.
            let allowed = max(0, limit - output.readableBytes) + 1
            let room = min(allowed, min(64 * 1_024, max(256, output.readableBytes, input.readableBytes * 2)))
            try output.writeWithUnsafeMutableBytes(minimumWritableBytes: room) { memory throws(CompressionError) in
                let memory = UnsafeMutableRawBufferPointer(rebasing: memory[..<min(allowed, memory.count)])
                var span = OutputRawSpan(buffer: memory, initializedCount: 0)
                let progress = try decompress(input.readableBytesSpan, into: &span)
                input.moveReaderIndex(forwardBy: progress.consumed)
                state = progress.state
                return span.finalize(for: memory)
            }
            if output.readableBytes > limit { throw .limitExceeded }
        }
        return state
    }
}
