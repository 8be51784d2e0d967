import Logging
import Observability
import PostgreSQL
import Primitives
import Synchronization
import Testing

@testable import Assets
@testable import Telemetry

/// State texts that one server process adds, read through another one on the same database.
@Suite struct StateTextTests {
    /// Counts the statements that go through it.
    private struct Counted: PostgresSession {
        let session: any PostgresSession
        let statements: Mutexed

        final class Mutexed: Sendable {
            let count = Mutex(0)
        }

        func query<Row>(_ statement: Statement<Row>) async throws(PostgresError) -> [Row] {
            statements.count.withLock { $0 += 1 }
            return try await session.query(statement)
        }

        func first<Row>(_ statement: Statement<Row>) async throws(PostgresError) -> Row? {
            statements.count.withLock { $0 += 1 }
            return try await session.first(statement)
        }

        func execute<Row>(_ statement: Statement<Row>) async throws(PostgresError) -> Int {
            statements.count.withLock { $0 += 1 }
            return try await session.execute(statement)
        }

        func stream<Row>(
            _ statement: Statement<Row>,
            batch: Int,
            isolation: isolated (any Actor)?,
            _ body: ([Row]) async throws -> Void
        ) async throws {
            try await session.stream(statement, batch: batch, isolation: isolation, body)
        }
    }

    /// A process that has read the plant, and what it shows of device `d1`.
    private struct Reader {
        let plant: PlantStore
        let store: ReadingStore

        init(_ shop: Workshop) async throws {
            plant = PlantStore(pool: shop.pool)
            try await plant.load()
            store = ReadingStore(pool: shop.pool, plant: plant)
        }

        var device: Device { get throws { try #require(plant.snapshot.device(key: "d1")) } }

        func chart(points: Int) async throws -> [JSONValue] {
            let device = try device
            let metric = try #require(plant.snapshot.profile(of: device)?.metric("mode"))
            let chart = try await store.columns(
                device: device,
                metrics: [metric],
                from: .earliestAccepted,
                to: Workshop.now,
                points: points
            )
            guard case .values(let values) = chart.series[0].column else { return [] }
            return values
        }

        func file() async throws -> String {
            let device = try device
            let export = CSVExport(profile: try #require(plant.snapshot.profile(of: device)), states: plant.states)
            let bytes = Mutex<[UInt8]>([])
            try await store.stream(device: device, from: .earliestAccepted, to: Workshop.now) { readings in
                bytes.withLock { export.write(readings, to: &$0) }
            }
            return String(decoding: bytes.withLock { $0 }, as: UTF8.self)
        }
    }

    @Test func anotherProcessShowsThemAtOnce() async throws {
        try await Workshop.with { shop in
            var readers: [Reader] = []
            for _ in 0..<4 { readers.append(try await Reader(shop)) }
            _ = try await shop.writer.write([
                shop.reading("d1", second: 1, #""mode":"running""#), shop.reading("d1", second: 2, #""mode":true"#),
                shop.reading("d1", second: 3, #""mode":"jammed""#), shop.reading("d1", second: 4, #""temperature":1"#),
            ])
            for reader in readers { #expect(reader.plant.states.code(of: "jammed") == nil) }
            #expect(try await readers[0].chart(points: 10) == ["running", true, "jammed", .null])
            #expect(try await readers[1].chart(points: 1) == ["jammed"], "the last of a bucket")
            let file = try await readers[2].file()
            #expect(file.contains(",running,") && file.contains(",true,") && file.contains(",jammed,"))
            let device = try readers[3].device
            let newest = try #require(try await readers[3].store.latest(devices: [device.id]).first)
            #expect(newest.timestamp == shop.writer.latest.entry(device.id)?.timestamp)
            _ = try await shop.writer.write([shop.reading("d1", second: 5, #""mode":"jammed again""#)])
            let mode = try #require(readers[3].plant.snapshot.profile(of: device)?.metric("mode"))
            let last = try #require(try await readers[3].store.latest(devices: [device.id]).first)
            #expect(readers[3].plant.states.json(of: mode, in: last.values) == "jammed again")
        }
    }

    /// Whoever takes the ingest over knows what the one before it has stored.
    @Test func aProcessThatTakesOverKnowsThem() async throws {
        try await Workshop.with { shop in
            let reader = try await Reader(shop)
            _ = try await shop.writer.write([shop.reading("d1", second: 1, #""mode":"running""#)])
            let code = try #require(shop.plant.states.code(of: "running"))
            let other = Workshop.writer(shop.pool, reader.plant, Witness())
            _ = try await other.write([shop.reading("d1", second: 2, #""temperature":1"#)])
            #expect(reader.plant.states.text(of: code) == "running")
        }
    }

    @Test func manyWhoMissACodeAskOnce() async throws {
        try await Workshop.with { shop in
            let reader = try await Reader(shop)
            try await shop.plant.states.register((0..<500).map { "state \($0)" }, in: shop.pool)
            let codes = Set(shop.plant.states.codes.values)
            #expect(codes.count == 500)
            let statements = Counted.Mutexed()
            let session = Counted(session: shop.pool, statements: statements)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<40 { group.addTask { try await reader.plant.states.learn(codes, from: session) } }
                try await group.waitForAll()
            }
            #expect(statements.count.withLock { $0 } == 1)
            #expect(reader.plant.states.codes == shop.plant.states.codes)
            // What is no code is asked for once, whoever stored it.
            for _ in 0..<40 { try await reader.plant.states.learn([2_000_000, 1_999_999], from: session) }
            #expect(statements.count.withLock { $0 } == 2)
            #expect(reader.plant.states.value(of: 2_000_000) == .null)
        }
    }

    @Test func numbersThatAreNoCodesDoNotGrowForEver() async throws {
        try await Workshop.with { shop in
            let states = StateTexts()
            let statements = Counted.Mutexed()
            let session = Counted(session: shop.pool, statements: statements)
            let first: Int32 = 1_000_000
            for step in 0..<3 {
                let codes = Set((0..<60_000).map { first + Int32(step * 60_000 + $0) })
                try await states.learn(codes, from: session)
            }
            #expect(statements.count.withLock { $0 } == 2, "after 100,000 it is known that these are no codes")
        }
    }
}
