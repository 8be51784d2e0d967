/// Why packed bytes cannot be read.
package enum PackingError: Error, Hashable {
    /// The bytes end too early.
    case truncated
    /// The first byte is no known version.
    case unknownVersion
    /// A number is beyond what the format allows.
    case outOfRange
}

/// Writes numbers of any width, most significant bit first.
struct BitWriter {
    private(set) var bytes: [UInt8] = []
    /// The bits that do not fill a byte yet, in the low end.
    private var pending: UInt64 = 0
    private var pendingCount = 0

    /// How many bits were written.
    var bitCount: Int { bytes.count * 8 + pendingCount }

    /// Writes the low `count` bits of `value`; 0 to 64.
    mutating func write(_ value: UInt64, bits count: Int) {
        if count > 32 {
            write(value >> 32, bits: count - 32)
            write(value & 0xFFFF_FFFF, bits: 32)
            return
        }
        if count <= 0 { return }
        pending = pending << UInt64(count) | value & (~0 >> UInt64(64 - count))
        pendingCount += count
        while pendingCount >= 8 {
            pendingCount -= 8
            bytes.append(UInt8(truncatingIfNeeded: pending >> UInt64(pendingCount)))
        }
    }

    /// Appends what another writer wrote.
    mutating func append(_ other: BitWriter) {
        for byte in other.bytes { write(UInt64(byte), bits: 8) }
        write(other.pending, bits: other.pendingCount)
    }

    /// Fills the last byte with zeros.
    mutating func finish() -> [UInt8] {
        if pendingCount > 0 { write(0, bits: 8 - pendingCount) }
        return bytes
    }
}

/// Reads what ``BitWriter`` wrote, up to 64 bits at a glance; any bytes are safe to read.
struct BitReader {
    /// The bytes as big-endian numbers, and two of zeros, so that a glance never leaves the array.
    private let words: [UInt64]
    /// How many bits there are.
    private let end: Int
    /// The next bit; never after the end.
    private var position: Int

    init(_ bytes: [UInt8], from position: Int = 0) {
        words = bytes.withUnsafeBytes { raw in
            let whole = raw.count / 8
            return [UInt64](unsafeUninitializedCapacity: whole + 3) { words, count in
                for index in 0..<whole {
                    let word = raw.loadUnaligned(fromByteOffset: 8 * index, as: UInt64.self)
                    words.initializeElement(at: index, to: UInt64(bigEndian: word))
                }
                var rest: UInt64 = 0
                for index in 8 * whole..<raw.count {
                    rest |= UInt64(raw[index]) << UInt64(56 - 8 * (index - 8 * whole))
                }
                words.initializeElement(at: whole, to: rest)
                words.initializeElement(at: whole + 1, to: 0)
                words.initializeElement(at: whole + 2, to: 0)
                count = whole + 3
            }
        }
        end = bytes.count * 8
        self.position = min(end, position * 8)
    }

    /// How many bits are left.
    var remaining: Int { end - position }

    /// The next 64 bits, most significant first; zeros after the end.
    @inline(__always)
    var glance: UInt64 {
        let (index, offset) = (position >> 6, UInt64(position & 63))
        // Two steps, because a shift by 64 would be none of the machine's.
        return words[index] &<< offset | (words[index + 1] >> 1) &>> (63 - offset)
    }

    /// Takes bits that were seen at a glance.
    @inline(__always)
    mutating func take(_ count: Int) throws(PackingError) {
        guard count <= end - position else { throw .truncated }
        position += count
    }

    /// Reads `count` bits; 0 to 64.
    @inline(__always)
    mutating func read(_ count: Int) throws(PackingError) -> UInt64 {
        if count <= 0 { return 0 }
        let value = glance &>> UInt64(64 - count)
        try take(count)
        return value
    }
}
