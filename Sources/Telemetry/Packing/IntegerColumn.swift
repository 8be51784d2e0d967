/// A column of whole numbers: differences of order 0, 1 or 2, whichever is smallest, in Rice code by blocks.
///
/// A block of 64 numbers begins with its Rice parameter in 6 bits; 63 says that all are zero. A number, made unsigned
/// by zigzag, is its quotient by 2^k in ones, a zero, and k bits; 24 ones say that 6 bits of width and the number follow.
enum IntegerColumn {
    static let blockSize = 64
    static let allZero: UInt64 = 63
    static let longestRun = 24

    /// Writes a column; its length is known to the reader.
    static func write(_ numbers: [Int64], to writer: inout BitWriter) {
        var best: BitWriter?
        var difference = numbers
        for order in 0...2 {
            if order > 0 { difference = differences(difference) }
            var candidate = BitWriter()
            candidate.write(UInt64(order), bits: 2)
            writeBlocks(difference, to: &candidate)
            if best.map({ candidate.bitCount < $0.bitCount }) ?? true { best = candidate }
        }
        if let best { writer.append(best) }
    }

    /// Reads a column of `count` numbers, of which the first `wanted` are needed; the others are passed over.
    static func read(
        _ count: Int,
        wanted: Int = .max,
        from reader: inout BitReader
    ) throws(PackingError) -> [Int64] {
        let order = try reader.read(2)
        guard order <= 2 else { throw .outOfRange }
        let wanted = min(count, wanted)
        var numbers: [Int64] = []
        // A block takes six bits at least: rubbish cannot ask for much.
        numbers.reserveCapacity(min(wanted, (reader.remaining / 6 + 1) * blockSize))
        var done = 0
        while done < count {
            let size = min(blockSize, count - done)
            if done < wanted {
                try readBlock(size, from: &reader, into: &numbers)
            } else {
                try skipBlock(size, of: &reader)
            }
            done += size
        }
        if numbers.count > wanted { numbers.removeLast(numbers.count - wanted) }
        for _ in 0..<order { accumulate(&numbers) }
        return numbers
    }

    /// Passes over a column of `count` numbers.
    static func skip(_ count: Int, of reader: inout BitReader) throws(PackingError) {
        guard try reader.read(2) <= 2 else { throw .outOfRange }
        var left = count
        while left > 0 {
            try skipBlock(min(blockSize, left), of: &reader)
            left -= blockSize
        }
    }

    private static func differences(_ numbers: [Int64]) -> [Int64] {
        var previous: Int64 = 0
        return numbers.map { number in
            defer { previous = number }
            return number &- previous
        }
    }

    private static func accumulate(_ numbers: inout [Int64]) {
        var sum: Int64 = 0
        for index in numbers.indices {
            sum &+= numbers[index]
            numbers[index] = sum
        }
    }

    static func zigzag(_ number: Int64) -> UInt64 {
        UInt64(bitPattern: number << 1) ^ UInt64(bitPattern: number >> 63)
    }

    static func unzigzag(_ number: UInt64) -> Int64 {
        Int64(bitPattern: number >> 1) ^ -Int64(bitPattern: number & 1)
    }

    private static func writeBlocks(_ numbers: [Int64], to writer: inout BitWriter) {
        var start = 0
        while start < numbers.count {
            let block = numbers[start..<min(start + blockSize, numbers.count)].map(zigzag)
            start += block.count
            if block.allSatisfy({ $0 == 0 }) {
                writer.write(allZero, bits: 6)
                continue
            }
            let parameter = bestParameter(block)
            writer.write(UInt64(parameter), bits: 6)
            for number in block { writeRice(number, parameter, to: &writer) }
        }
    }

    private static func readBlock(
        _ count: Int,
        from reader: inout BitReader,
        into numbers: inout [Int64]
    ) throws(PackingError) {
        let parameter = try reader.read(6)
        if parameter == allZero {
            numbers.append(contentsOf: repeatElement(0, count: count))
            return
        }
        for _ in 0..<count { numbers.append(unzigzag(try readRice(parameter, from: &reader))) }
    }

    private static func skipBlock(_ count: Int, of reader: inout BitReader) throws(PackingError) {
        let parameter = try reader.read(6)
        if parameter == allZero { return }
        for _ in 0..<count { _ = try readRice(parameter, from: &reader) }
    }

    @inline(__always)
    private static func readRice(
        _ parameter: UInt64,
        from reader: inout BitReader
    ) throws(PackingError) -> UInt64 {
        let glance = reader.glance
        let quotient = (~glance).leadingZeroBitCount
        if quotient >= longestRun {
            try reader.take(longestRun)
            return try reader.read(Int(try reader.read(6)) + 1)
        }
        let prefix = quotient + 1
        let length = prefix + Int(parameter)
        if length <= 64 {
            try reader.take(length)
            let rest = parameter == 0 ? 0 : (glance &<< UInt64(prefix)) &>> (64 - parameter)
            return UInt64(quotient) &<< parameter | rest
        }
        try reader.take(prefix)
        return UInt64(quotient) << parameter | (try reader.read(Int(parameter)))
    }

    private static func writeRice(_ number: UInt64, _ parameter: Int, to writer: inout BitWriter) {
        let quotient = number >> UInt64(parameter)
        if quotient < UInt64(longestRun) {
            writer.write(~0 << 1, bits: Int(quotient) + 1)
            writer.write(number, bits: parameter)
        } else {
            let width = max(1, 64 - number.leadingZeroBitCount)
            writer.write(~0, bits: longestRun)
            writer.write(UInt64(width - 1), bits: 6)
            writer.write(number, bits: width)
        }
    }

    private static func cost(_ block: [UInt64], _ parameter: Int) -> Int {
        block.reduce(0) { sum, number in
            let quotient = number >> UInt64(parameter)
            return sum
                + (quotient < UInt64(longestRun)
                    ? Int(quotient) + 1 + parameter : longestRun + 6 + max(1, 64 - number.leadingZeroBitCount))
        }
    }

    /// The cheapest parameter near the one that the mean suggests.
    private static func bestParameter(_ block: [UInt64]) -> Int {
        let mean = block.reduce(0.0) { $0 + Double($1) } / Double(block.count)
        let middle = mean < 1 ? 0 : min(60, Int(mean.exponent))
        var best = (parameter: 0, cost: Int.max)
        for parameter in max(0, middle - 3)...min(62, middle + 1) {
            let cost = cost(block, parameter)
            if cost < best.cost { best = (parameter, cost) }
        }
        return best.parameter
    }
}
