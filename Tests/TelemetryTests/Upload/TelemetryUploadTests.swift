import Logging
import Primitives
import Testing

@testable import Assets
@testable import Telemetry

@Suite struct TelemetryUploadTests {
    private static func upload(
        _ shop: Workshop,
        _ format: TelemetryUpload.Format,
        evaluates: Bool = false,
        _ text: String
    ) async throws -> TelemetryUpload.Progress {
        let device = try #require(shop.plant.snapshot.device(key: "d1"))
        let profile = try #require(shop.plant.snapshot.profile(of: device))
        var upload = TelemetryUpload(
            format,
            device: device,
            profile: profile,
            evaluates: evaluates,
            writer: shop.writer,
            clock: WallClock { Workshop.now }
        )
        let bytes = Array(text.utf8)
        for start in stride(from: 0, to: bytes.count, by: 1_000) {
            try upload.take(Array(bytes[start..<min(start + 1_000, bytes.count)]))
            while upload.isPortionFull { try await upload.commit() }
        }
        try upload.finish()
        while !upload.isDone { try await upload.commit() }
        return upload.progress
    }

    @Test func readsWhatTheExportWrites() async throws {
        try await Workshop.with { shop in
            _ = try await shop.writer.write([
                shop.reading("d1", second: 1, #""temperature":20.5,"mode":"a, \"quoted\" one""#),
                shop.reading("d1", second: 2, #""mode":true"#), shop.reading("d1", second: 3, #""total":7"#),
            ])
            let before = try await shop.stored("d1")
            let device = try #require(shop.plant.snapshot.device(key: "d1"))
            let profile = try #require(shop.plant.snapshot.profile(of: device))
            let export = CSVExport(profile: profile, states: shop.plant.states)
            var bytes = Array(export.header.utf8)
            export.write(before, to: &bytes)
            let progress = try await Self.upload(shop, .csv, String(decoding: bytes, as: UTF8.self))
            #expect(progress.counts.duplicate == 3)
            #expect(progress.rejected == 0)
            #expect(try await shop.stored("d1") == before)
        }
    }

    @Test func portionsAreCommittedAndHistoryIsNotEvaluated() async throws {
        try await Workshop.with { shop in
            let rows = (0..<4_500).map { "\(1_795_000_000_000 + $0 * 1_000),\($0)" }.joined(separator: "\r\n")
            let progress = try await Self.upload(shop, .csv, "ts,temperature\r\n" + rows)
            #expect(progress.counts.stored == 4_500)
            #expect(progress.line == 4_501)
            #expect(shop.witness.seen.isEmpty)
            // The same file again changes nothing.
            let again = try await Self.upload(shop, .csv, "ts,temperature\r\n" + rows)
            #expect(again.counts.duplicate == 4_500)
            // History has neither gaps nor a delay that would tell of the device's clock.
            let device = try #require(shop.plant.snapshot.device(key: "d1"))
            let store = LedgerStore(pool: shop.pool, logger: Logger(label: "test"))
            let total = try await store.ledger(of: device, since: .earliestAccepted).total
            #expect(total.stored == 4_500)
            #expect(total.gaps == 0)
            #expect(total.leastDelay == nil)
        }
    }

    @Test func linesAreEvaluatedOnRequest() async throws {
        try await Workshop.with { shop in
            let text = """
                {"ts":1795000000000,"temperature":1}
                [{"ts":1795000001000,"temperature":2},{"ts":1795000002000,"temperature":3}]
                """
            let progress = try await Self.upload(shop, .lines, evaluates: true, text)
            #expect(progress.counts.stored == 3)
            #expect(shop.witness.seen.count == 3)
        }
    }

    @Test func faultsNameTheirLine() async throws {
        try await Workshop.with { shop in
            let text = """
                ts,receivedAt,temperature,colour,mode
                1795000000000,,21,red,"on"
                1795000001000,,hot,red,on
                ,,21,red,on
                17950,,21,red,on
                1795000003000,,21,red,on,more
                1795000004000,,,,"open
                """
            let progress = try await Self.upload(shop, .csv, text)
            #expect(progress.counts.stored == 1)
            #expect(progress.rejected == 5)
            #expect(progress.faults.map(\.line).sorted() == [3, 4, 5, 6, 7])
            #expect(progress.ignoredColumns == ["colour"])
        }
    }

    @Test(arguments: ["", "\n\n", "temperature\n1", "ts\n1", "ts,colour\n1,2", "ts,temperature,ts\n1,2,3"])
    func aFileWithoutAUsableHeaderIsRefusedAsAWhole(text: String) async throws {
        try await Workshop.with { shop in
            await #expect(throws: Rejection.self) { try await Self.upload(shop, .csv, text) }
            let stored = try await shop.stored("d1")
            #expect(stored.isEmpty)
        }
    }
}
