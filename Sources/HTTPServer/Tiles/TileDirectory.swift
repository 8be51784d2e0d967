import NIOCore

/// One directory of a tile archive, in order of tile numbers (PMTiles v3 section 4).
struct TileDirectory: Sendable {
    /// A run of tiles that share contents, or (run length 0) a deeper directory.
    struct Entry: Hashable, Sendable {
        var tile: UInt64
        var runLength: UInt32
        var offset: UInt64
        var length: UInt32
    }

    let entries: [Entry]

    /// Reads the decompressed form: four columns of variable-length numbers.
    init(parsing bytes: ByteBuffer) throws(TileArchiveError) {
        var bytes = bytes
        let count = Int(clamping: try bytes.readVarint())
        // Each entry takes at least four bytes; anything else is a lie about memory.
        guard count <= bytes.readableBytes / 4 else { throw .malformed }
        var entries: [Entry] = []
        entries.reserveCapacity(count)
        var tile: UInt64 = 0
        for _ in 0..<count {
            let (next, overflows) = tile.addingReportingOverflow(try bytes.readVarint())
            guard !overflows else { throw .malformed }
            tile = next
            entries.append(Entry(tile: tile, runLength: 0, offset: 0, length: 0))
        }
        for index in 0..<count { entries[index].runLength = UInt32(clamping: try bytes.readVarint()) }
        for index in 0..<count { entries[index].length = UInt32(clamping: try bytes.readVarint()) }
        for index in 0..<count {
            let value = try bytes.readVarint()
            if value == 0 {
                guard index > 0 else { throw .malformed }
                let (offset, overflows) = entries[index - 1].offset.addingReportingOverflow(
                    UInt64(entries[index - 1].length)
                )
                guard !overflows else { throw .malformed }
                entries[index].offset = offset
            } else {
                entries[index].offset = value - 1
            }
        }
        self.entries = entries
    }

    /// The entry that covers a tile, or the directory that may know it.
    func entry(for tile: UInt64) -> Entry? {
        var low = 0
        var high = entries.count
        while low < high {
            let middle = low + (high - low) / 2
            if entries[middle].tile <= tile { low = middle + 1 } else { high = middle }
        }
        guard low > 0 else { return nil }
        let entry = entries[low - 1]
        if entry.runLength == 0 { return entry }
        return tile - entry.tile < UInt64(entry.runLength) ? entry : nil
    }
}

extension ByteBuffer {
    /// Reads a number of seven bits per byte, the lowest first.
    fileprivate mutating func readVarint() throws(TileArchiveError) -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while let byte: UInt8 = readInteger() {
            guard shift < 64, shift < 63 || byte <= 1 else { throw .malformed }
            value |= UInt64(byte & 0x7F) << shift
            if byte & 0x80 == 0 { return value }
            shift += 7
        }
        throw .malformed
    }
}
