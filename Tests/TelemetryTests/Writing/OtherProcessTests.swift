import Assets
import Logging
import Observability
import PostgreSQL
import Primitives
import Synchronization
import Testing

@testable import Telemetry

/// What another server process writes while this one ingests: stores of their own over the same database.
@Suite("Configuration written elsewhere", .timeLimit(.minutes(2)))
struct OtherProcessTests {
    /// Follows the plant model and the sources of a workshop, and counts how often.
    private final class Follower: IngestConfiguration {
        let plant: PlantStore
        let sources: SourceStore
        let count = Mutex(0)

        init(_ shop: SourceWorkshop) {
            plant = shop.plant
            sources = shop.sources
        }

        var revision: Int64 { plant.revision + sources.revision }

        func follow() async throws {
            count.withLock { $0 += 1 }
            try await plant.follow()
            try await sources.follow()
        }
    }

    private static func writer(_ shop: SourceWorkshop, _ follower: Follower) -> IngestWriter {
        IngestWriter(
            pool: shop.pool,
            plant: shop.plant,
            participants: [],
            sources: shop.sources,
            latest: LatestReadings(),
            configuration: follower,
            metrics: PlantwrightMetrics(),
            logger: Logger(label: "test")
        )
    }

    @Test func aWriteIsInForceForTheNextMessage() async throws {
        try await SourceWorkshop.with { shop in
            let other = PlantStore(pool: shop.pool)
            try await other.load()
            let follower = Follower(shop)
            let writer = Self.writer(shop, follower)
            func fate(_ message: TelemetryMessage) async throws -> MessageFate {
                try #require(try await writer.write([message]).first)
            }
            #expect(try await fate(shop.message("plantwright/v1/d1/telemetry", #"{"temperature":1}"#)).rejection == nil)
            let before = follower.count.withLock { $0 }
            for number in 0..<5 {
                let name = "new-\(number)"
                _ = try await other.putDevice(key: try SourceWorkshop.key(name), document: ["profile": "motor"])
                let topic = "plantwright/v1/\(name)/telemetry"
                #expect(try await fate(shop.message(topic, #"{"temperature":1}"#)) == .accepted(Self.one))
            }
            #expect(follower.count.withLock { $0 } > before)
            #expect(try await shop.refused.quarantine(before: nil, limit: 10).isEmpty)
            // Nothing is read anew without need.
            let after = follower.count.withLock { $0 }
            for number in 0..<5 {
                let payload = #"{"ts":\#(1_795_362_000_000 + number),"temperature":1}"#
                _ = try await fate(shop.message("plantwright/v1/d1/telemetry", payload))
            }
            #expect(follower.count.withLock { $0 } == after)
        }
    }

    @Test func aMessageGoesByTheSourcesThatAreInForceWhenItIsStored() async throws {
        try await SourceWorkshop.with { shop in
            let other = SourceStore(
                pool: shop.pool,
                plant: shop.plant,
                clock: .system,
                logger: Logger(label: "test")
            )
            try await other.load()
            let writer = Self.writer(shop, Follower(shop))
            // Routed before this process knows of the source.
            let message = shop.message("factory/d1/data", #"{"temperature":7}"#)
            try await other.put(
                key: try SourceWorkshop.key("factory"),
                document: ["topicFilter": "factory/+/data", "decoder": "json"]
            )
            #expect(try await writer.write([message]) == [.accepted(Self.one)])
            #expect(shop.sources.filters == ["factory/+/data"])
        }
    }

    @Test func ownWritesNeedNoReadingOfEverything() async throws {
        try await SourceWorkshop.with { shop in
            let revision = shop.plant.revision
            try await shop.addDevice("mine")
            #expect(shop.plant.revision == revision + 1)
            let other = PlantStore(pool: shop.pool)
            try await other.load()
            _ = try await other.putDevice(key: try SourceWorkshop.key("theirs"), document: ["profile": "motor"])
            #expect(shop.plant.snapshot.device(key: "theirs") == nil)
            // Ours comes second: theirs is taken over with it.
            try await shop.addDevice("mine-too")
            #expect(shop.plant.revision == revision + 3)
            #expect(shop.plant.snapshot.device(key: "theirs") != nil)
            #expect(shop.plant.snapshot.device(key: "mine-too") != nil)
        }
    }

    private static var one: ReadingCounts {
        var counts = ReadingCounts()
        counts.stored = 1
        return counts
    }
}
