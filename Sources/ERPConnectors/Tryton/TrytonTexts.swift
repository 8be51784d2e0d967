import Primitives

/// The texts that orders and notes carry, and what is read out of them again.
enum TrytonTexts {
    private static let equipmentLabel = "Equipment: "

    /// The text of a new order: the note of a production, the comment of a task.
    ///
    /// The key stands alone in the last line, for the look-up.
    static func order(_ fields: OrderFields, key: String, withTitle: Bool) -> String {
        var facts: [String] = []
        if let equipment = fields.text("equipment") { facts.append(equipmentLabel + equipment) }
        if let priority = fields.text("priority") { facts.append("Priority: " + priority) }
        if let date = fields.text("dueDate") { facts.append("Due: " + date) }
        if let link = fields.text("link") { facts.append(link) }
        let blocks: [String?] = [
            withTitle ? fields.text("title") : nil, fields.text("description"), facts.joined(separator: "\n"), key,
        ]
        return blocks.compactMap { $0 }.filter { !$0.isEmpty }.joined(separator: "\n\n")
    }

    /// The note of a change.
    static func change(_ fields: OrderFields, key: String) -> String {
        var facts: [String] = []
        if let priority = fields.text("priority") { facts.append("Priority: " + priority) }
        if let date = fields.text("dueDate") { facts.append("Due: " + date) }
        let blocks: [String?] = [
            fields.text("title"), fields.text("description"), facts.isEmpty ? nil : facts.joined(separator: "\n"), key,
        ]
        return blocks.compactMap { $0 }.joined(separator: "\n\n")
    }

    /// A remark.
    static func remark(_ text: String, key: String) -> String { text + "\n\n" + key }

    /// What is in a text that ``order(_:key:withTitle:)`` made: its first line, the equipment, the key.
    static func parts(of text: String) -> (title: String, equipment: String?, key: String?) {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        let equipment = lines.first { $0.hasPrefix(equipmentLabel) }.map { String($0.dropFirst(equipmentLabel.count)) }
        return (String(lines.first ?? ""), equipment, key(of: text))
    }

    /// The key in a text's last line; nil when a person wrote the text.
    static func key(of text: String) -> String? {
        guard let last = text.split(separator: "\n").last, last.hasPrefix("pw-"), (4...16).contains(last.count),
            last.utf8.allSatisfy({ byte in
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                    || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || byte == UInt8(ascii: "-")
            })
        else { return nil }
        return String(last)
    }
}
