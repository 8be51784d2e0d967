import Assets
import ERPConnectors
import PostgreSQL
import Primitives
import SeededRandom
import Testing

@testable import ERP

/// However readings are cut into batches, and wherever the server dies between them, the deliveries are the same.
@Suite(.timeLimit(.minutes(2))) struct MeterSplitTests {
    private struct Crash: Error {}

    /// Counters with resets, gaps, equal values and missing ones, of two devices.
    private func readings(_ world: ERPWorld, _ random: inout SeededGenerator) throws -> [Reading] {
        var readings: [Reading] = []
        for device in ["silo-1", "silo-2"] {
            var strokes = Double.random(in: 0...50, using: &random)
            var level = 50.0
            var second = 0.0
            for _ in 0..<40 {
                second += Double(Int.random(in: 1...2_000, using: &random))
                if Int.random(in: 0..<15, using: &random) == 0 { second += 20_000 }
                strokes =
                    Int.random(in: 0..<12, using: &random) == 0
                    ? Double(Int.random(in: 0...3, using: &random))
                    : strokes + Double(Int.random(in: 0...40, using: &random)) / 4
                level = max(0, level + Double.random(in: -3...2, using: &random))
                var reading = try world.reading(level, at: second, device: device)
                let isMissing = Int.random(in: 0..<8, using: &random) == 0
                reading.values = MetricValues(slots: [level, isMissing ? .nan : strokes])
                readings.append(reading)
            }
        }
        return readings.sorted { ($0.timestamp, $0.deviceID) < ($1.timestamp, $1.deviceID) }
    }

    private static func mappings(_ connector: Int32, _ profile: Int32) -> [(String, MappingDefinition)] {
        func definition(_ metric: String, _ operation: ERPOperation) -> MappingDefinition {
            MappingDefinition(
                name: "",
                trigger: .metric(
                    MetricTrigger(
                        metric: metric,
                        profileID: profile,
                        minChange: nil,
                        minInterval: MappingDefinition.defaultMinInterval
                    )
                ),
                connectorID: connector,
                operation: operation,
                fields: ["at": "${window.start}", "level": "${level}", "ts": "${reading.ts}"],
                maxAge: MappingDefinition.defaultMaxAge,
                isEnabled: true
            )
        }
        var consume = definition("strokes", .stockConsume)
        consume.options.step = 2.5
        consume.options.factor = 0.3
        var receive = definition("level", .stockReceive)
        receive.options.deadBand = 1
        receive.options.condition = "level > 20"
        var record = definition("strokes", .meterRecord)
        record.options.window = ISODuration(milliseconds: 900_000)
        var figure = definition("level", .stockSet)
        figure.options.deadBand = 2
        return [("consume", consume), ("receive", receive), ("record", record), ("figure", figure)]
    }

    private struct Outcome: Hashable {
        var key: String
        var fields: JSONValue
        var operation: String
        var timestamp: Timestamp
    }

    private func outcomes(_ seed: UInt64, split: Bool) async throws -> [Outcome] {
        var outcomes: [Outcome] = []
        try await ERPWorld.with { world in
            try await world.addConnector()
            let connector = try #require(world.registry.connector(key: try world.key("erp"))?.connector.id)
            let profile = try #require(world.plant.snapshot.profile(key: "silo")?.id)
            for (key, definition) in Self.mappings(connector, profile) { try await world.store(key, definition) }
            var random = SeededGenerator(seed: seed)
            var rest = try readings(world, &random)[...]
            while !rest.isEmpty {
                let size = split ? Int.random(in: 1...9, using: &random) : rest.count
                let batch = Array(rest.prefix(size))
                switch split ? Int.random(in: 0..<6, using: &random) : 5 {
                case 0:
                    // Dies before COMMIT: the readings come again.
                    await #expect(throws: Crash.self) {
                        try await world.pool.transaction { transaction in
                            _ = try await world.engine.observe(
                                readings: batch,
                                plant: world.plant.snapshot,
                                in: transaction
                            )
                            throw Crash()
                        }
                    }
                    continue
                case 1:
                    // Dies after COMMIT: the readings that come again are duplicates, which nobody evaluates.
                    _ = try await world.pool.transaction { transaction in
                        try await world.engine.observe(readings: batch, plant: world.plant.snapshot, in: transaction)
                    }
                    world.engine.invalidate()
                case 2:
                    // The same values come once more, with others beside them.
                    try await world.observe(batch)
                    if let last = batch.last { try await world.observe([last]) }
                case 3:
                    try await world.observe(batch)
                    try await world.engine.load()
                default: try await world.observe(batch)
                }
                rest = rest.dropFirst(size)
            }
            outcomes = try await world.deliveries().map {
                Outcome(key: $0.key, fields: $0.fields, operation: $0.operation, timestamp: $0.readingTimestamp)
            }
        }
        return outcomes.sorted { ($0.timestamp, $0.key) < ($1.timestamp, $1.key) }
    }

    @Test(arguments: [1, 2, 3, 4, 5, 6] as [UInt64])
    func anySplitGivesTheSameDeliveries(seed: UInt64) async throws {
        let whole = try await outcomes(seed, split: false)
        #expect(Set(whole.map(\.operation)).count == 4, "every operation took part")
        let split = try await outcomes(seed, split: true)
        #expect(whole == split, "seed \(seed)")
    }
}
