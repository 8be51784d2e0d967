import Logging
import Primitives
import Synchronization
import Testing

@testable import Observability

@Suite struct LogfmtHandlerTests {
    /// Collects lines in place of standard error.
    private final class Lines: Sendable {
        private let lines = Mutex<[String]>([])

        var all: [String] { lines.withLock { $0 } }

        func append(_ line: String) { lines.withLock { $0.append(line) } }
    }

    private let lines = Lines()

    private func logger(_ level: Logger.Level = .info) -> Logger {
        let clock = WallClock { Timestamp(milliseconds: 1_795_362_847_000) }
        let lines = self.lines
        return Logger(label: "ingest") { label in
            LogfmtHandler(label: label, level: level, clock: clock) { lines.append($0) }
        }
    }

    @Test func writesOneLineWithSortedFields() {
        var logger = logger()
        logger[metadataKey: "batch"] = "7"
        logger.info("batch committed", metadata: ["rows": "2000", "device": "pump 7", "batch": "8"])
        #expect(
            lines.all == [
                """
                time=2026-11-22T15:54:07.000Z level=info logger=ingest msg="batch committed" batch=8 device="pump 7" rows=2000

                """
            ]
        )
    }

    @Test func noInputCanBeginALineOfItsOwn() {
        logger().warning(
            "a\nlevel=critical \"quoted\" \\ \u{1B}[31m\r\t",
            metadata: ["evil key=\"": "x\ny", "empty": "", "equals": "a=b"]
        )
        #expect(
            lines.all == [
                "time=2026-11-22T15:54:07.000Z level=warning logger=ingest "
                    + "msg=\"a\\nlevel=critical \\\"quoted\\\" \\\\ \u{FFFD}[31m\\r\\t\" "
                    + "empty=\"\" equals=\"a=b\" evil_key__=\"x\\ny\"\n"
            ]
        )
    }

    @Test func dropsWhatIsBelowItsLevel() {
        var logger = logger(.warning)
        logger.info("quiet")
        #expect(lines.all.isEmpty)
        logger.logLevel = .debug
        logger.debug("loud")
        #expect(lines.all.count == 1)
    }
}
