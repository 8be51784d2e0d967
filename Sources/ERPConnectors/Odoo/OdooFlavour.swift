import Primitives

/// What differs between Odoo's versions, as far as connectors meet it.
struct OdooFlavour: Hashable, Sendable {
    /// How stock figures are set.
    enum StockWriting: Sendable {
        /// The wizard `stock.change.product.qty` (11, 12).
        case wizard
        /// `stock.quant` in inventory mode, in force at once (13, 14).
        case quant
        /// `stock.quant` in inventory mode, then applied (from 15 on).
        case appliedQuant
    }

    /// The major version: 11 to 19 and more.
    var major: Int
    var wire: OdooWire
    /// The fields of `maintenance.request` and their types; nil while they are not known.
    var requestFields: [String: String]?

    /// Reads a version such as `11.0`, `17.0+e` or `saas~18.2`.
    static func major(in version: String) -> Int? {
        Int(version.drop { !$0.isNumber }.prefix { $0.isNumber }.prefix(4))
    }

    /// Whether the request's description is HTML (from 15 on) or plain text.
    var describesInHTML: Bool { requestFields.map { $0["description"] == "html" } ?? (major >= 15) }
    /// Who is to do the work.
    var technicianField: String {
        requestFields.map { $0["user_id"] == nil ? "technician_user_id" : "user_id" }
            ?? (major >= 12 ? "user_id" : "technician_user_id")
    }
    /// Whether requests belong to a company.
    var hasCompany: Bool { requestFields.map { $0["company_id"] != nil } ?? (major >= 12) }
    /// Whether `message_post` takes its body as plain text.
    var postsPlainText: Bool { major >= 17 }
    /// Whether a user's rights are asked for by `has_access`.
    var hasAccessMethod: Bool { major >= 18 }
    /// The lines of a transfer.
    var movesField: String { major >= 16 ? "move_ids" : "move_lines" }
    /// Whether a move needs a text of its own.
    var movesHaveNames: Bool { major < 19 }
    /// Whether what was moved is written as `quantity` and marked as picked.
    var marksPicked: Bool { major >= 17 }
    /// How stock figures are set.
    var stockWriting: StockWriting { major >= 15 ? .appliedQuant : major >= 13 ? .quant : .wizard }
}

/// The shapes of Odoo's values: `false` for nothing, `[number, name]` for another record.
extension JSONValue {
    /// A text that is there.
    var odooText: String? {
        guard let string, !string.isEmpty else { return nil }
        return string.withoutNUL
    }

    /// The number of the record that is referred to.
    var odooReference: Int64? { array?.first?.integer }

    /// The name of the record that is referred to.
    var odooReferenceName: String? {
        guard let array, array.count > 1 else { return nil }
        return array[1].odooText
    }

    /// `2026-11-22 10:00:00` or `2026-11-22`, in UTC.
    var odooTime: Timestamp? {
        guard let text = odooText else { return nil }
        return Timestamp(rfc3339: text.count == 10 ? "\(text)T00:00:00Z" : "\(text.replacing(" ", with: "T"))Z")
    }
}

extension Timestamp {
    /// The form of Odoo's times: UTC, whole seconds.
    var odoo: String { String(rfc3339.prefix(19)).replacing("T", with: " ") }
}
