/// A column of doubles without absent ones, bit for bit.
///
/// Values that are decimals of at most 15 digits with at most 9 behind the point, as sensors and humans write them, are
/// whole numbers times a power of ten; all others are XORed with the one before (Pelkonen et al., “Gorilla”, VLDB 2015,
/// section 4.1.2).
enum ValueColumn {
    static let mostDecimals = 9
    /// In place of the number of decimals.
    static let xor: UInt64 = 15
    private static let powers: [Double] = [1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9]
    /// Whole numbers up to here have all their bits in a double.
    private static let largest = 9_007_199_254_740_992.0

    static func write(_ values: [Double], to writer: inout BitWriter) {
        if let (decimals, numbers) = scaled(values) {
            writer.write(UInt64(decimals), bits: 4)
            IntegerColumn.write(numbers, to: &writer)
        } else {
            writer.write(xor, bits: 4)
            writeXOR(values, to: &writer)
        }
    }

    /// Reads a column of `count` values, of which the first `wanted` are needed; the others are passed over.
    static func read(
        _ count: Int,
        wanted: Int = .max,
        from reader: inout BitReader
    ) throws(PackingError) -> [Double] {
        let coding = try reader.read(4)
        if coding == xor {
            let values = try readXOR(count, from: &reader)
            return wanted < count ? Array(values.prefix(wanted)) : values
        }
        guard coding < UInt64(powers.count) else { throw .outOfRange }
        let power = powers[Int(coding)]
        return try IntegerColumn.read(count, wanted: wanted, from: &reader).map { Double($0) / power }
    }

    /// Passes over a column of `count` values.
    static func skip(_ count: Int, of reader: inout BitReader) throws(PackingError) {
        let coding = try reader.read(4)
        if coding == xor {
            _ = try readXOR(count, from: &reader)
            return
        }
        guard coding < UInt64(powers.count) else { throw .outOfRange }
        try IntegerColumn.skip(count, of: &reader)
    }

    /// The values as whole numbers of the fewest decimals that keep every bit; nil when there are none.
    static func scaled(_ values: [Double]) -> (decimals: Int, numbers: [Int64])? {
        var decimals = 0
        for value in values {
            while true {
                guard decimals <= mostDecimals else { return nil }
                if number(value, decimals) != nil { break }
                decimals += 1
            }
        }
        var numbers: [Int64] = []
        numbers.reserveCapacity(values.count)
        for value in values {
            // More decimals can be too many for a large value.
            guard let number = number(value, decimals) else { return nil }
            numbers.append(number)
        }
        return (decimals, numbers)
    }

    private static func number(_ value: Double, _ decimals: Int) -> Int64? {
        let product = (value * powers[decimals]).rounded()
        guard product.magnitude <= largest else { return nil }
        let number = Int64(product)
        return (Double(number) / powers[decimals]).bitPattern == value.bitPattern ? number : nil
    }

    // MARK: - XOR

    static func writeXOR(_ values: [Double], to writer: inout BitWriter) {
        var previous: UInt64 = 0
        var window = (leading: 64, trailing: 64)
        for value in values {
            let difference = value.bitPattern ^ previous
            previous = value.bitPattern
            if difference == 0 {
                writer.write(0, bits: 1)
                continue
            }
            let leading = min(31, difference.leadingZeroBitCount)
            let trailing = difference.trailingZeroBitCount
            if leading >= window.leading, trailing >= window.trailing {
                writer.write(0b10, bits: 2)
            } else {
                window = (leading, trailing)
                writer.write(0b11, bits: 2)
                writer.write(UInt64(leading), bits: 5)
                writer.write(UInt64(64 - leading - trailing - 1), bits: 6)
            }
            writer.write(difference >> UInt64(window.trailing), bits: 64 - window.leading - window.trailing)
        }
    }

    private static func readXOR(_ count: Int, from reader: inout BitReader) throws(PackingError) -> [Double] {
        var values: [Double] = []
        // A value takes one bit at least.
        values.reserveCapacity(min(count, reader.remaining))
        var previous: UInt64 = 0
        var window = (length: 0, trailing: 0)
        for _ in 0..<count {
            if try reader.read(1) == 1 {
                if try reader.read(1) == 1 {
                    let leading = Int(try reader.read(5))
                    let length = Int(try reader.read(6)) + 1
                    guard leading + length <= 64 else { throw .outOfRange }
                    window = (length, 64 - leading - length)
                }
                previous ^= try reader.read(window.length) << UInt64(window.trailing)
            }
            values.append(Double(bitPattern: previous))
        }
        return values
    }
}
