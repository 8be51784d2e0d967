import Accounts
import Alarms
import Assets
import HTTPServer
import Primitives
import Telemetry

/// Runs a rule, stored or a draft, over stored history.
struct BacktestRoutes: Sendable {
    let rules: RuleStore
    let plant: PlantStore
    let readings: ReadingStore
    let clock: WallClock

    /// The longest range, in seconds.
    static let longestRange = 400 * 86_400.0

    func register(on routes: inout APIRouter) {
        routes.post(
            "/api/v1/rules/{key}/backtest",
            role: .operator,
            summary: "The alarms that a rule, or the draft in “rule”, would have raised.",
            handler: run
        )
    }

    private func run(_ request: Request) async throws -> Response {
        let key = try request.resourceKey("rule")
        var reader = try InputReader(request.body.isEmpty ? [:] : try await request.json())
        let now = clock.now
        let to = time("to", &reader) ?? now
        let from = time("from", &reader) ?? to.adding(seconds: -7 * 86_400)
        if from >= to { reader.note("from", "range", "Must be earlier than “to”.") }
        if to.seconds(since: from) > Self.longestRange { reader.note("from", "range", "At most 400 days.") }
        let draft = reader.value("rule")
        try reader.finish()
        let definition: RuleDefinition
        if let draft {
            do throws(InvalidInput) {
                definition = try RuleDefinition(draft, plant: plant.snapshot, states: plant.states)
            } catch {
                throw InvalidInput(
                    error.issues.map { InputIssue(pointer: "/rule" + $0.pointer, code: $0.code, detail: $0.detail) }
                )
            }
        } else {
            definition = try await rules.rule(key: key).definition
        }
        let started = ContinuousClock.now
        var backtest = Backtest(definition, plant: plant.snapshot, states: plant.states)
        for device in backtest.devices {
            try await readings.stream(device: device, from: from, to: to) { portion in
                for reading in portion { backtest.consume(reading) }
            }
        }
        let spent = ContinuousClock.now - started
        return .json(document(backtest.result, from: from, to: to, seconds: spent))
    }

    private func time(_ name: String, _ reader: inout InputReader) -> Timestamp? {
        guard let text = reader.string(name) else { return nil }
        let time = Timestamp(rfc3339: text)
        if time == nil { reader.note(name, "time", "Expected an RFC 3339 time such as 2026-11-22T08:00:00Z.") }
        return time
    }

    private func document(
        _ result: BacktestResult,
        from: Timestamp,
        to: Timestamp,
        seconds: Duration
    ) -> JSONValue {
        let snapshot = plant.snapshot
        let alarms = result.occurrences.map { occurrence -> JSONValue in
            [
                "device": .optional(snapshot.devices[occurrence.deviceID]?.key),
                "raisedAt": .string(occurrence.raisedAt.rfc3339), "clearedAt": .optional(occurrence.clearedAt),
            ]
        }
        return [
            "from": .string(from.rfc3339), "to": .string(to.rfc3339), "alarms": .array(alarms),
            "count": .integer(Int64(result.alarms)), "readings": .integer(Int64(result.readings)),
            "truncated": .bool(result.isTruncated),
            "seconds": .number(Double(seconds.components.seconds) + Double(seconds.components.attoseconds) * 1e-18),
        ]
    }
}
