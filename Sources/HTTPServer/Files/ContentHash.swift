import Compression
import NIOCore

/// A name for contents: two checksums of zlib, enough to tell builds apart, no protection against anybody.
struct ContentHash {
    private var cyclic = Checksum.crc32
    private var adler = Checksum.adler32

    mutating func add(_ bytes: ByteBuffer) {
        cyclic.add(bytes.readableBytesSpan)
        adler.add(bytes.readableBytesSpan)
    }

    mutating func add(_ text: String) {
        add(ByteBuffer(string: text))
    }

    /// Sixteen hexadecimal digits.
    var text: String {
        [cyclic.value, adler.value].map { word in
            let digits = String(word, radix: 16)
            return String(repeating: "0", count: max(0, 8 - digits.utf8.count)) + digits
        }.joined()
    }
}
