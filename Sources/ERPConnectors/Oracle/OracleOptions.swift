import Primitives

/// The options of an `oracle-maintenance` connector, checked.
struct OracleOptions: Hashable, Sendable {
    /// The code of the maintenance organization.
    var organization: String
    /// The usual subinventory.
    var subinventory: String?
    /// The type of work orders unless told.
    var workType: String
    /// Their subtype; nil for none.
    var workSubtype: String?
    /// The status that they are made in.
    var status: String
    /// The category of pictures.
    var attachmentCategory: String
    /// Severity to priority.
    var priorities: [String: String]
    /// Seconds; see ``ERPConnector/settle``.
    var settle: Double

    /// Reads the options.
    ///
    /// - Throws: every fault found.
    init(_ value: JSONValue, at pointer: String = "/options") throws(InvalidInput) {
        var reader = try InputReader(value.isNull ? [:] : value, at: pointer)
        organization = reader.requiredString("organization", maximumLength: 18)
        subinventory = reader.string("subinventory", maximumLength: 10)
        workType = reader.identifier("workType", default: "CORRECTIVE")
        workSubtype = reader.string("workSubtype", maximumLength: 30)
        status = reader.identifier("status", default: "ORA_UNRELEASED")
        attachmentCategory = reader.identifier("attachmentCategory", default: "MISC")
        let given = reader.priorities()
        priorities = ["critical": "1", "high": "2", "medium": "3", "low": "4"].merging(given) { $1 }
        if given.values.contains(where: { Int($0) == nil }) {
            reader.note("priorities", "invalid", "Priorities of Oracle are whole numbers.")
        }
        settle = reader.settle()
        try reader.finish()
    }
}
