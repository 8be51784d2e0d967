/// What MQTT 5.0 (section 4.7) allows as topic names and filters.
public enum TopicRules {
    /// Whether a text may be published to: no wildcards, no NUL, 1 to 65,535 bytes.
    public static func isValidName(_ topic: String) -> Bool {
        isValidText(topic) && !topic.utf8.contains { $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "#") }
    }

    /// Whether a text may be subscribed to: `+` alone in its level, `#` alone in the last.
    public static func isValidFilter(_ filter: String) -> Bool {
        guard isValidText(filter) else { return false }
        let levels = filter.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        for (index, level) in levels.enumerated() {
            if level.contains(UInt8(ascii: "#")), level.count > 1 || index < levels.count - 1 { return false }
            if level.contains(UInt8(ascii: "+")), level.count > 1 { return false }
        }
        return true
    }

    private static func isValidText(_ text: String) -> Bool {
        (1...65_535).contains(text.utf8.count) && !text.utf8.contains(0)
    }
}
