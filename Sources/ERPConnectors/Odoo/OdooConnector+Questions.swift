import Primitives

/// A maintenance request as Odoo tells it.
struct OdooRequestRecord: Hashable, Sendable {
    var id: Int64
    var title: String
    var equipment: JSONValue?
    var changedAt: Timestamp
    /// The time as Odoo wrote it.
    var changed: String
    var state: OrderState
}

extension OdooConnector {
    private static let pageSize = 100

    func state(ofOrder externalID: String) async -> OrderStateOutcome {
        var trace = CallTrace()
        guard let id = Int64(externalID) else { return .gone }
        do throws(OdooTrouble) {
            guard let found = try await states([id], &trace).first else { return .gone }
            return .state(found.state)
        } catch {
            return .failed(reason: error.failure.reason)
        }
    }

    /// The requests with these numbers, as they stand.
    func states(_ ids: [Int64], _ trace: inout CallTrace) async throws(OdooTrouble) -> [OdooRequestRecord] {
        try await requests([["id", "in", .array(ids.map(JSONValue.integer))]], &trace)
    }

    private func requests(
        _ domain: [JSONValue],
        _ trace: inout CallTrace
    ) async throws(OdooTrouble)
        -> [OdooRequestRecord]
    {
        let flavour = try await client.requestFlavour(&trace)
        let wanted = [
            "name", "stage_id", "archive", "kanban_state", "close_date", "schedule_date", "write_date", "equipment_id",
            flavour.technicianField,
        ]
        let known = wanted.filter { flavour.requestFields?[$0] != nil }
        let call = OdooCall.search(
            "maintenance.request",
            domain,
            fields: ["id"] + known,
            order: "write_date, id",
            limit: Self.pageSize,
            archivedToo: true
        )
        let rows = try Self.rows(try await client.ask(call, &trace))
        if rows.isEmpty { return [] }
        let stages = try await stages(&trace)
        var records: [OdooRequestRecord] = []
        for row in rows {
            guard let id = row["id"]?.integer else { continue }
            records.append(
                OdooRequestRecord(
                    id: id,
                    title: row["name"]?.odooText ?? "",
                    equipment: row["equipment_id"],
                    changedAt: row["write_date"]?.odooTime ?? Timestamp(microseconds: 0),
                    changed: row["write_date"]?.odooText ?? "",
                    state: stages.state(of: row, options, technician: flavour.technicianField)
                )
            )
        }
        let done = records.filter { $0.state.phase == .done }.map(\.id)
        let words = try await closingWords(done, &trace)
        for index in records.indices { records[index].state.outcome = words[records[index].id] }
        return records
    }

    private func stages(_ trace: inout CallTrace) async throws(OdooTrouble) -> OdooStages {
        let call = OdooCall.search(
            "maintenance.stage",
            [],
            fields: ["name", "done", "sequence"],
            order: "sequence, id"
        )
        return OdooStages(try Self.rows(try await client.ask(call, &trace)))
    }

    /// The last note that a person wrote in the log of each request.
    private func closingWords(_ ids: [Int64], _ trace: inout CallTrace) async throws(OdooTrouble) -> [Int64: String] {
        if ids.isEmpty { return [:] }
        let domain: [JSONValue] = [
            ["model", "=", "maintenance.request"], ["res_id", "in", .array(ids.map(JSONValue.integer))],
            ["message_type", "=", "comment"], ["message_id", "not like", "@plantwright"],
        ]
        let call = OdooCall.search("mail.message", domain, fields: ["res_id", "body"], order: "id desc", limit: 500)
        let answer: JSONValue
        do throws(OdooTrouble) {
            answer = try await client.ask(call, &trace)
        } catch {
            // A user that may not read messages still learns the state.
            if error.isFinal { return [:] }
            throw error
        }
        var words: [Int64: String] = [:]
        for row in try Self.rows(answer) {
            guard let id = row["res_id"]?.integer, words[id] == nil, let body = row["body"]?.odooText else { continue }
            let text = Self.plainText(body)
            if !text.isEmpty { words[id] = text }
        }
        return words
    }

    /// HTML without its tags.
    static func plainText(_ html: String) -> String {
        var text = ""
        var isTag = false
        for character in html.prefix(20_000) {
            switch character {
            case "<":
                isTag = true
                if text.last.map({ !$0.isWhitespace }) == true { text.append(" ") }
            case ">" where isTag: isTag = false
            default: if !isTag { text.append(character) }
            }
        }
        let words = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        let plain = words.replacing("&lt;", with: "<").replacing("&gt;", with: ">").replacing("&quot;", with: "\"")
            .replacing("&nbsp;", with: " ").replacing("&#39;", with: "'").replacing("&amp;", with: "&")
        return String(plain.prefix(2_000))
    }

    // MARK: Changes

