import Primitives

extension SupplyChainConnector {
    private var ours: String { "dataAreaId eq \(ODataService.literal(options.company))" }

    // MARK: Orders

    /// The state of a request; once it has a work order, that one's.
    func state(ofOrder externalID: String) async -> OrderStateOutcome {
        let request: JSONValue
        do throws(CallFailure) {
            request = try await runner.json(service.get(row(externalID), [Self.everywhere]))
        } catch {
            return ["http-404", "http-410"].contains(error.reason) ? .gone : .failed(reason: error.reason)
        }
        guard let own = request["RequestLifecycleStateId"]?.string else { return .failed(reason: "no-state") }
        var state = OrderState(own, options.phase(own))
        state.number = externalID
        state.startedAt = ODataService.time(request, "ActualStart")
        state.finishedAt = ODataService.time(request, "ActualEnd")
        state.assignee = ODataService.text(request, "ResponsibleWorkerPersonnelNumber")
        guard let number = ODataService.text(request, "WorkOrderId") else { return .state(state) }
        let address =
            "AssetMaintenanceWorkOrderTablesV2(dataAreaId=\(ODataService.pathLiteral(options.company)),"
            + "WorkOrderId=\(ODataService.pathLiteral(number)))"
        do throws(CallFailure) {
            let order = try await runner.json(service.get(address, [Self.everywhere]))
            guard let text = order["WorkOrderLifecycleStateId"]?.string else { return .failed(reason: "no-state") }
            state.text = text
            state.phase = options.phase(text)
            state.number = number
            state.dueAt = ODataService.time(order, "ExpectedEnd")
            state.startedAt = ODataService.time(order, "ActualStart") ?? state.startedAt
            state.finishedAt = ODataService.time(order, "ActualEnd") ?? state.finishedAt
            state.assignee = ODataService.text(order, "ResponsibleWorkerPersonnelNumber") ?? state.assignee
            if state.phase == .open, state.startedAt != nil { state.phase = .inProgress }
            return .state(state)
        } catch {
            return .failed(reason: error.reason)
        }
    }

    // MARK: Master data

    func equipment(after cursor: String?) async throws(CallFailure) -> ERPPage<EquipmentRecord> {
        try await list("AssetMaintenanceAssetsV3", "MaintenanceAssetId", cursor) { row in
            guard let number = ODataService.text(row, "MaintenanceAssetId") else { return nil }
            return EquipmentRecord(
                reference: number,
                name: ODataService.text(row, "Name") ?? number,
                serial: ODataService.text(row, "SerialId"),
                tag: number,
                location: ODataService.text(row, "FunctionalLocationId"),
                isRetired: options.states[row["MaintenanceAssetLifecycleStateId"]?.string?.lowercased() ?? ""] == .done
            )
        }
    }

    func items(after cursor: String?) async throws(CallFailure) -> ERPPage<ItemRecord> {
        try await list("ReleasedProductsV2", "ItemNumber", cursor) { row in
            ODataService.text(row, "ItemNumber").map { number in
                let name = ODataService.text(row, "ProductName") ?? ODataService.text(row, "SearchName")
                return ItemRecord(
                    reference: number,
                    name: name ?? number,
                    unit: ODataService.text(row, "InventoryUnitSymbol")
                )
            }
        }
    }

    private func list<Item>(
        _ set: String,
        _ key: String,
        _ cursor: String?,
        _ read: (JSONValue) -> Item?
    ) async throws(CallFailure) -> ERPPage<Item> {
        let request: RenderedRequest
        if let cursor {
            request = try service.page(cursor, prefer: "odata.maxpagesize=500")
        } else {
            request = service.get(
                set,
                [Self.everywhere, ("$filter", ours), ("$orderby", key)],
                prefer: "odata.maxpagesize=500"
            )
        }
        let document = try await runner.json(request)
        guard let rows = ODataService.rows(document) else {
            throw CallFailure(reason: "not-a-list", detail: "The ERP's answer is no list of rows.")
        }
        return ERPPage(rows.compactMap(read), next: ODataService.next(document))
    }

    // MARK: Stock

    /// The sum over an item's rows: one for every warehouse and product dimension.
    func stockQuestion(_ item: String, _ warehouse: String?) -> PlanQuestion {
        var filter = "\(ours) and ItemNumber eq \(ODataService.literal(item))"
        if let warehouse { filter += " and InventoryWarehouseId eq \(ODataService.literal(warehouse))" }
        let request = service.get("WarehousesOnHandV2", [Self.everywhere, ("$filter", filter)])
        return PlanQuestion(
            placeholders: ["onHand": "‹stock of \(item)›", "available": "‹stock of \(item)›"],
            request: { _ in request },
            read: { document in
                guard let rows = ODataService.rows(document) else { return nil }
                func sum(_ name: String) -> String {
                    JSONValue.text(of: rows.reduce(0) { $0 + ($1[name]?.double ?? 0) })
                }
                return ["onHand": sum("OnHandQuantity"), "available": sum("AvailableOnHandQuantity")]
            },
            missing: CallFailure(reason: "not-a-list", detail: "The ERP's answer is no list of rows.")
        )
    }

    func stock(of item: String, at location: String?) async throws(CallFailure) -> StockFigure {
        let question = stockQuestion(item, location)
        let document = try await runner.json(question.request(PlanAnswers()))
        guard let answers = question.read(document), let onHand = answers["onHand"].flatMap(Double.init) else {
            throw question.missing
        }
        return StockFigure(onHand: onHand, available: answers["available"].flatMap(Double.init))
    }

    // MARK: Preflight

    func preflight(key: String) async -> [PreflightCheck] {
        let company = service.get(
            "LegalEntities",
            [("$filter", "LegalEntityId eq \(ODataService.literal(options.company))"), ("$top", "1")]
        )
        let entry = await runner.entry(company) { document in ODataService.rows(document) }
        guard let rows = entry.answer else { return entry.checks }
        var checks = entry.checks
        checks.append(
            PreflightCheck(
                "company",
                "The company is there",
                rows.isEmpty ? .failed : .ok,
                rows.isEmpty ? "There is no legal entity “\(options.company)”." : "“\(options.company)” was found.",
                remedy: rows.isEmpty ? "Correct the option “company”." : nil
            )
        )
        let title = "Requests are found by their number"
        let order = DeliveryOrder(idempotencyKey: key, operation: .workOrderCreate, fields: ["title": "-"])
        switch await lookUp(order).outcome {
        case .notFound:
            let detail = "No maintenance request has this new number, as expected."
            checks.append(PreflightCheck("look-up", title, .ok, detail))
        case .found, .stuck:
            let detail = "A maintenance request was found for a key that cannot exist."
            checks.append(PreflightCheck("look-up", title, .failed, detail))
        case .failed(_, let detail, _):
            let remedy = "Give the application's user a role with the maintenance request entities."
            checks.append(PreflightCheck("look-up", title, .failed, detail, remedy: remedy))
        }
        let entity = "see whether your version has the entity MaintenanceRequestDocumentAttachments, and allow it."
        checks.append(await pictureCheck(key, remedy: entity))
        checks.append(
            PreflightCheck(
                "reference-field",
                "Requests take numbers of ours",
                .skipped,
                "The number sequence of maintenance requests must allow manual numbers; this cannot be asked for. The first "
                    + "request tells at once when it does not."
            )
        )
        return checks
    }
}
