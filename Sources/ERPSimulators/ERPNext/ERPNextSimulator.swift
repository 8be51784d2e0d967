import Primitives
import Synchronization

/// A pretended ERPNext 15 site: one company, one warehouse, in India's time zone.
///
/// Seen on a running server, and kept: creates answer 200; refusals are 417 with `exc_type` and messages as JSON inside
/// JSON; a bad token is 401, none is a guest who gets 403; lists give names only unless fields are asked for, 20 rows
/// unless a limit is given; unknown fields of a new document are dropped without a word, in a filter they are refused;
/// a unique custom field makes the second document a 417 `UniqueValidationError`; times are local, without an offset.
/// From its source: comments, permissions, time zone, draft and submitted documents, a reconciliation that changes
/// nothing is refused.
final class ERPNextSimulator: SimulatedERP {
    /// The only company and warehouse.
    static let company = "Plant One"
    static let warehouse = "Stores - P1"

    struct State {
        var documents: [String: [JSONObject]] = [:]
        /// Custom fields by type, and whether they are unique.
        var customFields: [String: [String: Bool]] = [:]
        var comments: [JSONObject] = []
        var stock: [String: Double] = [:]
        var numbers: [String: Int] = [:]
        /// Kinds of permission that the user lacks, as `create Issue`.
        var denied: Set<String> = []
    }

    let plant: SimulatedPlant
    let account: SimulatedAccount
    let clock: @Sendable () -> Timestamp
    private let state: Mutex<State>

    init(plant: SimulatedPlant, account: SimulatedAccount, clock: @escaping @Sendable () -> Timestamp) {
        self.plant = plant
        self.account = account
        self.clock = clock
        var state = State()
        for item in plant.items { state.stock[item.number] = item.onHand }
        for type in ["Issue", "Asset Repair", "Stock Entry", "Stock Reconciliation"] {
            state.customFields[type] = ["plantwright_ref": true]
        }
        self.state = Mutex(state)
    }

    /// Takes the custom fields away, as on a site that nobody has prepared.
    func removeCustomFields() { state.withLock { $0.customFields = [:] } }

    /// Takes permissions away, such as `create Issue`.
    func deny(_ permissions: Set<String>) { state.withLock { $0.denied = permissions } }

    var orders: [SimulatedOrder] {
        state.withLock { state in
            let issues = (state.documents["Issue"] ?? []).map { issue in
                SimulatedOrder(
                    externalID: issue["name"]?.string ?? "",
                    reference: issue["plantwright_ref"]?.string ?? "",
                    title: issue["subject"]?.string ?? "",
                    equipment: nil,
                    status: issue["status"]?.string ?? ""
                )
            }
            let repairs = (state.documents["Asset Repair"] ?? []).map { repair in
                SimulatedOrder(
                    externalID: repair["name"]?.string ?? "",
                    reference: repair["plantwright_ref"]?.string ?? "",
                    title: repair["description"]?.string ?? "",
                    equipment: repair["asset"]?.string,
                    status: repair["repair_status"]?.string ?? ""
                )
            }
            return repairs + issues
        }
    }

    var stock: [String: Double] { state.withLock(\.stock) }

    /// The comments of a document, as HTML.
    func comments(of name: String) -> [String] {
        state.withLock { state in
            state.comments.filter { $0["reference_name"]?.string == name }.compactMap { $0["content"]?.string }
        }
    }

    var files: [SimulatedFile] {
        state.withLock { state in
            (state.documents["File"] ?? []).compactMap { file in
                SimulatedFile(
                    order: file["attached_to_name"]?.string ?? "",
                    name: file["file_name"]?.string ?? "",
                    base64: file["content"]?.string
                )
            }
        }
    }

    func complete(_ externalID: String, outcome: String) -> Bool {
        state.withLock { state in
            let changes: [String: JSONObject] = [
                "Issue": ["status": "Closed", "resolution_details": .string("<p>\(outcome)</p>")],
                "Asset Repair": [
                    "repair_status": "Completed", "actions_performed": .string(outcome),
                    "completion_date": .string(String(localTime.prefix(19))),
                ],
            ]
            for (type, change) in changes {
                guard let index = state.documents[type]?.firstIndex(where: { $0["name"]?.string == externalID }) else {
                    continue
                }
                for member in change.members { state.documents[type]?[index][member.name] = member.value }
                state.documents[type]?[index]["modified"] = .string(localTime)
                return true
            }
            return false
        }
    }

    /// API keys are no sessions.
    func endSessions() {}

    /// `2026-11-22 20:07:00.000000` in Asia/Kolkata, which is 5 h 30 min ahead all year.
    var localTime: String {
        let local = clock().adding(seconds: 19_800).rfc3339
        return String(local.prefix(10)) + " " + String(local.dropFirst(11).prefix(12)) + "000"
    }

    // MARK: Requests

