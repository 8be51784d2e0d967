import Primitives

extension DolibarrSimulator {
    // MARK: Interventions

    func intervention(_ path: [String], _ request: SimulatedRequest, _ state: inout State) -> SimulatedResponse {
        if state.denied.contains(request.method == "GET" ? "ficheinter.lire" : "ficheinter.creer") {
            return Self.error(401, "Unauthorized: Insufficiant rights")
        }
        switch (request.method, path.count) {
        case ("GET", 1):
            let columns: Set = ["ref", "ref_client", "description", "fk_soc", "rowid"]
            return Self.list(state.interventions, request, columns: columns, empty: "intervention")
        case ("POST", 1): return createIntervention(request.json ?? .null, &state)
        default: break
        }
        guard let index = state.interventions.firstIndex(where: { $0["id"]?.string == path[1] }) else {
            return Self.error(404, "Not Found: Intervention not found")
        }
        switch (request.method, path.dropFirst(2).first) {
        case ("GET", nil): break
        case ("POST", "validate"):
            if state.interventions[index]["statut"]?.string != "0" { return SimulatedResponse(304) }
            state.interventions[index]["statut"] = "1"
            state.interventions[index]["ref"] = .string("FI2611-000\(index + 1)")
        default: return Self.error(404, "Not Found")
        }
        return .json(.object(state.interventions[index]))
    }

    private func createIntervention(_ sent: JSONValue, _ state: inout State) -> SimulatedResponse {
        for field in ["socid", "fk_project", "description"] where sent[field]?.isNull != false {
            return Self.error(400, "Bad Request: \(field) field missing")
        }
        guard sent["socid"]?.integer == 1 else {
            return .json(
                [
                    "error": [
                        "code": 500, "message": "Internal Server Error: Error creating intervention",
                        "0": "Cannot add or update a child row: a foreign key constraint fails",
                    ]
                ],
                status: 500
            )
        }
        let id = state.interventions.count + 1
        // ref_ext is not among the columns that are written.
        state.interventions.append([
            "id": .string(String(id)), "ref": .string("(PROV\(id))"), "statut": "0", "socid": "1", "ref_ext": .null,
            "description": sent["description"] ?? "", "ref_client": sent["ref_client"] ?? .null,
        ])
        return .json(.integer(Int64(id)))
    }

    // MARK: Tickets

    func ticket(_ path: [String], _ request: SimulatedRequest, _ state: inout State) -> SimulatedResponse {
        if state.denied.contains(request.method == "GET" ? "ticket.read" : "ticket.write") {
            return Self.error(401, "Unauthorized: Unauthorized")
        }
        switch (request.method, path.count, path.dropFirst().first) {
        case ("GET", 1, _):
            let columns: Set = ["ref", "track_id", "subject", "rowid"]
            return Self.list(state.tickets, request, columns: columns, empty: "ticket")
        case ("POST", 1, _): return createTicket(request.json ?? .null, &state)
        case ("POST", 2, "newmessage"): return message(request.json ?? .null, &state)
        default: break
        }
        let byTrack = path[1] == "track_id" && path.count == 3
        let wanted = byTrack ? path[2] : path[1]
        let field = byTrack ? "track_id" : "id"
        guard let index = state.tickets.firstIndex(where: { $0[field]?.string == wanted }) else {
            return Self.error(404, "Not Found: Ticket not found")
        }
        if request.method == "PUT" {
            for member in request.json?.object?.members ?? []
            where ["subject", "message", "severity_code", "type_code"].contains(member.name) {
                state.tickets[index][member.name] = member.value
            }
            if let status = request.json?["fk_statut"] { state.tickets[index]["fk_statut"] = .string(status.text) }
        } else if request.method != "GET" {
            return Self.error(404, "Not Found")
        }
        return .json(.object(state.tickets[index]))
    }

    private func createTicket(_ sent: JSONValue, _ state: inout State) -> SimulatedResponse {
        for field in ["subject", "message"] where sent[field]?.string?.isEmpty != false {
            return Self.error(400, "Bad Request: \(field) field missing")
        }
        let trackID = sent["track_id"] ?? .string("t\(state.tickets.count)")
        if state.tickets.contains(where: { $0["track_id"] == trackID }) {
            return .json(
                [
                    "error": [
                        "code": 500, "message": "Internal Server Error: Error creating ticket",
                        "0": "DB_ERROR_RECORD_ALREADY_EXISTS",
                    ]
                ],
                status: 500
            )
        }
        let id = state.tickets.count + 1
        state.tickets.append([
            "id": .string(String(id)), "ref": .string("TS2611-000\(id)"), "track_id": trackID, "fk_statut": "0",
            "subject": sent["subject"] ?? "", "message": sent["message"] ?? "", "messages": [],
            "severity_code": sent["severity_code"] ?? "NORMAL",
        ])
        return .json(.integer(Int64(id)))
    }

