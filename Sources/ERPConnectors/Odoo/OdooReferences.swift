import Primitives

/// A product as stock operations need it.
struct OdooProduct: Hashable, Sendable {
    var id: JSONValue
    var name: String
    var unit: JSONValue
    var unitName: String?
    /// Whether each piece or lot is followed by a number of its own.
    var isTracked = false
}

/// What the texts of an order's fields and of the options are in Odoo: numbers of records, or in previews what is asked
/// for in their place.
struct OdooReferences: Hashable, Sendable {
    var equipment: JSONValue?
    var team: JSONValue?
    var company: JSONValue?
    var technician: JSONValue?
    var stage: JSONValue?
    var product: OdooProduct?
    var places: OdooPlaces?

    /// What cannot be known without asking.
    static func placeholder(_ what: String, _ text: String? = nil) -> JSONValue {
        .string("‹\(what)\(text.map { " \($0)" } ?? "")›")
    }
}

/// Where stock is booked.
struct OdooPlaces: Hashable, Sendable {
    /// The kind of transfer.
    var transferType: JSONValue
    var from: JSONValue
    var to: JSONValue
}
