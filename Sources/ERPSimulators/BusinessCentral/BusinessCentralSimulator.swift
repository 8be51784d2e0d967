import Primitives
import Synchronization

extension SimulatorDefinition {
    /// Dynamics 365 Business Central with the extension.
    static let businessCentral = SimulatorDefinition(
        name: "business-central",
        setup: { account in
            SimulatorSetup(
                kind: "business-central",
                credentials: ["bearer": .string(account.secret.reveal())],
                options: ["company": .string(BusinessCentralSimulator.company)]
            )
        },
        isChange: SimulatedTokens.isChange,
        make: { BusinessCentralSimulator(plant: $0, account: $1, clock: $2) }
    )
}

/// Dynamics 365 Business Central with the extension of the connector, as connectors see it.
///
/// Made from documentation, not from a running environment. Keeps: numbers are upper case and primary keys, a taken one is
/// refused with 400 and Internal_EntityWithSameKeyExists; PATCH without `If-Match` is refused; unknown fixed assets and
/// items, and stock that is not there, with 400 and nothing of it kept; lists come in pages with `@odata.nextLink`.
final class BusinessCentralSimulator: SimulatedERP {
    static let company = "c0c0c0c0-0000-4000-8000-000000000001"

    private struct State {
        /// Rows by entity set, oldest first.
        var rows: [String: [JSONObject]] = [:]
        var count = 0
        /// The pictures of requests.
        var files: [SimulatedFile] = []
    }

    private static let made = [
        "maintenanceRequests", "requestComments", "requestPictures", "meterReadings", "stockPostings",
    ]

    private let tokens: SimulatedTokens
    private let clock: @Sendable () -> Timestamp
    private let state: Mutex<State>

    init(plant: SimulatedPlant, account: SimulatedAccount, clock: @escaping @Sendable () -> Timestamp) {
        tokens = SimulatedTokens(account)
        self.clock = clock
        var state = State()
        for set in Self.made { state.rows[set] = [] }
        state.rows["fixedAssets"] = plant.equipment.map { equipment in
            [
                "number": .string(equipment.tag), "displayName": .string(equipment.name),
                "serialNumber": .string(equipment.serial), "blocked": false,
            ]
        }
        state.rows["items"] = plant.items.map { item in
            [
                "number": .string(item.number), "displayName": .string(item.name),
                "baseUnitOfMeasureCode": .string(item.unit), "inventory": .number(item.onHand),
            ]
        }
        self.state = Mutex(state)
    }

    var orders: [SimulatedOrder] {
        state.withLock { state in
            (state.rows["maintenanceRequests"] ?? []).map { row in
                SimulatedOrder(
                    externalID: row["number"]?.string ?? "",
                    reference: row["number"]?.string ?? "",
                    title: row["title"]?.string ?? "",
                    equipment: row["fixedAssetNumber"]?.string,
                    status: row["status"]?.string ?? ""
                )
            }
        }
    }

    var stock: [String: Double] {
        state.withLock { state in
            (state.rows["items"] ?? []).reduce(into: [:]) { stock, row in
                stock[row["number"]?.string ?? ""] = row["inventory"]?.double ?? 0
            }
        }
    }

    var files: [SimulatedFile] { state.withLock(\.files) }

    func complete(_ externalID: String, outcome: String) -> Bool {
        state.withLock { state in
            guard
                let index = state.rows["maintenanceRequests"]?
                    .firstIndex(where: { $0["number"]?.string == externalID })
            else { return false }
            for (name, value) in [("status", "Done"), ("outcome", outcome), ("finishedAt", clock().rfc3339)] {
                state.rows["maintenanceRequests"]?[index][name] = .string(value)
            }
            return true
        }
    }

    func endSessions() { tokens.revoke() }

    func answer(_ request: SimulatedRequest) -> SimulatedResponse {
        if let token = tokens.answer(request) { return token }
        guard tokens.admits(request) else {
            return Self.problem(401, "Authentication_InvalidCredentials", "The credentials were rejected.")
        }
        let segments = request.segments
        if request.method == "GET", segments == ["api", "v2.0", "companies"] {
            return .json(["value": [["id": .string(Self.company), "name": "CRONUS"]]])
        }
        guard segments.contains("companies(\(Self.company))"), let last = segments.last else {
            return Self.problem(404, "Internal_CompanyNotFound", "The company was not found.")
        }
        let (set, id) = FieldServiceSimulator.parts(last)
        let isOurs = segments.starts(with: ["api", "plantwright", "maintenance", "v1.0"])
        guard isOurs == Self.made.contains(set) else {
            return Self.problem(404, "BadRequest_NotFound", "No HTTP resource was found that matches the request.")
        }
        return state.withLock { state in
            switch (request.method, id) {
            case ("GET", nil): return Self.list(set, request, state)
            case ("POST", nil) where isOurs: return create(set, request, &state)
            case ("PATCH", let id?) where set == "maintenanceRequests": return change(id, request, &state)
            default: return Self.problem(405, "BadRequest_MethodNotAllowed", "The method is not allowed.")
            }
        }
    }

