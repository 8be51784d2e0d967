import Foundation
import Primitives

/// The options of an `erpnext` connector, checked.
struct ERPNextOptions: Hashable, Sendable {
    /// What a work order becomes.
    enum Document: String, CaseIterable, Sendable {
        /// A repair of one asset; has a state of its own, cost and consumed parts.
        case assetRepair = "Asset Repair"
        /// A ticket of the support module; has priority and type, and needs no asset.
        case issue = "Issue"
    }

    /// What a work order becomes.
    var document = Document.assetRepair
    /// Sent where documents ask for one; nil leaves it to the API user's default.
    var company: String?
    /// The site behind an address that serves several (`X-Frappe-Site-Name`).
    var site: String?
    /// Where stock operations book when the mapping names no place.
    var warehouse: String?
    /// The unique custom field that holds the key.
    var referenceField = "plantwright_ref"
    /// A custom link field of Issue that takes the asset; nil writes it into the description.
    var equipmentField: String?
    /// The site's time zone; nil asks the site.
    var timeZone: TimeZone?
    /// From alarm severities to Issue priorities.
    var priorities = ["low": "Low", "medium": "Medium", "high": "High", "critical": "High"]
    /// Seconds; see ``ERPConnector/settle``.
    var settle = 60.0

    /// The document types that hold a key.
    var referencedTypes: [String] { [document.rawValue] + Self.stockTypes }

    static let stockTypes = ["Stock Entry", "Stock Reconciliation"]

    /// Reads and checks the options as an admin wrote them.
    ///
    /// - Throws: every fault found.
    init(_ value: JSONValue?, at pointer: String = "/options") throws(InvalidInput) {
        guard let value, !value.isNull else { return }
        var reader = try InputReader(value, at: pointer)
        if let text = reader.string("document") {
            if let document = Document(rawValue: text) {
                self.document = document
            } else {
                let known = Document.allCases.map(\.rawValue).joined(separator: ", ")
                reader.note("document", "choice", "Must be one of: \(known).")
            }
        }
        company = reader.string("company", maximumLength: 140).nonEmpty
        site = reader.string("site").nonEmpty
        if let site, !site.utf8.allSatisfy({ PercentEncoding.isUnreserved($0) }) {
            reader.note("site", "invalid", "A site's name is a host name such as erp.example.com.")
        }
        warehouse = reader.string("warehouse", maximumLength: 140).nonEmpty
        referenceField = Self.fieldName("referenceField", &reader) ?? referenceField
        equipmentField = Self.fieldName("equipmentField", &reader)
        if let name = reader.string("timeZone").nonEmpty {
            timeZone = SiteTime.zone(name)
            if timeZone == nil {
                reader.note("timeZone", "time-zone", "Expected a name such as Europe/Berlin.")
            }
        }
        if let table = reader.value("priorities") { readPriorities(table, &reader) }
        settle = reader.number("settle", in: 0...86_400) ?? settle
        try reader.finish()
    }

    private mutating func readPriorities(_ table: JSONValue, _ reader: inout InputReader) {
        guard let object = table.object else {
            return reader.note("priorities", "type", "Expected an object such as {\"critical\": \"Urgent\"}.")
        }
        for member in object.members {
            guard let text = member.value.string, !text.isEmpty else {
                reader.note("priorities", "type", "“\(member.name)” must name an Issue Priority.")
                continue
            }
            priorities[member.name] = text
        }
    }

    /// Field names go into filters and are columns there.
    private static func fieldName(_ name: String, _ reader: inout InputReader) -> String? {
        guard let text = reader.string(name, maximumLength: 61).nonEmpty else { return nil }
        let isName = text.utf8.enumerated().allSatisfy { index, byte in
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                || index > 0
                    && ((UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || byte == UInt8(ascii: "_"))
        }
        if !isName {
            reader.note(name, "field-name", "A field's name has lower-case letters, digits and “_”, such as site_ref.")
        }
        return text
    }
}

extension Optional where Wrapped == String {
    /// The text; nil for an empty one.
    var nonEmpty: String? { flatMap { $0.isEmpty ? nil : $0 } }
}
