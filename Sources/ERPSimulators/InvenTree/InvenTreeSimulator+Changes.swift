import Primitives

extension InvenTreeSimulator {
    // MARK: Build orders

    func build(_ rest: String, _ request: SimulatedRequest, _ state: inout State) -> SimulatedResponse {
        let parts = rest.split(separator: "/").map(String.init)
        let role = ["GET": "view", "POST": parts.isEmpty ? "add" : "change"][request.method] ?? "change"
        guard state.roles["build"]?.contains(role) == true else {
            return Self.detail(403, "You do not have permission to perform this action.")
        }
        switch (request.method, parts.count) {
        case ("GET", 0): return builds(request, state)
        case ("POST", 0): return createBuild(request.json?.object ?? JSONObject(), &state)
        default: break
        }
        guard let id = parts.first, let index = state.builds.firstIndex(where: { $0["pk"].map(\.text) == id }) else {
            return Self.detail(404, "No Build matches the given query.")
        }
        switch (request.method, parts.dropFirst().first) {
        case ("GET", nil): break
        case ("PATCH", nil):
            for member in request.json?.object?.members ?? []
            where ["title", "notes", "priority"].contains(member.name) {
                if let fault = Self.fault(member) { return fault }
                state.builds[index][member.name] = member.value
            }
        case ("POST", "cancel"):
            state.builds[index]["status"] = 30
            state.builds[index]["status_text"] = "Cancelled"
            return .json([:], status: 201)
        case ("POST", "issue"):
            state.builds[index]["status"] = 20
            state.builds[index]["status_text"] = "Production"
            return .json([:], status: 201)
        default: return Self.page
        }
        return .json(.object(state.builds[index]))
    }

    private func builds(_ request: SimulatedRequest, _ state: State) -> SimulatedResponse {
        var rows = state.builds
        if let text = request.parameter("search")?.lowercased() {
            rows = rows.filter { build in
                ["title", "reference"].contains { build[$0]?.string?.lowercased().contains(text) == true }
            }
        }
        if request.parameter("ordering") == "-reference" {
            rows.sort { Self.number($0["reference"]?.string ?? "") > Self.number($1["reference"]?.string ?? "") }
        }
        return Self.list(rows, request)
    }

    private static func number(_ reference: String) -> Int { Int(reference.filter(\.isNumber)) ?? 0 }

    private func createBuild(_ sent: JSONObject, _ state: inout State) -> SimulatedResponse {
        let reference = sent["reference"]?.string ?? ""
        let prefix = state.pattern.prefix { $0 != "{" }
        guard reference.hasPrefix(prefix), Int(reference.dropFirst(prefix.count)) != nil,
            reference.count - prefix.count >= 4
        else { return Self.fields("reference", "Reference must match required pattern: \(state.pattern)") }
        if state.builds.contains(where: { $0["reference"]?.string?.lowercased() == reference.lowercased() }) {
            state.duplicates += 1
            if state.duplicates % 3 == 0 {
                let error: JSONValue = [
                    "error": "IntegrityError", "error_details": "UNIQUE constraint failed: build_build.reference",
                ]
                return .json(error, status: 500)
            }
            return Self.fields("reference", "Build Order with this Reference already exists.")
        }
        guard hasPart(sent["part"]?.integer, assembly: true) else {
            return Self.fields("part", "Invalid pk \"\(sent["part"].map(\.text) ?? "")\" - object does not exist.")
        }
        guard let quantity = sent["quantity"]?.double, quantity > 0 else {
            return Self.fields("quantity", "A valid number is required.")
        }
        var build: JSONObject = [
            "pk": .integer(Int64(state.builds.count + 1)), "status": 10, "status_text": "Pending", "notes": "",
            "priority": 0, "completion_date": .null, "target_date": .null, "responsible_detail": .null,
        ]
        for member in sent.members
        where ["reference", "title", "part", "quantity", "notes", "priority"].contains(member.name) {
            if let fault = Self.fault(member) { return fault }
            build[member.name] = member.value
        }
        state.builds.append(build)
        return .json(.object(build), status: 201)
    }

    private static func fault(_ member: JSONObject.Member) -> SimulatedResponse? {
        guard member.name == "title", (member.value.string?.count ?? 0) > 100 else { return nil }
        return fields("title", "Ensure this field has no more than 100 characters.")
    }

    // MARK: Stock

    func stock(_ rest: String, _ request: SimulatedRequest, _ state: inout State) -> SimulatedResponse {
        let role = request.method == "GET" ? "view" : "change"
        guard state.roles["stock"]?.contains(role) == true else {
            return Self.detail(403, "You do not have permission to perform this action.")
        }
        switch (request.method, rest) {
        case ("GET", ""):
            let part = request.parameter("part").flatMap { Int64($0) }
            let location = request.parameter("location").flatMap { Int64($0) }
            let rows = state.stockItems.filter { item in
                (part == nil || item["part"]?.integer == part)
                    && (location == nil || item["location"]?.integer == location)
            }
            return Self.list(rows, request)
        case ("GET", "location"):
            let text = request.parameter("search")?.lowercased() ?? ""
            let row: JSONObject = ["pk": 1, "name": .string(Self.location), "pathstring": .string(Self.location)]
            return Self.list(Self.location.lowercased().contains(text) ? [row] : [], request)
        case ("GET", "track"):
            let text = request.parameter("search")?.lowercased() ?? ""
            return Self.list(
                state.tracking.filter { $0["notes"]?.string?.lowercased().contains(text) == true },
                request
            )
        case ("POST", "add"), ("POST", "remove"), ("POST", "count"):
            return adjust(rest, request.json ?? .null, &state)
        case ("PATCH", _):
            guard let index = state.stockItems.firstIndex(where: { $0["pk"].map(\.text) == rest }) else {
                return Self.detail(404, "No StockItem matches the given query.")
            }
            if let keeps = request.json?["delete_on_deplete"] { state.stockItems[index]["delete_on_deplete"] = keeps }
            return .json(.object(state.stockItems[index]))
        default: return Self.page
        }
    }

    private func adjust(_ action: String, _ sent: JSONValue, _ state: inout State) -> SimulatedResponse {
        let items = sent["items"]?.array ?? []
        if items.isEmpty { return Self.fields("items", "A list of stock items must be provided") }
        for item in items {
            guard state.stockItems.contains(where: { $0["pk"] == item["pk"] }) else {
                return Self.fields("items", "Invalid pk \"\(item["pk"].map(\.text) ?? "")\" - object does not exist.")
            }
            guard let quantity = item["quantity"]?.double, quantity >= 0 else {
                return Self.fields("items", "Ensure this value is greater than or equal to 0.")
            }
        }
        for item in items {
            guard let index = state.stockItems.firstIndex(where: { $0["pk"] == item["pk"] }) else { continue }
            let old = state.stockItems[index]["quantity"]?.double ?? 0
            let quantity = item["quantity"]?.double ?? 0
            let new = max(0, action == "add" ? old + quantity : action == "remove" ? old - quantity : quantity)
            if new == 0, state.stockItems[index]["delete_on_deplete"]?.bool == true {
                let pk = item["pk"]
                state.stockItems.remove(at: index)
                state.tracking.removeAll { $0["item"] == pk }
                continue
            }
            state.stockItems[index]["quantity"] = .number(new)
            state.tracking.append([
                "pk": .integer(Int64(state.tracking.count + 1)), "item": item["pk"] ?? .null,
                "notes": sent["notes"] ?? "", "date": .string(clock().rfc3339),
            ])
        }
        return .json(sent, status: 201)
    }
}
