/// Reads JSON numbers (RFC 8259 section 6) as doubles, correctly rounded.
///
/// A decimal whose digits fit 53 bits and whose power of ten is at most 22 in size needs one multiplication or division
/// of exact doubles, which rounds correctly (W. D. Clinger, "How to Read Floating Point Numbers Accurately", 1990). Any
/// other goes to the standard library.
enum DecimalScanner {
    private static let powers: [Double] = [
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19,
        1e20, 1e21, 1e22,
    ]

    /// Reads the number that starts at `position`, which is moved behind it.
    ///
    /// - Returns: nil when there is no JSON number or when it exceeds a double's range; `position` is then undefined.
    static func number(_ bytes: UnsafeBufferPointer<UInt8>, at position: inout Int) -> Double? {
        let start = position
        let isNegative = position < bytes.count && bytes[position] == UInt8(ascii: "-")
        if isNegative { position += 1 }
        var mantissa: UInt64 = 0
        let first = position
        var digits = scan(bytes, at: &position, into: &mantissa)
        guard digits > 0, digits == 1 || bytes[first] != UInt8(ascii: "0") else { return nil }
        var exponent = 0
        if position < bytes.count, bytes[position] == UInt8(ascii: ".") {
            position += 1
            let fraction = scan(bytes, at: &position, into: &mantissa)
            guard fraction > 0 else { return nil }
            digits += fraction
            exponent = -fraction
        }
        if position < bytes.count, bytes[position] | 0x20 == UInt8(ascii: "e") {
            guard let power = power(bytes, at: &position) else { return nil }
            exponent += power
        }
        // Nineteen digits always fit 64 bits.
        if digits <= 19, mantissa <= 1 << 53, -22...22 ~= exponent {
            let magnitude =
                exponent < 0 ? Double(mantissa) / powers[-exponent] : Double(mantissa) * powers[exponent]
            return isNegative ? -magnitude : magnitude
        }
        let text = String(decoding: UnsafeBufferPointer(rebasing: bytes[start..<position]), as: UTF8.self)
        guard let value = Double(text), value.isFinite else { return nil }
        return value
    }

    /// Reads digits.
    ///
    /// - Returns: how many there were; the mantissa is only right when it has at most 19 in all.
    @inline(__always)
    private static func scan(
        _ bytes: UnsafeBufferPointer<UInt8>,
        at position: inout Int,
        into mantissa: inout UInt64
    ) -> Int {
        let start = position
        while position < bytes.count {
            let digit = bytes[position] &- UInt8(ascii: "0")
            guard digit < 10 else { break }
            mantissa = mantissa &* 10 &+ UInt64(digit)
            position += 1
        }
        return position - start
    }

    /// Reads an exponent from its letter on; far more than a double's range is cut short.
    private static func power(_ bytes: UnsafeBufferPointer<UInt8>, at position: inout Int) -> Int? {
        position += 1
        var isNegative = false
        if position < bytes.count, bytes[position] == UInt8(ascii: "-") || bytes[position] == UInt8(ascii: "+") {
            isNegative = bytes[position] == UInt8(ascii: "-")
            position += 1
        }
        let start = position
        var value = 0
        while position < bytes.count {
            let digit = bytes[position] &- UInt8(ascii: "0")
            guard digit < 10 else { break }
            value = min(value * 10 + Int(digit), 100_000)
            position += 1
        }
        guard position > start else { return nil }
        return isNegative ? -value : value
    }
}
