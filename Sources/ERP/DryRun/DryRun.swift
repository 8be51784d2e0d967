import Assets
import ERPConnectors
import Foundation
import Primitives

/// A dry run as it is shown.
public struct DryRun: Sendable {
    /// Where a run stands.
    public enum State: String, Sendable {
        case running
        case done
        case failed
        case cancelled
    }

    /// Its address.
    public let id: UUID
    /// Where it stands.
    public internal(set) var state = State.running
    /// From 0 to 1.
    public internal(set) var progress = 0.0
    /// How many days of history it reads.
    public let days: Int
    /// Why it failed.
    public internal(set) var error: String?
    /// When it ended; results are kept for an hour from then.
    var endedAt: Timestamp?
    /// The version that it is compared with; nil when there is none.
    let comparedWith: Int32?
    /// What the result takes for granted.
    let assumptions: [String]
    var tally = DryRunTally()
    var causes = 0
    var suppressed: [SuppressionReason: Int] = [:]
    /// Examples with their exact requests; made at the end.
    var examples: [JSONValue] = []

    init(id: UUID, days: Int, comparedWith: Int32?, assumptions: [String]) {
        self.id = id
        self.days = days
        self.comparedWith = comparedWith
        self.assumptions = assumptions
    }

    /// The API's form.
    public var json: JSONValue {
        let counts = SuppressionReason.allCases.compactMap { reason -> JSONValue? in
            suppressed[reason].map { ["reason": .string(reason.rawValue), "count": .integer(Int64($0))] }
        }
        return [
            "id": .string(id.uuidString.lowercased()), "state": .string(state.rawValue),
            "progress": .number((progress * 1_000).rounded() / 1_000), "days": .integer(Int64(days)),
            "causes": .integer(Int64(causes)), "deliveries": .integer(Int64(tally.deliveries)),
            "suppressed": .array(counts), "failed": .integer(Int64(tally.failed)), "examples": .array(examples),
            "difference": difference, "assumptions": .array(assumptions.map(JSONValue.string)),
            "error": .optional(error),
        ]
    }

    private var difference: JSONValue {
        guard let comparedWith else { return .null }
        return [
            "version": .integer(Int64(comparedWith)), "added": .integer(Int64(tally.added)),
            "removed": .integer(Int64(tally.removed)), "changed": .integer(Int64(tally.changed)),
            "examples": .array(tally.changes.map(\.json)),
        ]
    }

    /// Takes over where the runner stands.
    mutating func take(_ progress: Double, _ tally: DryRunTally, _ counts: DryRunCounts) {
        self.progress = progress
        self.tally = tally
        causes = counts.causes
        suppressed = counts.suppressed
    }

    /// The API's form of an example.
    static func example(
        _ outcome: DryRunOutcome,
        _ document: MappingDocument,
        _ erp: (any ERPConnector)?
    ) -> JSONValue {
        var issues = outcome.issues
        var requests: [RenderedRequest] = []
        if issues.isEmpty, let erp {
            let order = DeliveryOrder(
                idempotencyKey: outcome.cause.idempotencyKey(document),
                operation: outcome.operation,
                fields: outcome.fields,
                target: outcome.operation.needsTarget ? MappingPreviewer.placeholder : nil,
                causedAt: outcome.cause.timestamp
            )
            do throws(CallFailure) {
                requests = try erp.preview(order)
            } catch {
                issues.append(InputIssue(pointer: "/connector", code: error.reason, detail: error.detail))
            }
        }
        return [
            "at": .string(outcome.cause.timestamp.rfc3339), "device": outcome.cause.device.shown,
            "operation": .string(outcome.operation.rawValue), "fields": .object(outcome.fields),
            "request": (requests.first { $0.method != "GET" } ?? requests.first)?.json ?? .null,
            "requests": .array(requests.map(\.json)), "issues": .array(issues.map(\.shown)),
        ]
    }
}

extension DryRunTally.Change {
    /// The API's form: `{at, device, change, before, after}`; `before` and `after` are fields.
    var json: JSONValue {
        let some = after ?? before
        let change = before == nil ? "added" : after == nil ? "removed" : "changed"
        return [
            "at": .optional(some?.cause.timestamp), "device": some?.cause.device.shown ?? .null,
            "change": .string(change), "before": before.map { .object($0.fields) } ?? .null,
            "after": after.map { .object($0.fields) } ?? .null,
        ]
    }
}

extension Device {
    /// The API's form where a device is only named: `{key, name}`.
    var shown: JSONValue { ["key": .string(key), "name": .string(name)] }
}