    func changes(since: Timestamp, after cursor: String?) async throws(CallFailure) -> ERPPage<OrderChange> {
        var trace = CallTrace()
        // Odoo shows whole seconds and keeps microseconds: a page begins with the last one's second again, without
        // the requests that were seen in it.
        let parts = (cursor ?? since.odoo).split(separator: "|", maxSplits: 1).map(String.init)
        let start = parts.first ?? since.odoo
        let seen = parts.count > 1 ? parts[1].split(separator: ",").compactMap { Int64($0) } : []
        var domain: [JSONValue] = [["write_date", ">=", .string(start)]]
        if !seen.isEmpty { domain.append(["id", "not in", .array(seen.map(JSONValue.integer))]) }
        do throws(OdooTrouble) {
            let records = try await requests(domain, &trace)
            let changes = try await self.changes(records, &trace)
            guard records.count == Self.pageSize, let last = records.last else { return ERPPage(changes) }
            let sameSecond = records.filter { $0.changed == last.changed }.map(\.id)
            let ids = (last.changed == start ? seen : []) + sameSecond
            return ERPPage(changes, next: "\(last.changed)|\(ids.map(String.init).joined(separator: ","))")
        } catch {
            throw error.failure
        }
    }

    private func changes(
        _ records: [OdooRequestRecord],
        _ trace: inout CallTrace
    ) async throws(OdooTrouble) -> [OrderChange] {
        if records.isEmpty { return [] }
        let keys = try await keys(records.map(\.id), &trace)
        let references = try await references(Set(records.compactMap { $0.equipment?.odooReference }), &trace)
        return records.map { record in
            OrderChange(
                externalID: String(record.id),
                idempotencyKey: keys[record.id],
                title: record.title,
                equipment: record.equipment?.odooReference.flatMap { references[$0] },
                changedAt: record.changedAt,
                state: record.state
            )
        }
    }

    /// Our keys of requests.
    private func keys(_ ids: [Int64], _ trace: inout CallTrace) async throws(OdooTrouble) -> [Int64: String] {
        let domain: [JSONValue] = [
            ["model", "=", "maintenance.request"], ["module", "=", .string(options.externalIDModule)],
            ["res_id", "in", .array(ids.map(JSONValue.integer))],
        ]
        var keys: [Int64: String] = [:]
        do throws(OdooTrouble) {
            let call = OdooCall.search("ir.model.data", domain, fields: ["res_id", "name"])
            for row in try Self.rows(try await client.ask(call, &trace)) {
                if let id = row["res_id"]?.integer, let name = row["name"]?.odooText { keys[id] = name }
            }
        } catch {
            // A user that may not read the table still learns of the changes.
            if error.failure.reason != "not-allowed" { throw error }
        }
        return keys
    }

    private func references(_ ids: Set<Int64>, _ trace: inout CallTrace) async throws(OdooTrouble) -> [Int64: String] {
        if ids.isEmpty { return [:] }
        let call = OdooCall.search(
            "maintenance.equipment",
            [["id", "in", .array(ids.sorted().map(JSONValue.integer))]],
            fields: ["id", options.equipmentField],
            archivedToo: true
        )
        var references: [Int64: String] = [:]
        for row in try Self.rows(try await client.ask(call, &trace)) {
            if let id = row["id"]?.integer { references[id] = row[options.equipmentField]?.odooText ?? "id:\(id)" }
        }
        return references
    }
}

/// The stages of maintenance requests.
struct OdooStages: Hashable, Sendable {
    private var isDone: [Int64: Bool] = [:]
    private var first: Int64?

    init(_ rows: [JSONValue]) {
        for row in rows {
            guard let id = row["id"]?.integer else { continue }
            if first == nil { first = id }
            isDone[id] = row["done"]?.bool == true
        }
    }

    /// What a request's fields say about it.
    func state(of row: JSONValue, _ options: OdooOptions, technician: String) -> OrderState {
        let stage = row["stage_id"]?.odooReference
        let name = row["stage_id"]?.odooReferenceName ?? "no stage"
        var state = OrderState(String(name.prefix(200)), .open)
        if row["archive"]?.bool == true {
            state.text += " (cancelled)"
            state.phase = .cancelled
        } else if options.cancelledStages.contains(name) {
            state.phase = .cancelled
        } else if options.doneStages.contains(name) || stage.flatMap({ isDone[$0] }) == true {
            state.phase = .done
        } else {
            if stage != first, stage != nil { state.phase = .inProgress }
            if row["kanban_state"]?.string == "blocked" { state.text += " (blocked)" }
        }
        state.assignee = row[technician]?.odooReferenceName
        state.dueAt = row["schedule_date"]?.odooTime
        if state.phase == .done { state.finishedAt = Self.finished(row) }
        return state
    }

    /// When work ended.
    ///
    /// Odoo notes only the day; a change on that day is taken for the end itself.
    private static func finished(_ row: JSONValue) -> Timestamp? {
        guard let day = row["close_date"]?.string?.prefix(10), let changed = row["write_date"]?.string,
            changed.hasPrefix(day)
        else { return row["close_date"]?.odooTime }
        return row["write_date"]?.odooTime
    }
}
