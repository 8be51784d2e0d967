import Primitives

/// The options of an `odoo` connector, checked.
struct OdooOptions: Hashable, Sendable {
    /// The database; JSON-RPC needs it, `/json/2` where one server has several.
    var database: String?
    /// The module part of the external ids that carry our keys.
    var externalIDModule = "plantwright"
    /// A maintenance team, by name or number; nil takes the equipment's.
    var team: String?
    /// A company, by name or number; nil takes the user's.
    var company: String?
    /// A warehouse, by code, name or number; nil takes the first.
    var warehouse: String?
    /// A stock location, by its full name or number; nil takes the warehouse's.
    var location: String?
    /// The usage of the location that received stock comes from: `supplier` or `production`.
    var receiveFrom = "supplier"
    /// The field of `maintenance.equipment` that assets refer to.
    var equipmentField = "serial_no"
    /// Odoo's priorities by an alarm's severity.
    var priorities = ["low": "1", "medium": "2", "high": "3", "critical": "3"]
    /// Names of stages that count as done, beside those that Odoo marks so.
    var doneStages: [String] = []
    /// Names of stages in which a request will not be done.
    var cancelledStages: [String] = []
    /// Seconds; see ``ERPConnector/settle``.
    var settle = 60.0

    /// Reads and checks the options as an admin wrote them.
    ///
    /// - Throws: every fault found, with pointers under `/options`; under `/credentials` when Odoo takes no such
    ///   credentials.
    init(_ value: JSONValue?, credentials: ConnectorCredentials) throws(InvalidInput) {
        var issues: [InputIssue] = []
        if let value, !value.isNull {
            do throws(InvalidInput) {
                try read(value)
            } catch {
                issues += error.issues
            }
        }
        switch credentials {
        case .bearer: break
        case .basic:
            if database == nil, !issues.contains(where: { $0.pointer == "/options/database" }) {
                let detail = "With a user name and password Odoo must be told the database."
                issues.append(InputIssue(pointer: "/options/database", code: "required", detail: detail))
            }
        // Options can be checked before credentials are given.
        case .none: break
        case .header, .oauth2:
            let detail = "Odoo takes a user name with a password or API key, or an API key as bearer token."
            issues.append(InputIssue(pointer: "/credentials", code: "credentials", detail: detail))
        }
        if !issues.isEmpty { throw InvalidInput(issues) }
    }

    private mutating func read(_ value: JSONValue) throws(InvalidInput) {
        var reader = try InputReader(value, at: "/options")
        database = Self.text("database", &reader)
        if let module = Self.text("externalIdModule", &reader) {
            externalIDModule = module
            if !Self.isName(module) {
                reader.note("externalIdModule", "name", "Lower-case letters, digits and “_”, beginning with a letter.")
            }
        }
        team = Self.text("team", &reader)
        company = Self.text("company", &reader)
        warehouse = Self.text("warehouse", &reader)
        location = Self.text("location", &reader)
        if let usage = Self.text("receiveFrom", &reader) {
            receiveFrom = usage
            if !["supplier", "production"].contains(usage) {
                reader.note("receiveFrom", "choice", "Must be one of: supplier, production.")
            }
        }
        if let field = Self.text("equipmentField", &reader) {
            equipmentField = field
            if !Self.isName(field) {
                reader.note("equipmentField", "name", "The technical name of a field, such as serial_no or x_tag.")
            }
        }
        Self.priorities(&reader, &priorities)
        doneStages = Self.texts("doneStages", &reader)
        cancelledStages = Self.texts("cancelledStages", &reader)
        settle = reader.number("settle", in: 0...86_400) ?? settle
        try reader.finish()
    }

    private static func text(_ name: String, _ reader: inout InputReader) -> String? {
        reader.string(name).flatMap { $0.isEmpty ? nil : $0 }
    }

    private static func isName(_ text: String) -> Bool {
        guard let first = text.utf8.first, (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(first) else { return false }
        return text.utf8.allSatisfy { byte in
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || byte == UInt8(ascii: "_")
        }
    }

    private static func priorities(_ reader: inout InputReader, _ priorities: inout [String: String]) {
        guard let value = reader.value("priorities") else { return }
        guard let object = value.object else {
            return reader.note("priorities", "type", "Expected an object such as {\"critical\": \"3\"}.")
        }
        for member in object.members {
            let text = member.value.string ?? member.value.integer.map(String.init)
            guard let text, OdooManifestFields.priorities.contains(where: { $0.value == text }) else {
                reader.note("priorities", "choice", "“\(member.name)” must become one of 0, 1, 2, 3.")
                continue
            }
            priorities[member.name] = text
        }
    }

    private static func texts(_ name: String, _ reader: inout InputReader) -> [String] {
        guard let value = reader.value(name) else { return [] }
        guard let elements = value.array, elements.allSatisfy({ $0.string != nil }) else {
            reader.note(name, "type", "Expected a list of stage names.")
            return []
        }
        return elements.compactMap(\.string)
    }
}
