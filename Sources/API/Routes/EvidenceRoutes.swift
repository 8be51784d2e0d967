import Accounts
import Alarms
import Assets
import ERP
import Foundation
import HTTPServer
import Outbox
import Primitives
import Telemetry

/// Everything that led to one delivery, and what came of it: readings, rule and mapping as they were, calls, people.
struct EvidenceRoutes: Sendable {
    let outbox: OutboxStore
    let mappings: MappingStore
    let alarms: AlarmStore
    let readings: ReadingStore
    let plant: PlantStore

    /// How much is shown before and after the cause, in seconds.
    private static let before = 3_600.0
    private static let after = 900.0
    /// The most readings.
    private static let points = 2_000

    func register(on routes: inout APIRouter) {
        routes.get(
            "/api/v1/deliveries/{id}/evidence",
            role: .viewer,
            summary: "What caused an ERP call, what was sent, who decided, and what came of it."
        ) { request in
            let detail = try await outbox.delivery(try request.identifier("delivery"))
            return .json(.object(try await evidence(of: detail)))
        }
    }

    private func evidence(of detail: DeliveryDetail) async throws -> JSONObject {
        let delivery = detail.delivery
        var evidence: JSONObject = [
            "delivery": delivery.json, "attempts": .array(detail.timeline.map(\.json)),
            "mapping": try await mapping(of: delivery), "readings": try await readings(of: delivery),
            "approval": approval(in: detail), "picture": detail.pictureJSON, "alarm": .null, "rule": .null,
            "order": .null, "orders": [],
        ]
        if let id = delivery.alarmID, let alarm = try await found({ try await alarms.alarm(id) }) {
            evidence["alarm"] = alarms.json(alarm)
            evidence["rule"] = try await alarms.ruleVersion(of: alarm).map { rule in
                [
                    "key": .string(alarm.ruleKey), "name": .string(rule.name), "condition": .string(rule.condition),
                    "version": .integer(Int64(alarm.ruleRevision)),
                ]
            }
            let orders = try await outbox.workOrders(WorkOrderFilter(alarmID: id), limit: 100).items
            evidence["orders"] = .array(orders.map(\.json))
            let own = orders.first { $0.externalID == delivery.externalID }
            evidence["order"] = (own ?? orders.first)?.json ?? .null
        }
        return evidence
    }

    /// The mapping as it was when it made the delivery.
    private func mapping(of delivery: DeliveryRecord) async throws -> JSONValue {
        var versions: [MappingVersion] = []
        if let key = ResourceKey(delivery.mapping.key) {
            versions = try await found { try await mappings.versions(key: key) } ?? []
        }
        let version = versions.first { $0.version == delivery.mappingRevision }
        return [
            "key": .string(delivery.mapping.key), "name": .string(delivery.mapping.name),
            "version": .integer(Int64(delivery.mappingRevision)), "document": version?.document ?? .null,
        ]
    }

    /// What the device reported around the cause; null when the device is gone.
    private func readings(of delivery: DeliveryRecord) async throws -> JSONValue {
        let snapshot = plant.snapshot
        guard let key = delivery.device?.key, let device = snapshot.device(key: key),
            let profile = snapshot.profile(of: device)
        else { return .null }
        let from = delivery.readingTimestamp.adding(seconds: -Self.before)
        let to = delivery.readingTimestamp.adding(seconds: Self.after)
        let metrics = profile.metrics.filter { $0.kind != .location }
        let columns = try await readings.columns(
            device: device,
            metrics: metrics,
            from: from,
            to: to,
            points: Self.points
        )
        let rows = columns.times.indices.map { index -> JSONValue in
            .array([.string(columns.times[index].rfc3339)] + columns.series.map { $0.column.value(at: index) })
        }
        return [
            "metrics": .array(metrics.map { .string($0.key) }), "rows": .array(rows), "from": .string(from.rfc3339),
            "to": .string(to.rfc3339), "bucket": .number(columns.bucket),
        ]
    }

    private func approval(in detail: DeliveryDetail) -> JSONValue {
        guard let act = detail.acts.last(where: { $0.act == .approved || $0.act == .rejected }) else { return .null }
        return [
            "approved": .bool(act.act == .approved), "by": .string(act.by), "at": .string(act.at.rfc3339),
            "note": .optional(act.note),
        ]
    }

    /// What is there, or nil: evidence shows what is still known.
    private func found<Value>(_ read: () async throws -> Value) async throws -> Value? {
        do {
            return try await read()
        } catch ResourceFailure.notFound {
            return nil
        }
    }
}

extension ReadingColumns.Column {
    /// The value of an entry: as reported, or the average of a bucket.
    fileprivate func value(at index: Int) -> JSONValue {
        switch self {
        case .values(let values): values.indices.contains(index) ? values[index] : .null
        case .buckets(_, _, let average, _):
            average.indices.contains(index) ? .optional(average[index]) : .null
        }
    }
}
