import Primitives

/// The options of an `inventree` connector, checked.
struct InvenTreeOptions: Hashable, Sendable {
    /// IPN of the part that build orders are for.
    var part: String?
    /// Name or number of the location where stock is booked.
    var location: String?
    /// How build orders are numbered; nil asks the server.
    var pattern: ReferencePattern?
    /// From alarm severities to priorities.
    var priorities = ["low": 1, "medium": 2, "high": 3, "critical": 4]
    /// Seconds; see ``ERPConnector/settle``.
    var settle = 60.0

    /// Reads and checks the options as an admin wrote them.
    ///
    /// - Throws: every fault found.
    init(_ value: JSONValue?, at pointer: String = "/options") throws(InvalidInput) {
        guard let value, !value.isNull else { return }
        var reader = try InputReader(value, at: pointer)
        part = reader.string("part", maximumLength: 100).nonEmpty
        location = reader.string("location", maximumLength: 250).nonEmpty
        if let text = reader.string("referencePattern", maximumLength: 100).nonEmpty {
            pattern = ReferencePattern(text)
            if pattern == nil {
                let detail = "Expected fixed text around one {ref}, such as BO-{ref:04d}."
                reader.note("referencePattern", "pattern", detail)
            }
        }
        if let table = reader.value("priorities") {
            for member in table.object?.members ?? [] {
                guard let number = member.value.integer, (0...1_000).contains(number) else {
                    reader.note("priorities", "type", "“\(member.name)” must be a number from 0 to 1,000.")
                    continue
                }
                priorities[member.name] = Int(number)
            }
            if table.object == nil {
                reader.note("priorities", "type", "Expected an object such as {\"critical\": 9}.")
            }
        }
        settle = reader.number("settle", in: 0...86_400) ?? settle
        try reader.finish()
    }

    /// A severity's number, or a number as it stands; nil for other words.
    func priority(_ text: String) -> Int? {
        priorities[text] ?? Int(text).flatMap { (0...1_000).contains($0) ? $0 : nil }
    }
}

/// How references of build orders are formed: fixed text around a number, such as `BO-{ref:04d}`.
struct ReferencePattern: Hashable, Sendable {
    /// The pattern as it stands in the settings.
    var text: String
    private var prefix: String
    private var suffix: String
    private var width: Int

    /// Nil for patterns with wildcards or dates, which only people can fill in.
    init?(_ text: String) {
        guard let open = text.firstIndex(of: "{"), let close = text[open...].firstIndex(of: "}") else { return nil }
        let field = text[text.index(after: open)..<close]
        let parts = field.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.first == "ref", parts.count <= 2 else { return nil }
        let format = parts.count == 2 ? parts[1] : "d"
        guard format.hasSuffix("d"), let width = format.dropLast().isEmpty ? 0 : Int(format.dropLast()),
            (0...18).contains(width)
        else { return nil }
        prefix = String(text[..<open])
        suffix = String(text[text.index(after: close)...])
        guard !(prefix + suffix).contains(where: { "?#{}[]".contains($0) }) else { return nil }
        self.text = text
        self.width = width
    }

    /// The reference with a number.
    func reference(_ number: Int) -> String {
        let digits = String(number)
        return prefix + String(repeating: "0", count: max(0, width - digits.count)) + digits + suffix
    }

    /// The number in a reference; nil when it is not of this pattern.
    func number(in reference: String) -> Int? {
        guard reference.hasPrefix(prefix), reference.hasSuffix(suffix), reference.count > prefix.count + suffix.count
        else { return nil }
        let digits = reference.dropFirst(prefix.count).dropLast(suffix.count)
        guard digits.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else { return nil }
        return Int(digits)
    }
}
