import Primitives

extension OracleConnector {
    // MARK: Stock

    func stock(_ order: DeliveryOrder, _ fields: OrderFields) throws(CallFailure) -> OrderPlan {
        let item = try fields.required("item")
        guard let quantity = try fields.number("quantity") else {
            throw CallFailure(reason: "field-missing", detail: "“quantity” has no value.")
        }
        let subinventory = fields.text("location") ?? options.subinventory
        if order.operation == .partsCheck {
            return OrderPlan(questions: [balanceQuestion(item, subinventory)], steps: []) { answers in
                StockAmount.note(item: item, needed: quantity, available: answers.number("onHand"))
            }
        }
        guard let subinventory else {
            let detail = "Say which subinventory: in the field “location”, or in the option “subinventory”."
            throw CallFailure(reason: "field-missing", detail: detail)
        }
        let isIssue = order.operation == .stockConsume
        let unit = fields.text("unit")
        let step = PlanStep(
            request: { answers in
                service.send(
                    "POST",
                    "inventoryStagedTransactions",
                    [
                        "OrganizationName": .string(answers["organization"]), "ItemNumber": .string(item),
                        "TransactionTypeName": .string(isIssue ? "Miscellaneous Issue" : "Miscellaneous Receipt"),
                        "TransactionQuantity": .number(isIssue ? -quantity : quantity),
                        "TransactionUnitOfMeasure": .string(unit ?? answers["unit"]),
                        "TransactionDate": .string(order.causedAt.rfc3339), "SubinventoryCode": .string(subinventory),
                        "SourceCode": "PLANTWRIGHT", "SourceHeaderId": "1", "SourceLineId": "1",
                        "TransactionMode": "1", "TransactionReference": .string(order.idempotencyKey),
                        "UseCurrentCostFlag": "true",
                    ]
                )
            },
            read: { OracleService.transaction($0) }
        )
        return OrderPlan(questions: [organizationQuestion, itemQuestion(item)], steps: [step])
    }

    private var organizationQuestion: PlanQuestion {
        let code = options.organization
        let request = service.rows(
            "inventoryOrganizations",
            ["OrganizationCode", "OrganizationName"],
            [("OrganizationCode", code)],
            limit: 2
        )
        return PlanQuestion(
            placeholders: ["organization": "‹organization \(code)›"],
            request: { _ in request },
            read: { document in
                OracleService.items(document)?.first.flatMap { ODataService.text($0, "OrganizationName") }
                    .map { ["organization": $0] }
            },
            missing: CallFailure(reason: "not-found", detail: "Oracle has no inventory organization “\(code)”.")
        )
    }

    private func itemQuestion(_ item: String) -> PlanQuestion {
        let request = service.rows(
            "itemsV2",
            ["ItemNumber", "PrimaryUOMValue"],
            [("ItemNumber", item), ("OrganizationCode", options.organization)],
            limit: 2
        )
        return PlanQuestion(
            placeholders: ["unit": "‹unit of \(item)›"],
            request: { _ in request },
            read: { document in
                OracleService.items(document)?.first.flatMap { ODataService.text($0, "PrimaryUOMValue") }
                    .map { ["unit": $0] }
            },
            missing: CallFailure(reason: "not-found", detail: "Oracle has no item “\(item)” in this organization.")
        )
    }

    /// The sum over the rows of an item; none means that there is nothing.
    private func balanceQuestion(_ item: String, _ subinventory: String?) -> PlanQuestion {
        var conditions = [(name: "OrganizationCode", value: options.organization), (name: "ItemNumber", value: item)]
        if let subinventory { conditions.append((name: "SubinventoryCode", value: subinventory)) }
        let request = service.rows("inventoryOnhandBalances", [], conditions, limit: 500)
        return PlanQuestion(
            placeholders: ["onHand": "‹stock of \(item)›"],
            request: { _ in request },
            read: { document in
                guard let rows = OracleService.items(document) else { return nil }
                let sum = rows.reduce(0) { $0 + ($1["PrimaryQuantity"]?.double ?? 0) }
                return ["onHand": JSONValue.text(of: sum)]
            },
            missing: OracleService.noList
        )
    }

    func stock(of item: String, at location: String?) async throws(CallFailure) -> StockFigure {
        let question = balanceQuestion(item, location ?? options.subinventory)
        let document = try await runner.json(question.request(PlanAnswers()))
        guard let figure = question.read(document)?["onHand"].flatMap(Double.init) else { throw question.missing }
        return StockFigure(onHand: figure)
    }

    // MARK: Orders

    private static let orderFields = [
        "WorkOrderNumber", "WorkOrderDescription", "WorkOrderStatusCode", "WorkOrderStatusName", "AssetNumber",
        "ActualStartDate", "ActualCompletionDate", "PlannedCompletionDate", "LastUpdateDate",
    ]

    func state(ofOrder externalID: String) async -> OrderStateOutcome {
        let request = service.rows(
            "maintenanceWorkOrders",
            Self.orderFields,
            [("WorkOrderNumber", externalID), ("OrganizationCode", options.organization)],
            limit: 2
        )
        do throws(CallFailure) {
            guard let rows = OracleService.items(try await runner.json(request)) else {
                return .failed(reason: "not-a-list")
            }
            guard let row = rows.first else { return .gone }
            return Self.state(row).map(OrderStateOutcome.state) ?? .failed(reason: "no-state")
        } catch {
            return .failed(reason: error.reason)
        }
    }

