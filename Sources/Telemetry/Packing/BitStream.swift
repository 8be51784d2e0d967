/// Why packed bytes cannot be read.
enum PackingError: Error, Hashable {
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

/// Reads what ``BitWriter`` wrote; any bytes are safe to read.
struct BitReader {
    private let bytes: [UInt8]
    private var position: Int
    /// Bits taken out of `bytes`, in the low end.
    private var held: UInt64 = 0
    private var heldCount = 0

    init(_ bytes: [UInt8], from position: Int = 0) {
        self.bytes = bytes
        self.position = position
    }

    /// Reads `count` bits; 0 to 64.
    mutating func read(_ count: Int) throws(PackingError) -> UInt64 {
        if count > 32 {
            let high = try read(count - 32)
            return high << 32 | (try read(32))
        }
        if count <= 0 { return 0 }
        while heldCount < count {
            guard position < bytes.count else { throw .truncated }
            held = held << 8 | UInt64(bytes[position])
            position += 1
            heldCount += 8
        }
        heldCount -= count
        return held >> UInt64(heldCount) & (~0 >> UInt64(64 - count))
    }

    /// Counts ones up to the first zero, which is taken too, or up to `limit` ones.
    mutating func readOnes(limit: Int) throws(PackingError) -> Int {
        var count = 0
        while count < limit {
            if heldCount == 0 {
                guard position < bytes.count else { throw .truncated }
                held = UInt64(bytes[position])
                position += 1
                heldCount = 8
            }
            // The held bits, moved to the top, so that their leading ones can be counted.
            let top = held << UInt64(64 - heldCount)
            let ones = min((~top).leadingZeroBitCount, heldCount, limit - count)
            count += ones
            heldCount -= ones
            if count == limit { return count }
            if heldCount > 0 {
                heldCount -= 1
                return count
            }
        }
        return count
    }
}
