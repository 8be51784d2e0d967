import Assets
import Decoders
import Primitives
import Testing

@testable import Telemetry

@Suite("Kept messages that come again", .timeLimit(.minutes(2)))
struct KeptRowsTests {
    @Test func aReadingAndTheEndOfItsRowAreOneTransaction() async throws {
        try await Workshop.with { shop in
            let fates = try await shop.writer.write([shop.message("d1", #"{"temperature":"hot"}"#)])
            #expect(fates.map(\.rejection?.reason) == [.wrongType])
            let refused = RefusedMessageStore(pool: shop.pool, writer: shop.writer)
            let kept = try #require(try await refused.rejected(before: nil, limit: 1).first)
            var again = shop.message("d1", #"{"temperature":1}"#)
            again.kept = .rejected(kept.id)
            // The transaction fails after both were written: neither is.
            shop.witness.failNext()
            await #expect(throws: Witness.Refusal.self) { try await shop.writer.writeAgain([again]) }
            #expect(try await shop.stored("d1").isEmpty)
            #expect(try await refused.rejected(before: nil, limit: 1).map(\.id) == [kept.id])
            _ = try await shop.writer.writeAgain([again])
            #expect(try await refused.rejected(before: nil, limit: 1).isEmpty)
            #expect(try await shop.stored("d1").count == 1)
            // Somebody else has settled it: the reading, which has no time of its own, is not doubled.
            await #expect(throws: KeptRows.SettledMeanwhile.self) { try await shop.writer.writeAgain([again]) }
            #expect(try await shop.stored("d1").count == 1)
        }
    }

    @Test func oneFromQuarantineIsStoredOnceHoweverManyAdoptIt() async throws {
        try await Workshop.with { shop in
            for number in 0..<20 {
                _ = try await shop.writer.write([shop.message("new", #"{"temperature":\#(number)}"#)])
            }
            _ = try await shop.plant.putDevice(key: try Workshop.key("new"), document: ["profile": "motor"])
            let refused = RefusedMessageStore(pool: shop.pool, writer: shop.writer)
            async let one = refused.replay(identifier: "new")
            async let two = refused.replay(identifier: "new")
            #expect(try await one.count + two.count == 20)
            #expect(try await shop.stored("new").count == 20)
        }
    }
}