    private static func state(_ row: JSONValue) -> OrderState? {
        guard let code = row["WorkOrderStatusCode"]?.string else { return nil }
        let startedAt = ODataService.time(row, "ActualStartDate")
        let phase = OracleStatus.phase(code, hasStarted: startedAt != nil)
        var state = OrderState(ODataService.text(row, "WorkOrderStatusName") ?? code, phase)
        state.number = row["WorkOrderNumber"]?.string
        state.dueAt = ODataService.time(row, "PlannedCompletionDate")
        state.startedAt = startedAt
        state.finishedAt = ODataService.time(row, "ActualCompletionDate")
        return state
    }

    func changes(since: Timestamp, after cursor: String?) async throws(CallFailure) -> ERPPage<OrderChange> {
        try await page(
            "maintenanceWorkOrders",
            Self.orderFields,
            [("OrganizationCode", options.organization)],
            extra: ["LastUpdateDate>=\(OracleService.literal(since.rfc3339))"],
            order: "LastUpdateDate:asc",
            cursor
        ) { row in
            guard let number = row["WorkOrderNumber"]?.string, let state = Self.state(row),
                let changedAt = ODataService.time(row, "LastUpdateDate")
            else { return nil }
            return OrderChange(
                externalID: number,
                idempotencyKey: number.hasPrefix("pw-") ? number : nil,
                title: row["WorkOrderDescription"]?.string ?? number,
                equipment: ODataService.text(row, "AssetNumber"),
                changedAt: changedAt,
                state: state
            )
        }
    }

    // MARK: Master data

    func equipment(after cursor: String?) async throws(CallFailure) -> ERPPage<EquipmentRecord> {
        try await page(
            "installedBaseAssets",
            ["AssetNumber", "Description", "SerialNumber", "AssetEndDate"],
            [("OperatingOrganizationCode", options.organization)],
            order: "AssetNumber:asc",
            cursor
        ) { row in
            guard let number = row["AssetNumber"]?.string else { return nil }
            return EquipmentRecord(
                reference: number,
                name: row["Description"]?.string ?? number,
                serial: ODataService.text(row, "SerialNumber"),
                tag: number,
                isRetired: ODataService.text(row, "AssetEndDate") != nil
            )
        }
    }

    func items(after cursor: String?) async throws(CallFailure) -> ERPPage<ItemRecord> {
        try await page(
            "itemsV2",
            ["ItemNumber", "ItemDescription", "PrimaryUOMValue"],
            [("OrganizationCode", options.organization)],
            order: "ItemNumber:asc",
            cursor
        ) { row in
            row["ItemNumber"]?.string.map { number in
                ItemRecord(
                    reference: number,
                    name: row["ItemDescription"]?.string ?? number,
                    unit: ODataService.text(row, "PrimaryUOMValue")
                )
            }
        }
    }

    private func page<Item>(
        _ resource: String,
        _ fields: [String],
        _ conditions: [(name: String, value: String)],
        extra: [String] = [],
        order: String,
        _ cursor: String?,
        _ read: (JSONValue) -> Item?
    ) async throws(CallFailure) -> ERPPage<Item> {
        guard let offset = Int(cursor ?? "0"), (0...100_000_000).contains(offset) else {
            throw CallFailure(reason: "cursor-invalid", detail: "This is no page of this connector's list.")
        }
        let document = try await runner.json(
            service.rows(resource, fields, conditions, extra: extra, order: order, offset: offset)
        )
        guard let rows = OracleService.items(document) else { throw OracleService.noList }
        let hasMore = document["hasMore"]?.bool == true && !rows.isEmpty
        return ERPPage(rows.compactMap(read), next: hasMore ? String(offset + rows.count) : nil)
    }

    // MARK: Preflight

    func preflight(key: String) async -> [PreflightCheck] {
        let first = service.rows("maintenanceWorkOrders", ["WorkOrderNumber"], [], limit: 1)
        let entry = await runner.entry(first) { document in OracleService.items(document).map { _ in true } }
        guard entry.answer != nil else { return entry.checks }
        var checks = entry.checks
        let organization = organizationQuestion
        let title = "The organization is there"
        checks.append(
            await runner.check("organization", title, organization.request(PlanAnswers())) { document in
                let name = organization.read(document)?["organization"]
                return PreflightCheck(
                    "organization",
                    title,
                    name == nil ? .failed : .ok,
                    name.map { "\(options.organization) is “\($0)”." } ?? organization.missing.detail,
                    remedy: name == nil ? "Correct the option “organization”." : nil
                )
            }
        )
        let order = DeliveryOrder(
            idempotencyKey: key,
            operation: .workOrderCreate,
            fields: ["title": "-", "equipment": "-"]
        )
        let lookUpTitle = "Orders are found by their number"
        switch await lookUp(order).outcome {
        case .notFound:
            let detail = "No work order has this new number, as expected."
            checks.append(PreflightCheck("look-up", lookUpTitle, .ok, detail))
        case .found, .stuck:
            let detail = "A work order was found for a key that cannot exist."
            checks.append(PreflightCheck("look-up", lookUpTitle, .failed, detail))
        case .failed(_, let detail, _):
            let remedy = "Give the account the privilege “Manage Maintenance Work Orders by Web Service”."
            checks.append(PreflightCheck("look-up", lookUpTitle, .failed, detail, remedy: remedy))
        }
        checks.append(
            PreflightCheck(
                "create-permission",
                "The account may create work orders",
                .skipped,
                "Oracle does not tell without a try; the README names the privileges."
            )
        )
        return checks
    }
}
