import Foundation

/// The marks of a value axis: round numbers, as many as there is room for.
struct ValueTicks: Hashable, Sendable {
    /// The axis's lower end.
    var low: Double
    /// Its upper end.
    var high: Double
    /// The marks, rising.
    var values: [Double]
    /// What stands at them.
    var labels: [String]

    /// Chooses marks for a span of values.
    ///
    /// - Parameters:
    ///   - span: what the axis must show.
    ///   - count: about how many marks there is room for.
    init(_ span: ClosedRange<Double>, count: Int) {
        var (low, high) = (span.lowerBound, span.upperBound)
        if high - low <= max(max(abs(low), abs(high)) * 1e-12, 1e-290) {
            // One value only: it goes into the middle.
            let half = abs(low) < 1e-290 ? 1 : abs(low) * 0.05
            (low, high) = (low - half, high + half)
        }
        // Room above and below, so that nothing touches the frame; never below zero for what is not negative.
        let room = min((high - low) * 0.06, Double.greatestFiniteMagnitude / 4)
        let isPositive = span.lowerBound >= 0
        (low, high) = (low - room, high + room)
        if isPositive, low < 0 { low = 0 }
        var step = Self.step((high - low) / Double(max(2, count)))
        var values = Self.multiples(of: step, low, high)
        if values.count < 2 {
            step = Self.step(step * 0.39)
            values = Self.multiples(of: step, low, high)
        }
        self.low = low
        self.high = high
        self.values = values
        let largest = values.map(abs).max() ?? 0
        labels = values.map { NumberText.axis($0, step: step, largest: largest) }
    }

    private static func multiples(of step: Double, _ low: Double, _ high: Double) -> [Double] {
        let first = (low / step).rounded(.up)
        var values: [Double] = []
        for index in 0..<64 {
            let value = (first + Double(index)) * step
            if value > high + step * 1e-9 { break }
            values.append(abs(value) < step * 1e-9 ? 0 : value)
        }
        return values
    }

    /// The next 1, 2 or 5 times a power of ten.
    private static func step(_ rough: Double) -> Double {
        let power = pow(10, log10(rough).rounded(.down))
        let factor = rough / power
        return (factor <= 1 ? 1 : factor <= 2 ? 2 : factor <= 5 ? 5 : 10) * power
    }
}

/// Numbers as people read them: a decimal point, thin grouping, powers of ten beyond what can be taken in.
enum NumberText {
    /// A number on an axis: all have the decimals that the step needs.
    static func axis(_ value: Double, step: Double, largest: Double) -> String {
        if value == 0 { return "0" }
        if largest >= 1e7 || largest < 1e-4 { return scientific(value, digits: 3) }
        let decimals = min(8, max(0, Int((-log10(step) - 1e-9).rounded(.up))))
        return fixed(value, decimals: decimals)
    }

    /// A number in a sentence: four figures that count.
    static func plain(_ value: Double) -> String {
        if value == 0 { return "0" }
        let size = abs(value)
        if size >= 1e7 || size < 1e-4 { return scientific(value, digits: 4) }
        let decimals = min(8, max(0, 3 - Int(log10(size).rounded(.down))))
        var text = fixed(value, decimals: decimals)
        if text.contains(".") {
            while text.last == "0" { text.removeLast() }
            if text.last == "." { text.removeLast() }
        }
        return text
    }

    private static func fixed(_ value: Double, decimals: Int) -> String {
        let text = String(format: "%.\(decimals)f", abs(value))
        let parts = text.split(separator: ".")
        var whole = ""
        let digits = Array(parts[0])
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index) % 3 == 0, digits.count > 4 { whole.append("\u{A0}") }
            whole.append(digit)
        }
        return (value < 0 ? "\u{2212}" : "") + whole + (parts.count > 1 ? ".\(parts[1])" : "")
    }

    private static func scientific(_ value: Double, digits: Int) -> String {
        var exponent = Int(log10(abs(value)).rounded(.down))
        var mantissa =
            exponent < -300
            ? abs(value) * 1e300 / pow(10, Double(exponent + 300)) : abs(value) / pow(10, Double(exponent))
        if mantissa >= 9.9995 { (mantissa, exponent) = (mantissa / 10, exponent + 1) }
        var text = String(format: "%.\(digits - 1)f", mantissa)
        if text.contains(".") {
            while text.last == "0" { text.removeLast() }
            if text.last == "." { text.removeLast() }
        }
        let raised = String(abs(exponent)).map { superscripts[Int(String($0)) ?? 0] }.joined()
        return (value < 0 ? "\u{2212}" : "") + text + "·10" + (exponent < 0 ? "⁻" : "") + raised
    }

    private static let superscripts = ["⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"]
}
