import Testing

@testable import Telemetry

@Suite struct RecordSplitterTests {
    private static func split(_ text: String, heedsQuotes: Bool, cut: Int) throws -> [RecordSplitter.Record] {
        var splitter = RecordSplitter(heedsQuotes: heedsQuotes)
        let bytes = Array(text.utf8)
        var records: [RecordSplitter.Record] = []
        for start in stride(from: 0, to: bytes.count, by: cut) {
            records += try splitter.take(bytes[start..<min(start + cut, bytes.count)])
        }
        if let last = splitter.finish() { records.append(last) }
        return records
    }

    private static func texts(_ records: [RecordSplitter.Record]) -> [String] {
        records.map { String(decoding: $0.bytes, as: UTF8.self) }
    }

    @Test(arguments: 1...12) func howItIsCutDoesNotMatter(cut: Int) throws {
        let records = try Self.split("a\r\n\n  \nb,\"x\ny\"\nc", heedsQuotes: true, cut: cut)
        #expect(Self.texts(records) == ["a", "b,\"x\ny\"", "c"])
        #expect(records.map(\.line) == [1, 4, 6])
    }

    @Test func quotesMeanNothingInNDJSON() throws {
        let records = try Self.split("{\"a\":\"\n{}\n", heedsQuotes: false, cut: 3)
        #expect(Self.texts(records) == ["{\"a\":\"", "{}"])
    }

    @Test func aLineThatNeverEndsIsRefused() {
        #expect(throws: Rejection.self) {
            try Self.split(String(repeating: "a", count: 1_100_000), heedsQuotes: true, cut: 65_536)
        }
    }
}