    private static func list(_ set: String, _ request: SimulatedRequest, _ state: State) -> SimulatedResponse {
        let rows = state.rows[set] ?? []
        let known = Set(rows.flatMap(\.names) + ["number", "lastModifiedDateTime"])
        switch SimulatedODataQuery(request).apply(to: rows, known: known, pageSize: 1) {
        case .refused(let message): return problem(400, "BadRequest", message)
        case .page(let page, let next):
            var document: JSONObject = ["value": .array(page.map(JSONValue.object))]
            if let next {
                let kept =
                    request.query.filter { $0.name != "$skiptoken" }
                    .map { "\($0.name)=\(PercentEncoding.encode($0.value))" } + ["$skiptoken=\(next)"]
                let host = request.header("host") ?? "erp.test"
                document["@odata.nextLink"] = .string("http://\(host)\(request.path)?\(kept.joined(separator: "&"))")
            }
            return .json(.object(document))
        }
    }

    private func create(_ set: String, _ request: SimulatedRequest, _ state: inout State) -> SimulatedResponse {
        guard var row = request.json?.object, let number = row["number"]?.string?.uppercased(), number.count <= 20
        else {
            return Self.problem(400, "BadRequest", "The number is missing or too long.")
        }
        if state.rows[set]?.contains(where: { $0["number"]?.string == number }) == true {
            let message = "The record already exists. Identification fields and values: No.='\(number)'"
            return Self.problem(400, "Internal_EntityWithSameKeyExists", message)
        }
        if let problem = Self.check(row, state) { return problem }
        if set == "stockPostings", let problem = Self.post(row, &state) { return problem }
        if set == "requestPictures", let problem = Self.keep(&row, &state) { return problem }
        state.count += 1
        row["number"] = .string(number)
        row["id"] = .string("00000000-0000-4000-8000-" + String(100_000_000_000 + state.count))
        row["lastModifiedDateTime"] = .string(clock().rfc3339)
        state.rows[set, default: []].append(row)
        return .json(.object(row), status: 201)
    }

    private static func check(_ row: JSONObject, _ state: State) -> SimulatedResponse? {
        for (name, length) in [("title", 100), ("description", 2_048)] where (row[name]?.string ?? "").count > length {
            return problem(400, "Application_StringExceededLength", "The length of \(name) exceeds \(length).")
        }
        if let request = row["requestNumber"]?.string,
            state.rows["maintenanceRequests"]?.contains(where: { $0["number"]?.string == request }) != true
        {
            let message =
                "The field Request No. contains a value (\(request)) that cannot be found in the related table."
            return problem(400, "Internal_InvalidTableRelation", message)
        }
        guard let asset = row["fixedAssetNumber"]?.string else { return nil }
        let isKnown = state.rows["fixedAssets"]?.contains { $0["number"]?.string == asset } == true
        let message = "The field Fixed Asset No. contains a value (\(asset)) that cannot be found in the related table."
        return isKnown ? nil : problem(400, "Internal_InvalidTableRelation", message)
    }

    /// Takes a picture out of its row; what is read later has none.
    private static func keep(_ row: inout JSONObject, _ state: inout State) -> SimulatedResponse? {
        let content = row["content"]?.string
        row["content"] = nil
        guard let request = row["requestNumber"]?.string, let name = row["fileName"]?.string, name.count <= 100,
            let file = SimulatedFile(order: request, name: name, base64: content)
        else { return problem(400, "BadRequest", "The picture has no request, name or contents.") }
        state.files.append(file)
        return nil
    }

    private static func post(_ row: JSONObject, _ state: inout State) -> SimulatedResponse? {
        guard let index = state.rows["items"]?.firstIndex(where: { $0["number"] == row["itemNumber"] }),
            let onHand = state.rows["items"]?[index]["inventory"]?.double, let quantity = row["quantity"]?.double
        else { return problem(400, "Internal_InvalidTableRelation", "The item cannot be found.") }
        let after =
            switch row["kind"]?.string {
            case "Set": quantity
            case "Receive": onHand + quantity
            default: onHand - quantity
            }
        guard after >= 0 else {
            return problem(400, "Application_DialogException", "There is not enough of the item on inventory.")
        }
        state.rows["items"]?[index]["inventory"] = .number(after)
        return nil
    }

    private func change(_ id: String, _ request: SimulatedRequest, _ state: inout State) -> SimulatedResponse {
        guard request.header("if-match") != nil else {
            return Self.problem(400, "BadRequest", "The If-Match header is required.")
        }
        let set = "maintenanceRequests"
        guard let index = state.rows[set]?.firstIndex(where: { $0["id"]?.string == id }),
            let body = request.json?.object
        else { return Self.problem(404, "Internal_RecordNotFound", "The record was not found.") }
        if let problem = Self.check(body, state) { return problem }
        for member in body.members { state.rows[set]?[index][member.name] = member.value }
        return .json(.object(state.rows[set]?[index] ?? [:]))
    }

    private static func problem(_ status: Int, _ code: String, _ message: String) -> SimulatedResponse {
        .json(["error": ["code": .string(code), "message": .string(message)]], status: status)
    }
}
