import Primitives

/// The options of a `dynamics-field-service` connector, checked.
struct FieldServiceOptions: Hashable, Sendable {
    /// The column of work orders that holds the key; it must have an alternate key.
    var keyColumn: String
    /// The column of customer assets that references are matched with.
    var equipmentColumn: String
    /// The account that work orders are for, when the asset has none.
    var serviceAccount: String?
    /// The price list of work orders.
    var priceList: String?
    /// The usual warehouse, by name.
    var warehouse: String?
    /// Severity to name of a priority.
    var priorities: [String: String]
    /// Seconds; see ``ERPConnector/settle``.
    var settle: Double

    /// Reads the options.
    ///
    /// - Throws: every fault found.
    init(_ value: JSONValue, at pointer: String = "/options") throws(InvalidInput) {
        var reader = try InputReader(value.isNull ? [:] : value, at: pointer)
        keyColumn = reader.identifier("keyColumn", default: "pw_plantwrightkey")
        equipmentColumn = reader.identifier("equipmentColumn", default: "msdyn_name")
        serviceAccount = Self.guid("serviceAccount", &reader)
        priceList = Self.guid("priceList", &reader)
        warehouse = reader.string("warehouse", maximumLength: 100)
        priorities = reader.priorities()
        settle = reader.settle()
        if let problem = Self.problem(ofColumn: keyColumn) { reader.note("keyColumn", "invalid", problem) }
        try reader.finish()
    }

    /// Custom columns begin with a publisher's prefix of 2 to 8 characters.
    private static func problem(ofColumn name: String) -> String? {
        guard let underscore = name.firstIndex(of: "_") else {
            return "A custom column begins with its publisher's prefix, such as pw_plantwrightkey."
        }
        let length = name.distance(from: name.startIndex, to: underscore)
        return (2...8).contains(length) && name == name.lowercased()
            ? nil : "Expected the column's logical name: lower case, with a prefix of 2 to 8 characters."
    }

    private static func guid(_ name: String, _ reader: inout InputReader) -> String? {
        guard let text = reader.string(name), !text.isEmpty else { return nil }
        if !DataverseIdentifier.isValid(text) {
            reader.note(name, "invalid", "Expected an identifier such as 3f2504e0-4f89-11d3-9a0c-0305e82c3301.")
        }
        return text.lowercased()
    }
}

/// Row identifiers of Dataverse.
enum DataverseIdentifier {
    /// An identifier made of a key: its characters are the bytes, so that the row is found by the key alone.
    ///
    /// Dataverse takes a primary key that the client chose and refuses a second row with it (Power Apps,
    /// “Use Upsert to create or update a record”).
    static func of(key: String) -> String {
        var bytes = Array(key.utf8.prefix(16))
        bytes += Array(repeating: 0, count: 16 - bytes.count)
        let hex = bytes.map { byte in
            let text = String(byte, radix: 16)
            return text.count == 1 ? "0" + text : text
        }.joined()
        let parts = [0..<8, 8..<12, 12..<16, 16..<20, 20..<32].map { range in
            String(hex.dropFirst(range.lowerBound).prefix(range.count))
        }
        return parts.joined(separator: "-")
    }

    /// Whether a text is an identifier.
    static func isValid(_ text: String) -> Bool {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        return parts.map(\.count) == [8, 4, 4, 4, 12] && parts.joined().allSatisfy(\.isHexDigit)
    }

    /// The identifier in an `OData-EntityId` header: `…/msdyn_workorders(3f25…)`.
    static func inHeader(_ text: String) -> String? {
        guard let open = text.lastIndex(of: "("), text.last == ")" else { return nil }
        let inner = String(text[text.index(after: open)...].dropLast())
        return isValid(inner) ? inner.lowercased() : nil
    }
}
