import Primitives

/// The options of an `sap-s4hana` connector, checked.
struct SAPOptions: Hashable, Sendable {
    /// The movement types of goods movements (3 characters); nil where the admin has allowed none.
    struct MovementTypes: Hashable, Sendable {
        var consume = "201"
        var receive = "501"
        /// Book a difference in; `stock.set` needs both.
        var increase: String?
        /// Book a difference out.
        var decrease: String?
    }

    /// `sap-client`; nil leaves it to the host.
    var client: String?
    /// `sap-language`: system statuses and messages come in it.
    var language = "EN"
    /// The plant of stock and of the work centre.
    var plant: String?
    var planningPlant: String?
    var workCenter: String?
    var notificationType = "M1"
    /// Makes an order of this type for every notification; nil makes notifications only.
    var orderType: String?
    var releaseOrder = false
    /// The control key of the order's operation; nil leaves it to SAP.
    var controlKey: String?
    var storageLocation: String?
    var costCenter: String?
    var movementTypes = MovementTypes()
    /// Alarm severities to SAP's priorities.
    var priorities = ["critical": "1", "high": "2", "medium": "3", "low": "4"]
    /// The business object that pictures are attached to: `BUS2038` by generic object services, `PMQMEL` by document
    /// management.
    var attachmentObject = "BUS2038"
    /// The address of a notification's page; `${id}` is its number.
    var link: String?
    /// Seconds; see ``ERPConnector/settle``.
    var settle = 60.0

    init() {}

    /// Reads and checks the options as an admin wrote them.
    ///
    /// - Throws: every fault found.
    init(_ value: JSONValue?, at pointer: String = "/options") throws(InvalidInput) {
        guard let value, !value.isNull else { return }
        var reader = try InputReader(value, at: pointer)
        client = reader.code("client", 3)
        if let client, client.count != 3 || !client.allSatisfy(\.isNumber) {
            reader.note("client", "client", "A client has three digits, such as 100.")
        }
        language = reader.code("language", 2) ?? language
        plant = reader.code("plant", 4)
        planningPlant = reader.code("planningPlant", 4)
        workCenter = reader.code("workCenter", 8)
        notificationType = reader.code("notificationType", 2) ?? notificationType
        orderType = reader.code("orderType", 4)
        releaseOrder = reader.bool("releaseOrder") ?? false
        if releaseOrder, orderType == nil {
            reader.note("releaseOrder", "needs", "There is no order to release without “orderType”.")
        }
        controlKey = reader.code("controlKey", 4)
        storageLocation = reader.code("storageLocation", 4)
        costCenter = reader.code("costCenter", 10)
        attachmentObject = reader.code("attachmentObject", 40) ?? attachmentObject
        link = reader.string("link", maximumLength: 1_000)
        if let link, !link.contains("${id}") || !(link.hasPrefix("https://") || link.hasPrefix("http://")) {
            reader.note("link", "link", "Expected an address with ${id} in it.")
        }
        settle = reader.number("settle", in: 0...86_400) ?? settle
        if let types = reader.value("movementTypes") {
            reader.absorb(movementTypes.read(types, at: reader.pointer(to: "movementTypes")))
        }
        if let given = reader.value("priorities") { reader.absorb(read(given, at: reader.pointer(to: "priorities"))) }
        try reader.finish()
    }

    private mutating func read(_ value: JSONValue, at pointer: String) -> [InputIssue] {
        do throws(InvalidInput) {
            var reader = try InputReader(value, at: pointer)
            for severity in priorities.keys.sorted() {
                if let code = reader.code(severity, 1) { priorities[severity] = code }
            }
            try reader.finish()
            return []
        } catch {
            return error.issues
        }
    }

    /// SAP's priority for an alarm severity, or a priority of SAP's own as it is.
    func priority(_ text: String) -> String { priorities[text.lowercased()] ?? text }
}

extension SAPOptions.MovementTypes {
    fileprivate mutating func read(_ value: JSONValue, at pointer: String) -> [InputIssue] {
        do throws(InvalidInput) {
            var reader = try InputReader(value, at: pointer)
            consume = reader.code("consume", 3) ?? consume
            receive = reader.code("receive", 3) ?? receive
            increase = reader.code("increase", 3)
            decrease = reader.code("decrease", 3)
            if (increase == nil) != (decrease == nil) {
                let missing = increase == nil ? "increase" : "decrease"
                reader.note(missing, "required", "“stock.set” needs a movement type for each direction.")
            }
            try reader.finish()
            return []
        } catch {
            return error.issues
        }
    }
}

extension InputReader {
    /// A short code of SAP's customizing, in capitals.
    fileprivate mutating func code(_ name: String, _ maximumLength: Int) -> String? {
        guard let text = string(name, maximumLength: maximumLength)?.uppercased(), !text.isEmpty else { return nil }
        if !text.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || "_-/.".contains($0)) }) {
            note(name, "code", "Expected a code of letters and digits as it stands in SAP's customizing.")
        }
        return text
    }
}
