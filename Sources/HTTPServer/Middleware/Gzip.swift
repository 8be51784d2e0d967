import Compression
import HTTPWire
import NIOCore

/// Gzip in one go.
enum Gzip {
    /// The compressed form of some bytes.
    static func compress(_ bytes: ByteBuffer, level: Int = 6) throws(CompressionError) -> ByteBuffer {
        var deflater = try Deflater(.gzip, level: level)
        var output = ByteBuffer()
        output.reserveCapacity(bytes.readableBytes / 3 + 64)
        try deflater.compress(bytes, flush: .finish, into: &output)
        return output
    }

    /// The bytes that were compressed, at most `limit`.
    static func decompress(_ bytes: ByteBuffer, limit: Int) throws(CompressionError) -> ByteBuffer {
        var inflater = try Inflater(.gzip)
        var output = ByteBuffer()
        var input = bytes
        guard try inflater.decompress(&input, into: &output, limit: limit) == .finished else { throw .truncated }
        return output
    }
}
