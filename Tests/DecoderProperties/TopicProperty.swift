import Decoders

/// The tree of topic filters finds what the rules of MQTT 5.0 section 4.7 say, filter by filter: the last line is the
/// topic, those before it are filters.
public enum TopicProperty: DecoderProperty {
    /// Says what is wrong, or nil when the property holds.
    public static func violation(_ input: [UInt8]) -> String? {
        guard let text = String(validating: input, as: UTF8.self) else { return nil }
        var lines = text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            .map { String(decoding: $0, as: UTF8.self) }
        guard let topic = lines.popLast(), lines.count <= 64 else { return nil }
        var tree = TopicFilterTree<String>()
        var best: String?
        for line in lines {
            guard let filter = try? TopicFilter(line) else { continue }
            tree.insert(filter, line)
            guard matches(levels(line), levels(topic)) else { continue }
            if let known = best, rank(known) <= rank(line) { continue }
            best = line
        }
        return tree.match(topic) == best ? nil : "another filter is found"
    }

    private static func levels(_ topic: String) -> [Substring.UTF8View] {
        topic.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    }

    private static func matches(_ filter: [Substring.UTF8View], _ topic: [Substring.UTF8View]) -> Bool {
        if topic[0].first == UInt8(ascii: "$"), isWildcard(filter[0]) { return false }
        for (index, level) in filter.enumerated() {
            if level.elementsEqual("#".utf8) { return topic.count >= index }
            guard index < topic.count, level.elementsEqual("+".utf8) || level.elementsEqual(topic[index]) else {
                return false
            }
        }
        return filter.count == topic.count
    }

    private static func isWildcard(_ level: Substring.UTF8View) -> Bool {
        level.elementsEqual("#".utf8) || level.elementsEqual("+".utf8)
    }

    /// Names before `+` before `#`, from the left.
    private static func rank(_ filter: String) -> String {
        levels(filter).map { $0.elementsEqual("+".utf8) ? "1" : $0.elementsEqual("#".utf8) ? "2" : "0" }.joined()
    }
}
