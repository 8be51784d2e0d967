/// Reads and writes the day and time parts of ISO 8601 durations: `PT0S`, `PT1M30S`, `P1DT2H`.
///
/// Years and months are refused, since their length varies.
public struct ISODuration: Hashable, Comparable, Sendable {
    /// The length in milliseconds; never negative.
    public var milliseconds: Int64

    /// Makes a duration of a number of milliseconds.
    public init(milliseconds: Int64) {
        self.milliseconds = max(0, milliseconds)
    }

    /// Reads an ISO 8601 duration.
    ///
    /// - Returns: nil when the text is no such duration, names years or months, or is longer than ten years.
    public init?(_ text: String) {
        var rest = Substring(text)
        guard rest.popFirst() == "P", !rest.isEmpty else { return nil }
        var total = 0.0
        var inTime = false
        var allowed: [(unit: Character, seconds: Double)] = [("W", 604_800), ("D", 86_400)]
        var sawPart = false
        while !rest.isEmpty {
            if rest.first == "T", !inTime {
                inTime = true
                sawPart = false
                rest.removeFirst()
                allowed = [("H", 3_600), ("M", 60), ("S", 1)]
                continue
            }
            let digits = rest.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
            rest.removeFirst(digits.count)
            guard let value = Double(digits), digits.first != ".", digits.last != ".", let unit = rest.popFirst(),
                let index = allowed.firstIndex(where: { $0.unit == unit })
            else { return nil }
            total += value * allowed[index].seconds
            allowed.removeSubrange(...index)
            sawPart = true
        }
        guard sawPart, total <= 10 * 366 * 86_400 else { return nil }
        milliseconds = Int64((total * 1_000).rounded())
    }

    /// The ISO 8601 form, such as `PT1M30S`.
    public var text: String {
        var rest = milliseconds
        let days = rest / 86_400_000
        rest %= 86_400_000
        let hours = rest / 3_600_000
        rest %= 3_600_000
        let minutes = rest / 60_000
        rest %= 60_000
        var text = "P"
        if days > 0 { text += "\(days)D" }
        if hours > 0 || minutes > 0 || rest > 0 || days == 0 { text += "T" }
        if hours > 0 { text += "\(hours)H" }
        if minutes > 0 { text += "\(minutes)M" }
        if rest > 0 || (days == 0 && hours == 0 && minutes == 0) {
            text += JSONValue.text(of: Double(rest) / 1_000) + "S"
        }
        return text
    }

    /// Orders by the natural order.
    public static func < (left: ISODuration, right: ISODuration) -> Bool { left.milliseconds < right.milliseconds }
}
