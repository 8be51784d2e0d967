import Primitives

extension ERPNextSimulator {
    func create(_ type: String, _ sent: JSONObject, _ state: inout State) -> SimulatedResponse {
        guard let known = Self.fields(type) else { return Self.notFound("DocType", type) }
        if state.denied.contains("create \(type)") {
            return Self.fault(403, "PermissionError", "User does not have permission to create \(type)")
        }
        if type == "Custom Field" { return createField(sent, &state) }
        // What the type does not know is dropped without a word.
        let names = Set(known + ["docstatus"] + (state.customFields[type].map { Array($0.keys) } ?? []))
        var document = JSONObject()
        for member in sent.members where names.contains(member.name) { document[member.name] = member.value }
        if let fault = fault(in: document, type, state) { return fault }
        for (field, isUnique) in state.customFields[type] ?? [:] where isUnique {
            guard let value = document[field], !value.isNull else { continue }
            if (state.documents[type] ?? []).contains(where: { $0[field] == value }) {
                let message = "\(type) \(field) must be unique"
                return Self.fault(417, "UniqueValidationError", message)
            }
        }
        state.numbers[type, default: 0] += 1
        let prefixes = [
            "Issue": "ISS", "Asset Repair": "ACC-ASR", "Stock Entry": "MAT-STE", "Stock Reconciliation": "MAT-RECO",
        ]
        let digits = String(state.numbers[type] ?? 0)
        let number = String(repeating: "0", count: max(0, 5 - digits.count)) + digits
        document["name"] = .string("\(prefixes[type] ?? "DOC")-2026-\(number)")
        document["docstatus"] = document["docstatus"] ?? 0
        document["modified"] = .string(localTime)
        if type == "Issue" { document["status"] = "Open" }
        book(document, type, &state)
        state.documents[type, default: []].append(document)
        return .json(["data": .object(document)])
    }

    private func createField(_ sent: JSONObject, _ state: inout State) -> SimulatedResponse {
        guard let type = sent["dt"]?.string, Self.fields(type) != nil, let field = sent["fieldname"]?.string else {
            return Self.fault(417, "MandatoryError", "DocType and fieldname are required")
        }
        if state.customFields[type]?[field] != nil {
            return Self.fault(409, "DuplicateEntryError", "Custom Field \(type)-\(field) already exists")
        }
        state.customFields[type, default: [:]][field] = sent["unique"]?.integer == 1
        return .json(["data": ["name": .string("\(type)-\(field)"), "dt": .string(type)]])
    }

    func update(_ type: String, _ name: String, _ sent: JSONObject, _ state: inout State) -> SimulatedResponse {
        if type == "Custom Field" {
            for (owner, fields) in state.customFields {
                for field in fields.keys where "\(owner)-\(field)" == name {
                    state.customFields[owner]?[field] = sent["unique"]?.integer == 1
                    return .json(["data": ["name": .string(name)]])
                }
            }
            return Self.notFound(type, name)
        }
        guard let index = state.documents[type]?.firstIndex(where: { $0["name"]?.string == name }),
            var document = state.documents[type]?[index], let known = Self.fields(type)
        else { return Self.notFound(type, name) }
        if state.denied.contains("write \(type)") {
            return Self.fault(403, "PermissionError", "User does not have permission to write \(type)")
        }
        for member in sent.members where known.contains(member.name) { document[member.name] = member.value }
        if let fault = fault(in: document, type, state) { return fault }
        document["modified"] = .string(localTime)
        state.documents[type]?[index] = document
        return .json(["data": .object(document)])
    }

    // MARK: What is refused

    private func fault(in document: JSONObject, _ type: String, _ state: State) -> SimulatedResponse? {
        func link(_ field: String, _ target: String, in object: JSONObject) -> SimulatedResponse? {
            guard let name = object[field]?.string, !name.isEmpty, find(target, name, state) == nil else { return nil }
            return Self.fault(417, "LinkValidationError", "Could not find \(target): \(name)")
        }
        func missing(_ field: String) -> SimulatedResponse? {
            if document[field]?.string?.isEmpty == false || document[field]?.array?.isEmpty == false { return nil }
            return Self.fault(417, "MandatoryError", "[\(type)]: \(field)")
        }
        if let fault = link("company", "Company", in: document) { return fault }
        switch type {
        case "Issue":
            if (document["subject"]?.string?.count ?? 0) > 140 {
                let message = "'Subject' will get truncated, as max characters allowed is 140"
                return Self.fault(417, "CharacterLengthExceededError", message)
            }
            return missing("subject") ?? link("priority", "Issue Priority", in: document)
                ?? link("issue_type", "Issue Type", in: document)
        case "Asset Repair":
            let time = document["failure_date"]?.string ?? ""
            if !time.isEmpty, Timestamp(rfc3339: time + "Z") == nil {
                return Self.fault(417, "ValidationError", "\(time) is not a valid datetime")
            }
            let statuses: [JSONValue?] = ["Pending", "Completed", "Cancelled", nil]
            if !statuses.contains(document["repair_status"]) {
                return Self.fault(417, "ValidationError", "Repair Status cannot be that")
            }
            return missing("asset") ?? missing("failure_date") ?? link("asset", "Asset", in: document)
        default:
            if let fault = missing("items") { return fault }
            for item in (document["items"]?.array ?? []).compactMap(\.object) {
                let places = ["warehouse", "s_warehouse", "t_warehouse"]
                if let fault = link("item_code", "Item", in: item) { return fault }
                for place in places { if let fault = link(place, "Warehouse", in: item) { return fault } }
                guard places.contains(where: { item[$0]?.string != nil }), item["qty"]?.double != nil else {
                    return Self.fault(417, "MandatoryError", "[\(type)]: warehouse, qty")
                }
            }
            return bookingFault(document, type, state)
        }
    }

    private func bookingFault(_ document: JSONObject, _ type: String, _ state: State) -> SimulatedResponse? {
        let items = (document["items"]?.array ?? []).compactMap(\.object)
        for item in items {
            let code = item["item_code"]?.string ?? ""
            let quantity = item["qty"]?.double ?? 0
            let onHand = state.stock[code] ?? 0
            if type == "Stock Reconciliation", quantity == onHand, item["valuation_rate"] == nil {
                let message = "None of the items have any change in quantity or value."
                return Self.fault(417, "EmptyStockReconciliationItemsError", message)
            }
            if document["stock_entry_type"]?.string == "Material Issue", onHand < quantity {
                let lack = JSONValue.text(of: quantity - onHand)
                let message = "\(lack) units of Item \(code) needed in Warehouse \(Self.warehouse)"
                return Self.fault(417, "NegativeStockError", message)
            }
        }
        return nil
    }

    /// Submitted documents move stock.
    private func book(_ document: JSONObject, _ type: String, _ state: inout State) {
        guard document["docstatus"]?.integer == 1 else { return }
        for item in (document["items"]?.array ?? []).compactMap(\.object) {
            let code = item["item_code"]?.string ?? ""
            let quantity = item["qty"]?.double ?? 0
            switch (type, document["stock_entry_type"]?.string) {
            case ("Stock Reconciliation", _): state.stock[code] = quantity
            case (_, "Material Issue"): state.stock[code, default: 0] -= quantity
            case (_, "Material Receipt"): state.stock[code, default: 0] += quantity
            default: break
            }
        }
    }
}
