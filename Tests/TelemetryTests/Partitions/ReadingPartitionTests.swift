import Assets
import Primitives
import TestSupport
import Testing

@testable import Telemetry

@Suite struct ReadingPartitionTests {
    private static let november = Timestamp(milliseconds: 1_795_362_847_000)

    @Test(arguments: [(Int16(0), "reading_forever_202611"), (90, "reading_p90d_202611")])
    func namesGoBothWays(days: Int16, name: String) {
        let partition = ReadingPartition(retention: RetentionClass(days: days), holding: Self.november)
        #expect(partition.name == name)
        #expect(ReadingPartition(name: name) == partition)
    }

    @Test(arguments: ["reading", "reading_packed", "reading_forever", "reading_p0d_202611", "reading_forever_202613"])
    func otherTablesAreNone(name: String) {
        #expect(ReadingPartition(name: name) == nil)
    }

    @Test func expiresWhenItsLastReadingDoes() throws {
        let partition = ReadingPartition(retention: RetentionClass(days: 7), holding: Self.november)
        #expect(partition.expiry?.rfc3339 == "2026-12-08T00:00:00.000Z")
        #expect(ReadingPartition(retention: .forever, holding: Self.november).expiry == nil)
    }

    @Test func isMadeOnce() async throws {
        try await TemporaryPostgreSQL.withMigratedPool { pool in
            for days: Int16 in [0, 90] {
                let partition = ReadingPartition(retention: RetentionClass(days: days), holding: Self.november)
                let made = try await partition.ensure(in: pool)
                #expect(made)
                let madeAgain = try await partition.ensure(in: pool)
                #expect(!madeAgain)
            }
        }
    }
}
