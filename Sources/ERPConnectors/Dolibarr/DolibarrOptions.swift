import Primitives

/// The options of a `dolibarr` connector, checked.
struct DolibarrOptions: Hashable, Sendable {
    /// What a work order becomes.
    enum Document: String, CaseIterable, Sendable {
        /// An intervention sheet; found by its customer reference, which is not unique.
        case intervention
        /// A ticket; its track id is the key, and unique.
        case ticket
    }

    /// What a work order becomes.
    var document = Document.intervention
    /// The third party of new documents; interventions need one.
    var thirdparty: Int64?
    /// The project of new documents.
    var project: Int64?
    /// Whether new interventions are validated.
    var validates = true
    /// Number or reference of the warehouse where stock is booked.
    var warehouse: String?
    /// From alarm severities to ticket severities.
    var priorities = ["low": "LOW", "medium": "NORMAL", "high": "HIGH", "critical": "BLOCKING"]
    /// Seconds; see ``ERPConnector/settle``.
    var settle = 60.0

    /// Reads and checks the options as an admin wrote them.
    ///
    /// - Throws: every fault found.
    init(_ value: JSONValue?, at pointer: String = "/options") throws(InvalidInput) {
        var reader = try InputReader(value.flatMap { $0.isNull ? nil : $0 } ?? [:], at: pointer)
        if let text = reader.string("document") {
            if let document = Document(rawValue: text) {
                self.document = document
            } else {
                reader.note("document", "choice", "Must be one of: intervention, ticket.")
            }
        }
        thirdparty = Self.number("thirdparty", &reader)
        project = Self.number("project", &reader)
        validates = reader.bool("validate") ?? true
        warehouse = Self.name("warehouse", &reader)
        if let table = reader.value("priorities") {
            for member in table.object?.members ?? [] {
                guard let text = member.value.string, !text.isEmpty else {
                    reader.note("priorities", "type", "“\(member.name)” must name a ticket severity.")
                    continue
                }
                priorities[member.name] = text
            }
            if table.object == nil { reader.note("priorities", "type", "Expected an object.") }
        }
        settle = reader.number("settle", in: 0...86_400) ?? settle
        if document == .intervention, thirdparty == nil {
            reader.note("thirdparty", "required", "Interventions need a third party: give its number.")
        }
        try reader.finish()
    }

    private static func number(_ name: String, _ reader: inout InputReader) -> Int64? {
        guard let number = reader.number(name, in: 1...2_147_483_647) else { return nil }
        if number != number.rounded() { reader.note(name, "number", "Expected a whole number.") }
        return Int64(number)
    }

    private static func name(_ name: String, _ reader: inout InputReader) -> String? {
        guard let text = reader.string(name).nonEmpty else { return nil }
        if !isFilterable(text) {
            reader.note(name, "characters", "This text cannot be searched for in Dolibarr: give the number instead.")
        }
        return text
    }

    /// Whether a text can stand in `sqlfilters`: a colon, quote or parenthesis breaks the filter, and the whole list is
    /// the answer.
    static func isFilterable(_ text: String) -> Bool {
        text.unicodeScalars.allSatisfy {
            $0.properties.isAlphabetic || $0.properties.numericType != nil || " -_./".unicodeScalars.contains($0)
        }
    }
}
