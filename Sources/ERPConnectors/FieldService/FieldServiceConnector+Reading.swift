import Primitives

extension FieldServiceConnector {
    /// Labels of choices and lookups beside their codes.
    private static let labels = #"odata.include-annotations="OData.Community.Display.V1.FormattedValue""#
    private static let label = "@OData.Community.Display.V1.FormattedValue"
    private static let pages = labels + ",odata.maxpagesize=500"
    private static let bookings = "msdyn_msdyn_workorder_bookableresourcebooking_WorkOrder"

    private var orderColumns: [(name: String, value: String)] {
        let columns = [
            "msdyn_workorderid", "msdyn_name", "msdyn_systemstatus", "msdyn_workordersummary", "msdyn_followupnote",
            "msdyn_firstarrivedon", "msdyn_completedon", "msdyn_timetopromised", "msdyn_totalamount",
            "_msdyn_primaryincidenttype_value", "modifiedon", options.keyColumn,
        ]
        let currency = "transactioncurrencyid($select=isocurrencycode)"
        let asset = "msdyn_customerasset($select=\(options.equipmentColumn))"
        let bookings = "\(Self.bookings)($select=starttime,_resource_value)"
        return [
            ("$select", columns.joined(separator: ",")),
            ("$expand", [currency, asset, bookings].joined(separator: ",")),
        ]
    }

    func state(ofOrder externalID: String) async -> OrderStateOutcome {
        guard DataverseIdentifier.isValid(externalID) else { return .gone }
        return await state(from: service.get("msdyn_workorders(\(externalID))", orderColumns, prefer: Self.labels)) {
            Self.state($0)
        }
    }

    /// An order's state; nil when the row has none.
    static func state(_ row: JSONValue) -> OrderState? {
        guard let code = row["msdyn_systemstatus"]?.integer else { return nil }
        let text = row["msdyn_systemstatus" + label]?.string ?? FieldServiceStatus.text(code)
        var state = OrderState(text, FieldServiceStatus.phase(code))
        state.number = ODataService.text(row, "msdyn_name")
        state.dueAt = ODataService.time(row, "msdyn_timetopromised")
        state.startedAt = ODataService.time(row, "msdyn_firstarrivedon")
        state.finishedAt = ODataService.time(row, "msdyn_completedon")
        state.cost = row["msdyn_totalamount"]?.double
        state.currency = row["transactioncurrencyid"]?["isocurrencycode"]?.string
        state.outcome = ODataService.text(row, "msdyn_followupnote")
        state.failureCode = row["_msdyn_primaryincidenttype_value" + label]?.string
        let newest = (row[bookings]?.array ?? [])
            .max { ($0["starttime"]?.string ?? "") < ($1["starttime"]?.string ?? "") }
        state.assignee = newest?["_resource_value" + label]?.string
        return state
    }

    func changes(since: Timestamp, after cursor: String?) async throws(CallFailure) -> ERPPage<OrderChange> {
        let document = try await list(
            "msdyn_workorders",
            orderColumns + [
                ("$filter", "modifiedon ge \(since.rfc3339)"), ("$orderby", "modifiedon asc,msdyn_workorderid asc"),
            ],
            cursor
        )
        let rows = try Self.rows(document)
        return ERPPage(rows.compactMap(change), next: ODataService.next(document))
    }

    private func change(_ row: JSONValue) -> OrderChange? {
        guard let id = row["msdyn_workorderid"]?.string, let state = Self.state(row),
            let changedAt = ODataService.time(row, "modifiedon")
        else { return nil }
        return OrderChange(
            externalID: id.lowercased(),
            idempotencyKey: ODataService.text(row, options.keyColumn),
            title: ODataService.text(row, "msdyn_workordersummary") ?? state.number ?? id,
            equipment: row["msdyn_customerasset"]?[options.equipmentColumn]?.string,
            changedAt: changedAt,
            state: state
        )
    }

    func equipment(after cursor: String?) async throws(CallFailure) -> ERPPage<EquipmentRecord> {
        var columns = [
            "msdyn_customerassetid", "msdyn_name", "msdyn_assettag", "statecode", "_msdyn_functionallocation_value",
        ]
        if !columns.contains(options.equipmentColumn) { columns.append(options.equipmentColumn) }
        let document = try await list(
            "msdyn_customerassets",
            [
                ("$select", columns.joined(separator: ",")),
                ("$orderby", "msdyn_customerassetid asc"),
            ],
            cursor
        )
        let records = try Self.rows(document).compactMap { row -> EquipmentRecord? in
            guard let reference = ODataService.text(row, options.equipmentColumn) else { return nil }
            return EquipmentRecord(
                reference: reference,
                name: ODataService.text(row, "msdyn_name") ?? reference,
                tag: ODataService.text(row, "msdyn_assettag"),
                location: row["_msdyn_functionallocation_value" + Self.label]?.string,
                isRetired: row["statecode"]?.integer == 1
            )
        }
        return ERPPage(records, next: ODataService.next(document))
    }

    func items(after cursor: String?) async throws(CallFailure) -> ERPPage<ItemRecord> {
        let document = try await list(
            "products",
            [
                ("$select", "productnumber,name,_defaultuomid_value"),
                // 690970000: Inventory.
                ("$filter", "msdyn_fieldserviceproducttype eq 690970000 and statecode eq 0"),
                ("$orderby", "productid asc"),
            ],
            cursor
        )
        let records = try Self.rows(document).compactMap { row in
            ODataService.text(row, "productnumber").map { number in
                ItemRecord(
                    reference: number,
                    name: ODataService.text(row, "name") ?? number,
                    unit: row["_defaultuomid_value" + Self.label]?.string
                )
            }
        }
        return ERPPage(records, next: ODataService.next(document))
    }

    func choices(_ list: String) async throws(CallFailure) -> [Choice] {
        let set =
            switch list {
            case "workTypes": "msdyn_workordertypes"
            case "failureCodes": "msdyn_incidenttypes"
            default: ""
            }
        if set.isEmpty { throw .unsupported("list “\(list)”") }
        let options = [("$select", "msdyn_name"), ("$orderby", "msdyn_name asc")].map { (name: $0.0, value: $0.1) }
        return try Self.rows(try await self.list(set, options, nil)).compactMap { row in
            ODataService.text(row, "msdyn_name").map { Choice($0, $0) }
        }
    }

    private func list(
        _ set: String,
        _ options: [(name: String, value: String)],
        _ cursor: String?
    ) async throws(CallFailure) -> JSONValue {
        if let cursor { return try await runner.json(try service.page(cursor, prefer: Self.pages)) }
        return try await runner.json(service.get(set, options, prefer: Self.pages))
    }

    private static func rows(_ document: JSONValue) throws(CallFailure) -> [JSONValue] {
        guard let rows = ODataService.rows(document) else {
            throw CallFailure(reason: "not-a-list", detail: "The ERP's answer is no list of rows.")
        }
        return rows
    }
}
