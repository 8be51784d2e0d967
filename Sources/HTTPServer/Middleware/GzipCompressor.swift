import CZlib
import NIOCore

/// Why zlib refused to work.
enum GzipError: Error, Hashable, Sendable {
    /// zlib's own code.
    case failed(Int32)
    /// The bytes are no gzip stream, or end early.
    case malformed
    /// The result would exceed the limit.
    case tooLarge
}

/// A running gzip compression (RFC 1952); owns zlib's state, about 268 kB.
struct GzipCompressor: ~Copyable {
    // On the heap, because zlib refuses a stream that has moved.
    private let stream: UnsafeMutablePointer<z_stream>

    init(level: Int32 = 6) throws(GzipError) {
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        let code = plantwright_deflate_init_gzip(stream, level)
        guard code == Z_OK else {
            stream.deallocate()
            throw .failed(code)
        }
    }

    deinit {
        deflateEnd(stream)
        stream.deallocate()
    }

    /// What becomes of the bytes that zlib still holds.
    enum Flush {
        case none
        case sync
        case finish

        fileprivate var code: Int32 {
            switch self {
            case .none: Z_NO_FLUSH
            case .sync: Z_SYNC_FLUSH
            case .finish: Z_FINISH
            }
        }
    }

    /// Compresses bytes and appends what is ready to `output`.
    mutating func compress(_ input: ByteBuffer, flush: Flush, into output: inout ByteBuffer) throws(GzipError) {
        var input = input
        var code = Z_OK
        let stream = stream
        input.withUnsafeMutableReadableBytes { bytes in
            stream.pointee.next_in = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
            stream.pointee.avail_in = UInt32(clamping: bytes.count)
            repeat {
                output.writeWithUnsafeMutableBytes(minimumWritableBytes: 8_192) { room in
                    let count = UInt32(clamping: room.count)
                    stream.pointee.next_out = room.baseAddress?.assumingMemoryBound(to: UInt8.self)
                    stream.pointee.avail_out = count
                    code = deflate(stream, flush.code)
                    return Int(count - stream.pointee.avail_out)
                }
            } while code == Z_OK && stream.pointee.avail_out == 0
            stream.pointee.next_in = nil
            stream.pointee.next_out = nil
        }
        // Z_BUF_ERROR only says that there was nothing to do.
        guard code == Z_OK || code == Z_BUF_ERROR || code == Z_STREAM_END else { throw .failed(code) }
    }
}

/// Gzip in one go.
enum Gzip {
    /// The compressed form of some bytes.
    static func compress(_ bytes: ByteBuffer, level: Int32 = 6) throws(GzipError) -> ByteBuffer {
        var compressor = try GzipCompressor(level: level)
        var output = ByteBuffer()
        output.reserveCapacity(bytes.readableBytes / 3 + 64)
        try compressor.compress(bytes, flush: .finish, into: &output)
        return output
    }

    /// The bytes that were compressed, at most `limit`.
    static func decompress(_ bytes: ByteBuffer, limit: Int) throws(GzipError) -> ByteBuffer {
        let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
        stream.initialize(to: z_stream())
        defer { stream.deallocate() }
        var code = plantwright_inflate_init_gzip(stream)
        guard code == Z_OK else { throw .failed(code) }
        defer { inflateEnd(stream) }
        var input = bytes
        var output = ByteBuffer()
        input.withUnsafeMutableReadableBytes { source in
            stream.pointee.next_in = source.baseAddress?.assumingMemoryBound(to: UInt8.self)
            stream.pointee.avail_in = UInt32(clamping: source.count)
            repeat {
                output.writeWithUnsafeMutableBytes(minimumWritableBytes: 16_384) { room in
                    let count = UInt32(clamping: room.count)
                    stream.pointee.next_out = room.baseAddress?.assumingMemoryBound(to: UInt8.self)
                    stream.pointee.avail_out = count
                    code = inflate(stream, Z_NO_FLUSH)
                    return Int(count - stream.pointee.avail_out)
                }
            } while code == Z_OK && output.readableBytes <= limit
        }
        if output.readableBytes > limit { throw .tooLarge }
        guard code == Z_STREAM_END else { throw .malformed }
        return output
    }
}

/// A name for contents: two checksums of zlib, enough to tell builds apart, no protection against anybody.
struct ContentHash {
    private var cyclic: UInt = 0
    private var adler: UInt = 1

    mutating func add(_ bytes: ByteBuffer) {
        bytes.withUnsafeReadableBytes { pointer in
            let base = pointer.baseAddress?.assumingMemoryBound(to: UInt8.self)
            guard let base else { return }
            cyclic = crc32_z(cyclic, base, pointer.count)
            adler = adler32_z(adler, base, pointer.count)
        }
    }

    mutating func add(_ text: String) {
        add(ByteBuffer(string: text))
    }

    /// Sixteen hexadecimal digits.
    var text: String {
        [cyclic, adler].map { word in
            let digits = String(word, radix: 16)
            return String(repeating: "0", count: max(0, 8 - digits.utf8.count)) + digits
        }.joined()
    }
}
