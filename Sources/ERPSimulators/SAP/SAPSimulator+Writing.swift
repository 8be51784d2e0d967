import Primitives

extension SAPSimulator {
    func write(
        _ request: SimulatedRequest,
        _ service: String,
        _ path: String,
        _ state: inout State
    ) -> SimulatedResponse {
        if request.method == "POST", let answer = function(request, service, path, &state) { return answer }
        if service == SAPEntitySet.file.service { return attach(request, path, &state) }
        let name = String(path.prefix { $0 != "(" })
        guard let set = SAPEntitySet.all[name], set.service == service else {
            return Self.problem(404, "/IWBEP/CM_MGW_RT/020", "Resource not found for the segment '\(name)'")
        }
        guard let body = request.json?.object else {
            return Self.problem(400, "/IWBEP/CM_MGW_RT/035", "Malformed JSON")
        }
        let isCreating = request.method == "POST"
        let writable = ["MaintenanceNotification", "MaintenanceOrder"]
        guard isCreating ? writable.contains(name) || name == "A_MaterialDocumentHeader" : writable.contains(name)
        else {
            return Self.problem(405, "/IWFND/CM_MGW/096", "Method not allowed")
        }
        if let problem = set.problem(body, isCreating: isCreating, sets: SAPEntitySet.all) {
            return Self.problem(400, "/IWBEP/CM_MGW_RT/021", problem)
        }
        if !isCreating { return update(request, set, path, body, &state) }
        switch name {
        case "MaintenanceNotification": return createNotification(set, body, &state)
        case "MaintenanceOrder": return createOrder(set, body, &state)
        default: return post(set, body, &state)
        }
    }

    private func update(
        _ request: SimulatedRequest,
        _ set: SAPEntitySet,
        _ path: String,
        _ body: JSONObject,
        _ state: inout State
    ) -> SimulatedResponse {
        guard let key = Self.key(path), let index = Self.index(of: key, in: set.name, &state) else {
            return Self.missing(path)
        }
        guard let match = request.header("if-match") else {
            return Self.problem(428, "/IWFND/CM_MGW_RT/022", "The request must be conditional: send If-Match")
        }
        let current = state.rows[set.name]?[index]
        guard match == "*" || current.map(Self.etag) == match else {
            return Self.problem(412, "/IWFND/CM_MGW_RT/023", "The entity was changed in the meantime")
        }
        if let problem = unknownEquipment(body) { return problem }
        change(set.name, index, &state) { row in
            for member in body.members { row.values[member.name] = member.value }
        }
        return SimulatedResponse(204)
    }

    private func createNotification(
        _ set: SAPEntitySet,
        _ body: JSONObject,
        _ state: inout State
    ) -> SimulatedResponse {
        if (body["NotificationText"]?.string ?? "").isEmpty {
            return Self.problem(400, "IM/140", "Enter a description")
        }
        if let problem = unknownEquipment(body) { return problem }
        var row = Row(values: body)
        let number = String(10_000_001 + state.rows[set.name, default: []].count)
        row.values["MaintenanceNotification"] = .string(number)
        let reference = body["MaintNotifExtReferenceNumber"]?.string ?? ""
        row.values["MaintNotifExtReferenceNumber"] = .string(reference.uppercased())
        row.values["TechnicalObjectLabel"] = body["TechnicalObject"] ?? ""
        Self.set(phase: 1, &row.values)
        return add(row, set, &state)
    }

    private func createOrder(_ set: SAPEntitySet, _ body: JSONObject, _ state: inout State) -> SimulatedResponse {
        if (body["MaintenanceOrderType"]?.string ?? "").isEmpty {
            return Self.problem(400, "IW/003", "Enter an order type")
        }
        let equipment = body["Equipment"]?.string
        if let equipment, !equipment.isEmpty, !plant.equipment.contains(where: { $0.tag == equipment }) {
            return Self.problem(400, "IE/002", "Equipment \(equipment) does not exist")
        }
        for operation in body["to_MaintenanceOrderOperation"]?["results"]?.array ?? [] {
            for component in operation["to_MaintOrderOpComponent"]?["results"]?.array ?? [] {
                let product = component["Product"]?.string ?? ""
                guard plant.items.contains(where: { $0.number == product }) else {
                    return Self.problem(400, "M3/305", "Material \(product) does not exist")
                }
            }
        }
        var row = Row(values: body)
        let number = String(4_000_001 + state.rows[set.name, default: []].count)
        row.values["MaintenanceOrder"] = .string(number)
        row.values["SystemStatusText"] = "CRTD MANC NTUP"
        row.values["MaintOrdProcessPhaseCode"] = "03"
        if let notification = body["MaintenanceNotification"]?.string, !notification.isEmpty {
            guard let index = Self.index(of: notification, in: "MaintenanceNotification", &state) else {
                return Self.problem(400, "IM/004", "Notification \(notification) does not exist")
            }
            let assigned = state.rows["MaintenanceNotification"]?[index].values["MaintenanceOrder"]?.string
            if let assigned, !assigned.isEmpty {
                return Self.problem(400, "IW/412", "Notification \(notification) is assigned to order \(assigned)")
            }
            change("MaintenanceNotification", index, &state) { row in
                row.values["MaintenanceOrder"] = .string(number)
                Self.set(phase: 3, &row.values)
            }
        }
        return add(row, set, &state)
    }