    func answer(_ request: SimulatedRequest) -> SimulatedResponse {
        let authorization = request.header("authorization")
        if let authorization, authorization != "token \(account.name):\(account.secret.reveal())" {
            return Self.fault(401, "AuthenticationError", "Authentication failed")
        }
        let isGuest = authorization == nil
        let segments = request.segments
        guard segments.count >= 3, segments[0] == "api" else { return Self.page(404) }
        if segments[1] == "method" {
            let isOpen = ["ping", "frappe.client.get_time_zone"].contains(segments[2])
            if isGuest, !isOpen { return Self.fault(403, "PermissionError", "Not permitted") }
            return state.withLock { method(segments[2], request, &$0) }
        }
        guard segments[1] == "resource" else { return Self.page(404) }
        if isGuest { return Self.fault(403, "PermissionError", "Not permitted") }
        let type = segments[2]
        let name = segments.count > 3 ? segments[3...].joined(separator: "/") : nil
        return state.withLock { state in
            switch (request.method, name) {
            case ("GET", nil): list(type, request, &state)
            case ("GET", let name?): read(type, name, state)
            case ("POST", nil): create(type, request.json?.object ?? JSONObject(), &state)
            case ("PUT", let name?): update(type, name, request.json?.object ?? JSONObject(), &state)
            default: Self.page(405)
            }
        }
    }

    private func method(_ name: String, _ request: SimulatedRequest, _ state: inout State) -> SimulatedResponse {
        switch name {
        case "ping": return .json(["message": "pong"])
        case "frappe.auth.get_logged_user": return .json(["message": .string("\(account.name)@example.com")])
        case "frappe.client.get_time_zone": return .json(["message": ["time_zone": "Asia/Kolkata"]])
        case "frappe.client.has_permission":
            let permission = "\(request.parameter("perm_type") ?? "read") \(request.parameter("doctype") ?? "")"
            return .json(["message": ["has_permission": .bool(!state.denied.contains(permission))]])
        case "frappe.desk.form.load.get_docinfo":
            let document = request.parameter("name") ?? ""
            let comments = state.comments.filter { $0["reference_name"]?.string == document }
            return .json(["docinfo": ["comments": .array(comments.map { .object($0) })]])
        case "frappe.desk.form.utils.add_comment":
            guard request.method == "POST", var comment = request.json?.object,
                let type = comment["reference_doctype"]?.string, let document = comment["reference_name"]?.string
            else { return Self.fault(417, "ValidationError", "Missing arguments") }
            guard find(type, document, state) != nil else { return Self.notFound(type, document) }
            comment["name"] = .string("c\(state.comments.count + 1)")
            state.comments.append(comment)
            return .json(["message": .object(comment)])
        case "frappe.client.attach_file": return attachFile(request, &state)
        default: return Self.fault(417, "ValidationError", "Failed to get method for command \(name)")
        }
    }

    /// A file at a document; every call makes another one.
    private func attachFile(_ request: SimulatedRequest, _ state: inout State) -> SimulatedResponse {
        guard request.method == "POST", let sent = request.json, let type = sent["doctype"]?.string,
            let document = sent["docname"]?.string, sent["decode_base64"]?.integer == 1
        else { return Self.fault(417, "ValidationError", "Invalid Request") }
        guard find(type, document, state) != nil else { return Self.notFound(type, document) }
        let name = "file\((state.documents["File"]?.count ?? 0) + 1)"
        let file: JSONObject = [
            "name": .string(name), "file_name": sent["filename"] ?? .null, "attached_to_doctype": .string(type),
            "attached_to_name": .string(document), "is_private": sent["is_private"] ?? 0,
            "content": sent["filedata"] ?? "",
        ]
        state.documents["File", default: []].append(file)
        return .json(["message": ["name": .string(name), "file_name": sent["filename"] ?? .null]])
    }

    // MARK: Answers

    static func fault(_ status: Int, _ type: String, _ message: String) -> SimulatedResponse {
        let inner: JSONValue = ["message": .string(message), "title": "Message", "indicator": "red"]
        let messages: JSONValue = [.string(inner.text)]
        return .json(
            [
                "exception": .string("frappe.exceptions.\(type): \(message)"), "exc_type": .string(type),
                "_server_messages": .string(messages.text),
            ],
            status: status
        )
    }

    static func notFound(_ type: String, _ name: String) -> SimulatedResponse {
        fault(404, "DoesNotExistError", "\(type) \(name) not found")
    }

    private static func page(_ status: Int) -> SimulatedResponse {
        SimulatedResponse(
            status,
            headers: [(name: "Content-Type", value: "text/html")],
            body: Array("<!DOCTYPE html><p>Not Found</p>".utf8)
        )
    }
}

extension SimulatorDefinition {
    /// ERPNext with asset repairs.
    static let erpnext = erpnext("erpnext", document: "Asset Repair")
    /// ERPNext with issues.
    static let erpnextIssue = erpnext("erpnext-issue", document: "Issue")

    private static func erpnext(_ name: String, document: String) -> SimulatorDefinition {
        SimulatorDefinition(
            name: name,
            setup: { account in
                SimulatorSetup(
                    kind: "erpnext",
                    credentials: ["username": .string(account.name), "password": .string(account.secret.reveal())],
                    options: [
                        "document": .string(document), "company": .string(ERPNextSimulator.company),
                        "warehouse": .string(ERPNextSimulator.warehouse),
                    ]
                )
            },
            isChange: { $0.method != "GET" },
            make: { ERPNextSimulator(plant: $0, account: $1, clock: $2) }
        )
    }
}
