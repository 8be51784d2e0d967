import Primitives

extension MaximoConnector {
    private static let orderColumns = [
        "wonum", "status", "status_description", "description", "description_longdescription", "assetnum", "lead",
        "targcompdate", "actstart", "actfinish", "acttotalcost", "failurecode", "problemcode", "changedate",
    ].joined(separator: ",")

    func state(ofOrder externalID: String) async -> OrderStateOutcome {
        let request = service.rows(
            "mxapiwodetail",
            Self.orderColumns,
            [("wonum", externalID), ("siteid", options.site)],
            size: 2
        )
        do throws(CallFailure) {
            guard let rows = MaximoService.members(try await runner.json(request)) else {
                return .failed(reason: "not-a-list")
            }
            guard let row = rows.first else { return .gone }
            return state(row).map(OrderStateOutcome.state) ?? .failed(reason: "no-state")
        } catch {
            return .failed(reason: error.reason)
        }
    }

    /// An order's state; nil when the row has none.
    private func state(_ row: JSONValue) -> OrderState? {
        guard let status = row["status"]?.string else { return nil }
        var state = OrderState(row["status_description"]?.string ?? status, options.phase(status))
        state.number = row["wonum"]?.string
        state.assignee = ODataService.text(row, "lead")
        state.dueAt = ODataService.time(row, "targcompdate")
        state.startedAt = ODataService.time(row, "actstart")
        state.finishedAt = ODataService.time(row, "actfinish")
        state.cost = row["acttotalcost"]?.double
        state.failureCode = ODataService.text(row, "problemcode") ?? ODataService.text(row, "failurecode")
        return state
    }

    func changes(since: Timestamp, after cursor: String?) async throws(CallFailure) -> ERPPage<OrderChange> {
        let request = service.rows(
            "mxapiwodetail",
            Self.orderColumns,
            [("siteid", options.site)],
            extra: ["changedate>=\(MaximoService.literal(Self.time(since)))"],
            order: "+changedate,+wonum",
            page: try Self.page(cursor)
        )
        return try await page(request, cursor) { row in
            guard let number = row["wonum"]?.string, let state = state(row),
                let changedAt = ODataService.time(row, "changedate")
            else { return nil }
            return OrderChange(
                externalID: number,
                idempotencyKey: MaximoKey.find(in: row["description_longdescription"]?.string ?? ""),
                title: row["description"]?.string ?? number,
                equipment: ODataService.text(row, "assetnum"),
                changedAt: changedAt,
                state: state
            )
        }
    }

    func equipment(after cursor: String?) async throws(CallFailure) -> ERPPage<EquipmentRecord> {
        let request = service.rows(
            "mxapiasset",
            "assetnum,description,serialnum,location,status",
            [("siteid", options.site)],
            order: "+assetnum",
            page: try Self.page(cursor)
        )
        return try await page(request, cursor) { row in
            guard let number = row["assetnum"]?.string else { return nil }
            return EquipmentRecord(
                reference: number,
                name: row["description"]?.string ?? number,
                serial: ODataService.text(row, "serialnum"),
                tag: number,
                location: ODataService.text(row, "location"),
                isRetired: row["status"]?.string == "DECOMMISSIONED"
            )
        }
    }

    func items(after cursor: String?) async throws(CallFailure) -> ERPPage<ItemRecord> {
        let request = service.rows(
            "mxapiitem",
            "itemnum,description,issueunit",
            [("status", "ACTIVE")],
            order: "+itemnum",
            page: try Self.page(cursor)
        )
        return try await page(request, cursor) { row in
            row["itemnum"]?.string.map { number in
                ItemRecord(
                    reference: number,
                    name: row["description"]?.string ?? number,
                    unit: ODataService.text(row, "issueunit")
                )
            }
        }
    }

    /// Pages are counted: the address of the next one may name a host that only Maximo knows.
    private func page<Item>(
        _ request: RenderedRequest,
        _ cursor: String?,
        _ read: (JSONValue) -> Item?
    ) async throws(CallFailure) -> ERPPage<Item> {
        let document = try await runner.json(request)
        guard let rows = MaximoService.members(document) else { throw Self.noList }
        let hasMore = document["responseInfo"]?["nextPage"] != nil && !rows.isEmpty
        return ERPPage(rows.compactMap(read), next: hasMore ? String(try Self.page(cursor) + 1) : nil)
    }

    private static func page(_ cursor: String?) throws(CallFailure) -> Int {
        guard let cursor else { return 1 }
        guard let page = Int(cursor), (1...1_000_000).contains(page) else {
            throw CallFailure(reason: "cursor-invalid", detail: "This is no page of this connector's list.")
        }
        return page
    }

    // MARK: Preflight

    func preflight(key: String) async -> [PreflightCheck] {
        let entry = await runner.entry(service.get("whoami", [("lean", "1")])) { document in
            document.object.map { _ in true }
        }
        guard entry.answer != nil else { return entry.checks }
        var checks = entry.checks
        checks.append(await numberCheck())
        checks.append(await lookUpCheck(key))
        let assets = service.rows("mxapiasset", "assetnum", [("siteid", options.site)], size: 1)
        checks.append(
            await runner.check("site", "The site has assets", assets) { document in
                let isThere = MaximoService.members(document)?.isEmpty == false
                return PreflightCheck(
                    "site",
                    "The site has assets",
                    isThere ? .ok : .warning,
                    isThere ? "Assets of \(options.site) can be read." : "No asset of \(options.site) can be read.",
                    remedy: isThere ? nil : "Check the option “site” and the account's site authorization."
                )
            }
        )
        let detail =
            "Maximo does not tell without a try; the object structures MXAPIWODETAIL, MXAPIINVUSE, MXAPIINVBAL "
            + "and MXAPIASSET need the application access that the README names."
        checks.append(PreflightCheck("create-permission", "The account may create work orders", .skipped, detail))
        return checks
    }

    /// Whether numbers of ours fit: the length is the installation's own.
    private func numberCheck() async -> PreflightCheck {
        let title = "Our numbers fit work orders"
        let schema = service.get("jsonschemas/mxapiwodetail", [("lean", "1")])
        return await runner.check("reference-field", title, schema) { document in
            let length = document["properties"]?["wonum"]?["maxLength"]?.integer
            guard let length, length < options.number(of: "pw-0123456789abc").count else {
                let detail = length.map { "A number may have \($0) characters." } ?? "Maximo did not tell their length."
                return PreflightCheck("reference-field", title, length == nil ? .warning : .ok, detail)
            }
            return PreflightCheck(
                "reference-field",
                title,
                .failed,
                "A number of a work order may have \(length) characters here.",
                remedy: "Set the option “numberLength” to \(length)."
            )
        }
    }

    private func lookUpCheck(_ key: String) async -> PreflightCheck {
        let order = DeliveryOrder(idempotencyKey: key, operation: .workOrderCreate, fields: ["title": "-"])
        let title = "Orders are found by their number"
        switch await lookUp(order).outcome {
        case .notFound: return PreflightCheck("look-up", title, .ok, "No work order has this new number, as expected.")
        case .found, .stuck:
            return PreflightCheck("look-up", title, .failed, "A work order was found for a key that cannot exist.")
        case .failed(_, let detail, _):
            let remedy = "Give the account access to the object structure MXAPIWODETAIL."
            return PreflightCheck("look-up", title, .failed, detail, remedy: remedy)
        }
    }
}