    private func post(_ set: SAPEntitySet, _ body: JSONObject, _ state: inout State) -> SimulatedResponse {
        var stock = state.stock
        for item in body["to_MaterialDocumentItem"]?["results"]?.array ?? [] {
            let material = item["Material"]?.string ?? ""
            let type = item["GoodsMovementType"]?.string ?? ""
            guard let before = stock[material] else {
                return Self.problem(400, "M3/305", "Material \(material) does not exist")
            }
            guard item["Plant"]?.string == Self.plantCode, item["StorageLocation"]?.string == Self.storageLocation
            else {
                return Self.problem(400, "M7/076", "Plant or storage location is not maintained for \(material)")
            }
            guard let quantity = item["QuantityInEntryUnit"]?.string.flatMap(Double.init), quantity > 0 else {
                return Self.problem(400, "M7/018", "Enter a quantity")
            }
            let isIssue = ["201", "261", "562"].contains(type)
            guard isIssue || ["501", "561"].contains(type) else {
                return Self.problem(400, "M7/001", "Movement type \(type) is not allowed here")
            }
            guard body["GoodsMovementCode"]?.string == (isIssue ? "03" : "05") else {
                return Self.problem(400, "M7/002", "Goods movement code does not fit movement type \(type)")
            }
            if type == "201", (item["CostCenter"]?.string ?? "").isEmpty {
                return Self.problem(400, "M7/093", "Enter a cost center")
            }
            let after = isIssue ? before - quantity : before + quantity
            guard after >= 0 else {
                let missing = JSONValue.text(of: -after)
                return Self.problem(400, "M7/021", "Deficit of SL Unrestricted-use \(missing) : \(material)")
            }
            stock[material] = after
        }
        state.stock = stock
        var row = Row(values: body)
        row.values["MaterialDocument"] = .string(String(4_900_000_001 + state.rows[set.name, default: []].count))
        row.values["MaterialDocumentYear"] = "2026"
        return add(row, set, &state)
    }

    private func unknownEquipment(_ body: JSONObject) -> SimulatedResponse? {
        guard let equipment = body["TechnicalObject"]?.string, !equipment.isEmpty,
            !plant.equipment.contains(where: { $0.tag == equipment })
        else { return nil }
        return Self.problem(400, "IE/002", "Equipment \(equipment) does not exist")
    }

    private func add(_ row: Row, _ set: SAPEntitySet, _ state: inout State) -> SimulatedResponse {
        var row = row
        row.values["LastChangeDateTime"] = .string(Self.date(clock()))
        state.rows[set.name, default: []].append(row)
        return .json(["d": Self.document(row, set)], status: 201, headers: [("ETag", Self.etag(row))])
    }

    func change(_ set: String, _ index: Int, _ state: inout State, _ body: (inout Row) -> Void) {
        guard var row = state.rows[set]?[index] else { return }
        body(&row)
        row.version += 1
        row.values["LastChangeDateTime"] = .string(Self.date(clock()))
        state.rows[set]?[index] = row
    }

    static func set(phase: Int, _ values: inout JSONObject) {
        let words = [1: "Outstanding", 3: "In process", 4: "Completed", 5: "Deletion flag"]
        values["NotifProcessingPhase"] = .string(String(phase))
        values["NotifProcessingPhaseDesc"] = .string(words[phase] ?? "")
    }

    /// The function imports; nil when the path is none.
    private func function(
        _ request: SimulatedRequest,
        _ service: String,
        _ path: String,
        _ state: inout State
    ) -> SimulatedResponse? {
        func number(_ name: String) -> String { request.parameter(name).flatMap(Self.key) ?? "" }
        switch (service, path) {
        case ("API_MAINTNOTIFICATION", "CompleteMaintNotification"):
            let key = number("MaintenanceNotification")
            guard let index = Self.index(of: key, in: "MaintenanceNotification", &state) else {
                return Self.missing(key)
            }
            if state.rows["MaintenanceNotification"]?[index].values["NotifProcessingPhase"] == "4" {
                return Self.problem(400, "IM/156", "Notification \(key) is completed already")
            }
            change("MaintenanceNotification", index, &state) { Self.set(phase: 4, &$0.values) }
            let row = state.rows["MaintenanceNotification"]?[index] ?? Row(values: [:])
            return .json(["d": Self.document(row, .notification)])
        case ("API_MAINTENANCEORDER", "ReleaseMaintenanceOrder"):
            return status(number("MaintenanceOrder"), from: ["CRTD"], to: "REL MANC NTUP", &state)
        case ("API_MAINTENANCEORDER", "SetMaintOrderToDoNotExecute"):
            return status(number("MaintenanceOrder"), from: ["CRTD", "REL"], to: "NCMP NTUP", &state)
        default: return nil
        }
    }

    private func status(
        _ key: String,
        from allowed: [String],
        to status: String,
        _ state: inout State
    ) -> SimulatedResponse {
        guard let index = Self.index(of: key, in: "MaintenanceOrder", &state) else { return Self.missing(key) }
        let words = state.rows["MaintenanceOrder"]?[index].values["SystemStatusText"]?.string ?? ""
        let first = words.split(separator: " ").first.map(String.init) ?? ""
        guard allowed.contains(first), !words.contains("TECO"), !words.contains("CNF") else {
            return Self.problem(400, "BS/007", "System status \(first) of order \(key) does not allow this")
        }
        change("MaintenanceOrder", index, &state) { $0.values["SystemStatusText"] = .string(status) }
        return .json(["d": ["DummyFunctionImportResult": ["Result": ""]]])
    }
}
