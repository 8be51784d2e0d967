import Primitives

/// The options of a `tryton` connector, checked.
struct TrytonOptions: Hashable, Sendable {
    /// What a maintenance order is in Tryton, which has no model of its own for them.
    enum OrderModel: String, CaseIterable, Sendable {
        /// Has a reference, states, parts and costs; its texts are notes.
        case production
        /// Has a name, a comment and a status; no parts.
        case task = "project.work"
    }

    /// What stands for a piece of equipment.
    enum Equipment: String, CaseIterable, Sendable {
        /// A product of type “asset”, or of ``TrytonOptions/equipmentCategory``, by its code.
        case product
        /// A lot, by its number: the serial number.
        case lot
        /// A work centre, by its name.
        case workCenter = "work-center"
        /// A project, by its name; tasks are made below it.
        case project
    }

    /// Name of the database on the server.
    var database = ""
    /// Name or number of the company; nil for the user's own.
    var company: String?
    var orderModel = OrderModel.production
    /// Code or name of the warehouse; nil when there is only one.
    var warehouse: String?
    /// Code or name of the usual place of stock; nil for the warehouse's storage zone.
    var location: String?
    var equipment = Equipment.product
    var equipmentCategory: String?
    /// Name of the project that tasks are made in.
    var project: String?
    /// Name of the task status that means cancelled.
    var cancelledStatus: String?
    /// What error messages are written in.
    var language = "en"
    /// Whether stock is booked out although Tryton has less.
    var isForcing = false
    /// Seconds; see ``ERPConnector/settle``.
    var settle = 60.0

    /// Reads and checks the options as an admin wrote them.
    ///
    /// - Parameters:
    ///   - value: the options.
    ///   - pointer: where they stand in the document.
    /// - Throws: every fault found.
    init(_ value: JSONValue?, at pointer: String = "/options") throws(InvalidInput) {
        var reader = try InputReader(value ?? [:], at: pointer)
        database = reader.requiredString("database", maximumLength: 63)
        if database.contains("/") { reader.note("database", "invalid", "The name of a database has no slash.") }
        if case .integer(let number) = reader.value("company") {
            company = String(number)
        } else {
            company = reader.string("company").flatMap(Self.given)
        }
        orderModel = reader.choice("orderModel", OrderModel.self) ?? orderModel
        warehouse = reader.string("warehouse").flatMap(Self.given)
        location = reader.string("location").flatMap(Self.given)
        equipment = reader.choice("equipment", Equipment.self) ?? equipment
        equipmentCategory = reader.string("equipmentCategory").flatMap(Self.given)
        project = reader.string("project").flatMap(Self.given)
        cancelledStatus = reader.string("cancelledStatus").flatMap(Self.given)
        language = reader.string("language", maximumLength: 16).flatMap(Self.given) ?? language
        isForcing = reader.bool("force") ?? isForcing
        settle = reader.number("settle", in: 0...86_400) ?? settle
        if equipment == .project, orderModel == .production {
            let detail = "Projects can stand for equipment only when orders are tasks (orderModel “project.work”)."
            reader.note("equipment", "choice", detail)
        }
        try reader.finish()
    }

    private static func given(_ text: String) -> String? { text.isEmpty ? nil : text }
}
