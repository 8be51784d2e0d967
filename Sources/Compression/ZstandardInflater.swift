import CZstd

/// Decompresses Zstandard frames (RFC 8878); owns libzstd's state.
///
/// The window is limited to 8 MiB, as RFC 8878 section 3.1.1.1.2 recommends for every decoder, so that a small frame
/// cannot ask for much memory.
public struct ZstandardInflater: ~Copyable {
    /// The logarithm of the largest window.
    private static let windowLog: Int32 = 23

    private let context: OpaquePointer

    /// Makes a decompressor.
    ///
    /// - Throws: `outOfMemory`.
    public init() throws(CompressionError) {
        guard let context = ZSTD_createDCtx() else { throw .outOfMemory }
        self.context = context
        _ = ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, Self.windowLog)
    }

    deinit {
        ZSTD_freeDCtx(context)
    }

    /// Decompresses one or more whole frames, one after another.
    ///
    /// - Parameters:
    ///   - bytes: the frames; nothing may follow them.
    ///   - limit: the most bytes that the result may have; enforced while they come out.
    /// - Returns: the bytes that were compressed.
    /// - Throws: `corrupt`, `truncated`, `limitExceeded`, `outOfMemory`.
    public mutating func decompress(_ bytes: [UInt8], limit: Int) throws(CompressionError) -> [UInt8] {
        guard !bytes.isEmpty else { throw .truncated }
        _ = ZSTD_DCtx_reset(context, ZSTD_reset_session_only)
        var result: [UInt8] = []
        var position = 0
        while true {
            var step = Step()
            // One byte beyond the limit is enough to know.
            let capacity = min(64 * 1_024, max(0, limit) - result.count + 1)
            let piece = [UInt8](unsafeUninitializedCapacity: capacity) { room, count in
                step = self.step(bytes, from: position, into: room)
                count = step.produced
            }
            result += piece
            position += step.consumed
            if let failure = step.failure { throw failure }
            guard result.count <= limit else { throw .limitExceeded }
            let isStuck = step.consumed == 0 && step.produced == 0
            if position == bytes.count, step.frameIsComplete { return result }
            if isStuck || (position == bytes.count && step.produced < capacity) { throw .truncated }
        }
    }

    private struct Step {
        var consumed = 0
        var produced = 0
        var frameIsComplete = false
        var failure: CompressionError?
    }

    private func step(_ bytes: [UInt8], from position: Int, into room: UnsafeMutableBufferPointer<UInt8>) -> Step {
        bytes.withUnsafeBytes { source in
            var step = Step()
            var input = ZSTD_inBuffer(src: source.baseAddress, size: source.count, pos: position)
            var output = ZSTD_outBuffer(dst: room.baseAddress, size: room.count, pos: 0)
            let code = ZSTD_decompressStream(context, &output, &input)
            step.consumed = input.pos - position
            step.produced = output.pos
            if ZSTD_isError(code) != 0 {
                step.failure = ZSTD_getErrorCode(code) == ZSTD_error_memory_allocation ? .outOfMemory : .corrupt
            }
            // Zero says that a frame was decoded to its end and given out whole.
            step.frameIsComplete = code == 0
            return step
        }
    }

    /// Decompresses bytes in one go.
    ///
    /// - Parameters:
    ///   - bytes: one or more whole frames.
    ///   - limit: the most bytes that the result may have.
    /// - Returns: the bytes that were compressed.
    /// - Throws: `corrupt`, `truncated`, `limitExceeded`, `outOfMemory`.
    public static func decompress(_ bytes: [UInt8], limit: Int) throws(CompressionError) -> [UInt8] {
        var inflater = try ZstandardInflater()
        return try inflater.decompress(bytes, limit: limit)
    }
}
