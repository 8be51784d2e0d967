import Primitives

/// The options of a `maximo` connector, checked.
struct MaximoOptions: Hashable, Sendable {
    /// How a user name and password are sent.
    enum Login: String, CaseIterable, Hashable, Sendable {
        /// `maxauth`, Maximo's own.
        case maxauth
        /// `Authorization: Basic`, where LDAP checks them.
        case basic
    }

    /// The site of work orders, assets and storerooms.
    var site: String
    /// The usual storeroom.
    var storeroom: String?
    /// How many characters a work order's number may have: 25 in MAS, 10 in older versions.
    var numberLength: Int
    var login: Login
    /// The document type of pictures, of the site's own list.
    var documentType: String
    /// Severity to priority.
    var priorities: [String: String]
    /// The site's own states to phases.
    var states: [String: OrderState.Phase]
    /// Seconds; see ``ERPConnector/settle``.
    var settle: Double

    /// Reads the options.
    ///
    /// - Throws: every fault found.
    init(_ value: JSONValue, at pointer: String = "/options") throws(InvalidInput) {
        var reader = try InputReader(value.isNull ? [:] : value, at: pointer)
        site = reader.requiredString("site", maximumLength: 8).uppercased()
        storeroom = reader.string("storeroom", maximumLength: 12)?.uppercased()
        numberLength = Int(reader.number("numberLength", in: 10...25) ?? 25)
        login = reader.choice("login", Login.self) ?? .maxauth
        documentType = reader.string("documentType", maximumLength: 16) ?? "Attachments"
        if documentType.isEmpty || !documentType.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) {
            reader.note("documentType", "invalid", "Expected the name of a document type, such as Attachments.")
        }
        let given = reader.priorities()
        priorities = ["critical": "1", "high": "2", "medium": "3", "low": "4"].merging(given) { $1 }
        if given.values.contains(where: { Int($0) == nil }) {
            reader.note("priorities", "invalid", "Priorities of Maximo are whole numbers.")
        }
        states = [:]
        if let value = reader.value("states") {
            for member in value.object?.members ?? [] {
                states[member.name] = member.value.string.flatMap(OrderState.Phase.init)
            }
            if value.object == nil || states.count != value.object?.members.count {
                let phases = OrderState.Phase.allCases.map(\.rawValue).joined(separator: ", ")
                reader.note("states", "invalid", "Expected an object of states, each with one of: \(phases).")
            }
        }
        settle = reader.settle()
        try reader.finish()
    }

    /// The number of what a key makes: the whole key where there is room, else its end.
    ///
    /// Maximo's numbers are upper case. Nine characters of the key tell 3·10¹³ causes apart.
    func number(of key: String) -> String {
        let upper = key.uppercased()
        return upper.count <= numberLength ? upper : "P" + upper.suffix(min(9, numberLength - 1))
    }

    /// Where an order stands in a state.
    func phase(_ status: String) -> OrderState.Phase {
        if let own = states[status] { return own }
        switch status {
        case "INPRG": return .inProgress
        case "COMP", "CLOSE", "HISTEDIT": return .done
        case "CAN": return .cancelled
        default: return .open
        }
    }
}
