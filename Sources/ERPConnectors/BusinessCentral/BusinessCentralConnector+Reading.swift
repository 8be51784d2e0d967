import Primitives

extension BusinessCentralConnector {
    func state(ofOrder externalID: String) async -> OrderStateOutcome {
        let request = service.get(
            "maintenanceRequests",
            [("$filter", "number eq \(ODataService.literal(externalID))"), ("$top", "2")]
        )
        do throws(CallFailure) {
            let rows = try Self.rows(try await runner.json(request))
            guard let row = rows.first else { return .gone }
            return Self.state(row).map(OrderStateOutcome.state) ?? .failed(reason: "no-state")
        } catch {
            return .failed(reason: error.reason)
        }
    }

    static func state(_ row: JSONValue) -> OrderState? {
        guard let status = row["status"]?.string else { return nil }
        let phase: OrderState.Phase =
            switch status {
            case "InProgress": .inProgress
            case "Done": .done
            case "Cancelled": .cancelled
            default: .open
            }
        var state = OrderState(status, phase)
        state.number = row["number"]?.string
        state.assignee = ODataService.text(row, "assignee")
        state.dueAt = ODataService.time(row, "dueAt")
        state.startedAt = ODataService.time(row, "startedAt")
        state.finishedAt = ODataService.time(row, "finishedAt")
        state.outcome = ODataService.text(row, "outcome")
        state.failureCode = ODataService.text(row, "failureCode")
        state.cost = row["cost"]?.double
        return state
    }

    func changes(since: Timestamp, after cursor: String?) async throws(CallFailure) -> ERPPage<OrderChange> {
        let options: [(name: String, value: String)] = [
            ("$filter", "lastModifiedDateTime ge \(since.rfc3339)"), ("$orderby", "lastModifiedDateTime,number"),
        ]
        return try await list(service, "maintenanceRequests", options, cursor) { row in
            guard let number = row["number"]?.string, let state = Self.state(row),
                let changedAt = ODataService.time(row, "lastModifiedDateTime")
            else { return nil }
            return OrderChange(
                externalID: number,
                idempotencyKey: number.hasPrefix("PW-") ? number.lowercased() : nil,
                title: ODataService.text(row, "title") ?? number,
                equipment: ODataService.text(row, "fixedAssetNumber"),
                changedAt: changedAt,
                state: state
            )
        }
    }

    func equipment(after cursor: String?) async throws(CallFailure) -> ERPPage<EquipmentRecord> {
        try await list(standard, "fixedAssets", [("$orderby", "number")], cursor) { row in
            guard let number = row["number"]?.string else { return nil }
            return EquipmentRecord(
                reference: number,
                name: ODataService.text(row, "displayName") ?? number,
                serial: ODataService.text(row, "serialNumber"),
                tag: number,
                location: ODataService.text(row, "fixedAssetLocationCode"),
                isRetired: row["blocked"]?.bool == true
            )
        }
    }

    func items(after cursor: String?) async throws(CallFailure) -> ERPPage<ItemRecord> {
        try await list(standard, "items", [("$orderby", "number")], cursor) { row in
            row["number"]?.string.map { number in
                ItemRecord(
                    reference: number,
                    name: ODataService.text(row, "displayName") ?? number,
                    unit: ODataService.text(row, "baseUnitOfMeasureCode")
                )
            }
        }
    }

    /// The figure of all locations: the API 2.0 has no other.
    func stock(of item: String, at location: String?) async throws(CallFailure) -> StockFigure {
        let question = itemQuestion(item)
        let document = try await runner.json(question.request(PlanAnswers()))
        guard let onHand = question.read(document)?["onHand"].flatMap(Double.init) else { throw question.missing }
        return StockFigure(onHand: onHand)
    }

    private func list<Item>(
        _ service: ODataService,
        _ set: String,
        _ options: [(name: String, value: String)],
        _ cursor: String?,
        _ read: (JSONValue) -> Item?
    ) async throws(CallFailure) -> ERPPage<Item> {
        let prefer = "odata.maxpagesize=500"
        let request: RenderedRequest
        if let cursor {
            request = try service.page(cursor, prefer: prefer)
        } else {
            request = service.get(set, options, prefer: prefer)
        }
        let document = try await runner.json(request)
        return ERPPage(try Self.rows(document).compactMap(read), next: ODataService.next(document))
    }

    private static func rows(_ document: JSONValue) throws(CallFailure) -> [JSONValue] {
        guard let rows = ODataService.rows(document) else {
            throw CallFailure(reason: "not-a-list", detail: "The ERP's answer is no list of rows.")
        }
        return rows
    }

    // MARK: Preflight

    func preflight(key: String) async -> [PreflightCheck] {
        let companies = ODataService(root: base + "/api/v2.0").get("companies", [("$select", "id,name")])
        let entry = await runner.entry(companies) { ODataService.rows($0) }
        guard let rows = entry.answer else { return entry.checks }
        var checks = entry.checks
        let isThere = rows.contains { $0["id"]?.string?.lowercased() == options.company }
        let known = rows.prefix(20).map { "\($0["name"]?.string ?? "?") (\($0["id"]?.string ?? "?"))" }
        checks.append(
            PreflightCheck(
                "company",
                "The company is there",
                isThere ? .ok : .failed,
                isThere ? "It was found." : "There are: \(known.joined(separator: ", ")).",
                remedy: isThere ? nil : "Set the option “company” to the identifier of one of them."
            )
        )
        guard isThere else { return checks }
        checks.append(await extensionCheck(key))
        let remedy = "build and upload the extension again; since version 1.1 it has pictures."
        checks.append(await pictureCheck(key, remedy: remedy))
        return checks
    }

    private func extensionCheck(_ key: String) async -> PreflightCheck {
        let title = "The extension is installed and requests are found by their number"
        let order = DeliveryOrder(idempotencyKey: key, operation: .workOrderCreate, fields: ["title": "-"])
        switch await lookUp(order).outcome {
        case .notFound:
            return PreflightCheck("look-up", title, .ok, "No request has this new number, as expected.")
        case .found, .stuck:
            return PreflightCheck("look-up", title, .failed, "A request was found for a key that cannot exist.")
        case .failed(let reason, let detail, _):
            let remedy =
                reason == "http-404"
                ? "Install the extension “Plantwright Maintenance” as the README says."
                : "Give the application the permission set “PW Connector”."
            return PreflightCheck("look-up", title, .failed, detail, remedy: remedy)
        }
    }
}
