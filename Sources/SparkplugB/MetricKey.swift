/// Keys that stand for metric names in profiles and expressions.
public enum MetricKey {
    /// Longest key.
    static let limit = 63
    private static let reserved: Set<String> = ["ts", "and", "or", "not", "true", "false", "null"]

    /// The key for a metric's name: `Sensors/Temperature` becomes `sensors_temperature`.
    ///
    /// Letters are made small, whatever is no ASCII letter or digit becomes one `_`.
    public static func of(_ name: String) -> String {
        var key = ""
        for byte in name.lowercased().utf8 {
            let isLetter = (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
            let isDigit = (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
            if isLetter || isDigit {
                key.unicodeScalars.append(Unicode.Scalar(byte))
            } else if !key.isEmpty, key.utf8.last != UInt8(ascii: "_") {
                key += "_"
            }
            if key.utf8.count == limit { break }
        }
        while key.utf8.last == UInt8(ascii: "_") { key.removeLast() }
        guard let first = key.utf8.first else { return "metric" }
        if first <= UInt8(ascii: "9") { key = "m_" + key.prefix(limit - 2) }
        return reserved.contains(key) ? key + "_" : key
    }
}
