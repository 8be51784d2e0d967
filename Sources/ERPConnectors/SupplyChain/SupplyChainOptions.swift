import Primitives

/// The options of a `dynamics-scm` connector, checked.
struct SupplyChainOptions: Hashable, Sendable {
    /// The company (`dataAreaId`), in lower case as the service writes it.
    var company: String
    /// The type of requests unless told.
    var requestType: String?
    /// The lifecycle state of cancelled requests.
    var cancelledState: String
    /// The document type of pictures, of the company's own list.
    var documentType: String
    /// Severity to priority.
    var priorities: [String: String]
    /// Lifecycle states of requests and work orders to phases.
    var states: [String: OrderState.Phase]
    /// Seconds; see ``ERPConnector/settle``.
    var settle: Double

    /// Reads the options.
    ///
    /// - Throws: every fault found.
    init(_ value: JSONValue, at pointer: String = "/options") throws(InvalidInput) {
        var reader = try InputReader(value.isNull ? [:] : value, at: pointer)
        company = reader.requiredString("company", maximumLength: 4).lowercased()
        requestType = reader.string("requestType", maximumLength: 10)
        cancelledState = reader.string("cancelledState", maximumLength: 20) ?? "Canceled"
        documentType = reader.string("documentType", maximumLength: 20) ?? "Image"
        priorities = reader.priorities()
        if priorities.values.contains(where: { Int($0) == nil }) {
            reader.note("priorities", "invalid", "Service levels of asset management are whole numbers.")
        }
        states = [:]
        if let value = reader.value("states") {
            for member in value.object?.members ?? [] {
                states[member.name.lowercased()] = member.value.string.flatMap(OrderState.Phase.init)
            }
            if value.object == nil || states.count != value.object?.members.count {
                let phases = OrderState.Phase.allCases.map(\.rawValue).joined(separator: ", ")
                reader.note("states", "invalid", "Expected an object of states, each with one of: \(phases).")
            }
        }
        settle = reader.settle()
        try reader.finish()
    }

    /// Where an order stands in a lifecycle state; the states are the company's own, these are Microsoft's samples.
    func phase(_ state: String) -> OrderState.Phase {
        let name = state.lowercased()
        if let own = states[name] { return own }
        if name == cancelledState.lowercased() { return .cancelled }
        switch name {
        case "inprogress", "in progress", "started": return .inProgress
        case "finished", "completed", "closed", "ended", "done": return .done
        case "canceled", "cancelled", "rejected": return .cancelled
        default: return .open
        }
    }
}