    private func message(_ sent: JSONValue, _ state: inout State) -> SimulatedResponse {
        guard let index = state.tickets.firstIndex(where: { $0["track_id"] == sent["track_id"] }),
            let text = sent["message"]
        else { return Self.error(404, "Not Found: Ticket not found") }
        let messages = state.tickets[index]["messages"]?.array ?? []
        state.tickets[index]["messages"] = .array(messages + [["message": text]])
        return .json(.integer(Int64(index + 1)))
    }

    // MARK: Files

    /// A file in the folder of an order, which goes by the order's reference.
    func upload(_ sent: JSONValue, _ state: inout State) -> SimulatedResponse {
        let rows: [JSONObject]
        switch sent["modulepart"]?.string {
        case "ticket": rows = state.tickets
        case "ficheinter", "intervention": rows = state.interventions
        default: return Self.error(500, "Internal Server Error: Modulepart not implemented yet.")
        }
        guard let row = rows.first(where: { $0["ref"] == sent["ref"] }), let id = row["id"]?.string else {
            return Self.error(404, "Not Found: Object with ref was not found.")
        }
        guard sent["fileencoding"] == "base64", let name = sent["filename"]?.string,
            let file = SimulatedFile(order: id, name: name, base64: sent["filecontent"]?.string)
        else { return Self.error(400, "Bad Request: filename field missing") }
        if let index = state.files.firstIndex(where: { $0.order == id && $0.name == name }) {
            if sent["overwriteifexists"]?.integer != 1 {
                return Self.error(400, "Bad Request: File with name '\(name)' already exists.")
            }
            state.files[index] = file
        } else {
            state.files.append(file)
        }
        return .json(.string(name))
    }

    // MARK: Stock

    func product(_ path: [String], _ request: SimulatedRequest, _ state: State) -> SimulatedResponse {
        let rows = plant.items.enumerated().map { index, item -> JSONObject in
            ["id": .string(String(index + 1)), "ref": .string(item.number), "label": .string(item.name)]
        }
        if path.count == 1 { return Self.list(rows, request, columns: ["ref", "rowid"], empty: "product") }
        let byRef = path[1] == "ref" && path.count == 3
        let found = rows.first { $0[byRef ? "ref" : "id"]?.string == (byRef ? path[2] : path[1]) }
        guard let found, let number = found["ref"]?.string else {
            return Self.error(404, "Not Found: Product not found")
        }
        guard path.last == "stock" else { return .json(.object(found)) }
        let figure = JSONValue.text(of: state.stock[number] ?? 0)
        return .json(["stock_warehouses": ["1": ["id": "1", "real": .string(figure)]]])
    }

    func warehouse(_ id: String?, _ request: SimulatedRequest) -> SimulatedResponse {
        let row: JSONObject = ["id": "1", "ref": "Workshop", "label": "Workshop"]
        guard let id else { return Self.list([row], request, columns: ["ref", "rowid"], empty: "warehouse") }
        return id == "1" ? .json(.object(row)) : Self.error(404, "Not Found: warehouse not found")
    }

    func movement(_ request: SimulatedRequest, _ state: inout State) -> SimulatedResponse {
        if request.method == "GET" {
            let columns: Set = ["inventorycode", "fk_product", "rowid"]
            return Self.list(state.movements, request, columns: columns, empty: "stock movement")
        }
        if state.denied.contains("stock.mouvement.creer") { return Self.error(401, "Unauthorized") }
        let sent = request.json ?? .null
        guard let product = sent["product_id"]?.integer, sent["warehouse_id"]?.integer != nil,
            let quantity = sent["qty"]?.double
        else { return Self.error(400, "Bad Request: product_id field missing") }
        if quantity == 0 {
            let message = "Service Unavailable: Making a stock movement with a quentity of 0 is not possible"
            return Self.error(503, message)
        }
        guard plant.items.indices.contains(Int(clamping: product - 1)), sent["warehouse_id"]?.integer == 1 else {
            return Self.error(503, "Service Unavailable: Error when create stock movement : ErrorUnknown")
        }
        state.stock[plant.items[Int(clamping: product - 1)].number, default: 0] += quantity
        let id = String(state.movements.count + 1)
        state.movements.append([
            "id": .string(id), "fk_product": .integer(product), "qty": .number(quantity),
            "inventorycode": sent["movementcode"] ?? .null,
        ])
        return .json(.integer(Int64(state.movements.count)))
    }
}
