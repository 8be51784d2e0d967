import Primitives

extension TrytonConnector {
    private static let pageSize: Int64 = 100

    func state(ofOrder externalID: String) async -> OrderStateOutcome {
        guard let record = TrytonRecord(externalID, options.orderModel) else { return .gone }
        var trace = CallTrace()
        do throws(TrytonFailure) {
            let place = try await place(&trace)
            let context = requests.context(company: place.company)
            // A `read` of a number that is gone is an error like that of a missing permission.
            let search = TrytonSearch(
                record.model,
                [["id", "=", .integer(record.id)]],
                fields(record.orderModel),
                limit: 1
            )
            guard let found = try await records(search, context, &trace).first else { return .gone }
            let notes = try await notes(of: [record.name], context, &trace)
            return .state(reading.change(found, record, notes[record.name] ?? [], place).state)
        } catch {
            return .failed(reason: error.failure.reason)
        }
    }

    /// Orders by when they changed last: `write_date` is null until the first update, so that `create_date` counts too.
    func changes(since: Timestamp, after cursor: String?) async throws(CallFailure) -> ERPPage<OrderChange> {
        var trace = CallTrace()
        do throws(TrytonFailure) {
            let place = try await place(&trace)
            let context = requests.context(company: place.company)
            let start = TrytonCursor(cursor) ?? TrytonCursor(time: since, id: 0)
            var found: [JSONValue] = []
            for field in ["create_date", "write_date"] {
                found += try await records(search(start, by: field), context, &trace)
            }
            let sorted = found.map { (TrytonCursor.of($0), $0) }.sorted { $0.0 < $1.0 }
            let page = sorted.prefix(Int(Self.pageSize))
            var identified: [(cursor: TrytonCursor, value: JSONValue, record: TrytonRecord)] = []
            for (cursor, value) in page {
                let record = TrytonRecord(model: options.orderModel.rawValue, id: value["id"]?.integer ?? 0)
                identified.append((cursor, value, record))
            }
            let notes = try await notes(of: identified.map(\.record.name), context, &trace)
            let items = identified.map { entry in
                reading.change(entry.value, entry.record, notes[entry.record.name] ?? [], place)
            }
            let isLast = sorted.count < Int(Self.pageSize)
            return ERPPage(items, next: isLast ? nil : identified.last?.cursor.text)
        } catch {
            throw error.failure
        }
    }

    private func search(_ start: TrytonCursor, by field: String) -> TrytonSearch {
        let time = TrytonValue.datetime(start.time)
        var domain: [JSONValue] = [
            ["OR", [.string(field), ">", time], [[.string(field), "=", time], ["id", ">", .integer(start.id)]]]
        ]
        if field == "create_date" { domain.append(["write_date", "=", nil]) }
        if options.orderModel == .task { domain.append(["type", "=", "task"]) }
        var search = TrytonSearch(
            options.orderModel.rawValue,
            domain,
            fields(options.orderModel),
            limit: Self.pageSize
        )
        search.order = [[.string(field), "ASC"], ["id", "ASC"]]
        return search
    }

    private func fields(_ model: TrytonOptions.OrderModel) -> [String] {
        var fields = ["id", "create_date", "write_date"]
        switch model {
        case .production:
            fields += ["number", "reference", "state", "rec_name", "cost"]
            fields += ["planned_date", "effective_start_date", "effective_date"]
            fields += ["done_by.rec_name", "run_by.rec_name", "assigned_by.rec_name"]
            if options.equipment == .workCenter { fields.append("work_center.name") }
        case .task:
            fields += ["name", "comment", "progress", "status.name", "status.progress", "parent.name"]
        }
        return fields
    }

    private func notes(
        of records: [String],
        _ context: JSONObject,
        _ trace: inout CallTrace
    ) async throws(TrytonFailure) -> [String: [TrytonNote]] {
        if records.isEmpty { return [:] }
        let search = TrytonSearch(
            "ir.note",
            [["resource", "in", .array(records.map(JSONValue.string))]],
            ["resource", "message", "create_date"]
        )
        var notes: [String: [TrytonNote]] = [:]
        for found in try await self.records(search, context, &trace) {
            guard let resource = found["resource"]?.string, let text = found["message"]?.string else { continue }
            notes[resource, default: []].append(TrytonNote(text: text, key: TrytonTexts.key(of: text)))
        }
        return notes
    }

    private var reading: TrytonOrderReading { TrytonOrderReading(options: options) }
}

/// A note of an order.
struct TrytonNote: Hashable {
    var text: String
    /// The key of who wrote it; nil when a person did.
    var key: String?
}

/// Where a list of changes goes on: after this time, and after this number at this very time.
struct TrytonCursor: Comparable {
    var time: Timestamp
    var id: Int64

    init(time: Timestamp, id: Int64) {
        self.time = time
        self.id = id
    }

    /// Reads `microseconds-number`.
    init?(_ text: String?) {
        let parts = (text ?? "").split(separator: "-").compactMap { Int64($0) }
        guard parts.count == 2 else { return nil }
        self.init(time: Timestamp(microseconds: parts[0]), id: parts[1])
    }

    /// When a record changed last.
    static func of(_ record: JSONValue) -> TrytonCursor {
        let time = TrytonValue.timestamp(record["write_date"]) ?? TrytonValue.timestamp(record["create_date"])
        return TrytonCursor(time: time ?? Timestamp(microseconds: 0), id: record["id"]?.integer ?? 0)
    }

    var text: String { "\(time.microseconds)-\(id)" }

    static func < (left: TrytonCursor, right: TrytonCursor) -> Bool {
        (left.time, left.id) < (right.time, right.id)
    }
}
