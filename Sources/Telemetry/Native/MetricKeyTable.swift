import Assets

/// Finds metrics by the bytes of their keys: first the one after the last found, since a device mostly reports in the
/// same order, then by hash.
struct MetricKeyTable {
    /// A metric as the scanner needs it.
    struct Entry {
        let key: [UInt8]
        let kind: MetricKind
        let ordinal: Int
    }

    let entries: [Entry]
    /// Indices of entries, by hash and linear probing; at most half full.
    private let places: [Int16]

    /// Makes a table of a profile's metrics, of which there are at most 500.
    init(_ metrics: [Metric]) {
        entries = metrics.prefix(Int(Int16.max)).map {
            Entry(key: Array($0.key.utf8), kind: $0.kind, ordinal: $0.ordinal)
        }
        var capacity = 4
        while capacity < entries.count * 2 { capacity *= 2 }
        var places = [Int16](repeating: -1, count: capacity)
        for (index, entry) in entries.enumerated() {
            var place = entry.key.withUnsafeBufferPointer { Self.hash($0) } & (capacity - 1)
            while places[place] >= 0 { place = (place + 1) & (capacity - 1) }
            places[place] = Int16(index)
        }
        self.places = places
    }

    /// The index of the entry with that key; `expected` is tried first.
    @inline(__always)
    func index(of key: UnsafeBufferPointer<UInt8>, expected: Int) -> Int? {
        if expected < entries.count, Self.equal(entries[expected].key, key) { return expected }
        var place = Self.hash(key) & (places.count - 1)
        while places[place] >= 0 {
            let index = Int(places[place])
            if Self.equal(entries[index].key, key) { return index }
            place = (place + 1) & (places.count - 1)
        }
        return nil
    }

    @inline(__always)
    private static func equal(_ left: [UInt8], _ right: UnsafeBufferPointer<UInt8>) -> Bool {
        guard left.count == right.count else { return false }
        for index in 0..<left.count where left[index] != right[index] { return false }
        return true
    }

    /// FNV-1a.
    @inline(__always)
    private static func hash(_ bytes: UnsafeBufferPointer<UInt8>) -> Int {
        var hash: UInt32 = 2_166_136_261
        for byte in bytes { hash = (hash ^ UInt32(byte)) &* 16_777_619 }
        return Int(hash >> 1)
    }
}
