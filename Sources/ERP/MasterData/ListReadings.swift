import ERPConnectors
import Logging
import Primitives
import Synchronization

/// Which connectors' lists of one sort are being read from their ERPs, how far that is, and why the last reading failed;
/// one reading of each at a time.
final class ListReadings: Sendable {
    /// Where the reading of one connector's list stands.
    struct State: Sendable {
        /// How many there are as yet; nil when nothing is being read.
        var count: Int?
        /// Why the last reading failed; nil when it did not.
        var error: String?
        /// When it ended.
        var endedAt: Timestamp?
    }

    /// The most that is read of one list.
    static let maximum = 100_000

    private let sort: String
    private let clock: WallClock
    private let logger: Logger
    private let states = Mutex<[Int32: State]>([:])

    /// Makes it for lists of a sort: “equipment”.
    init(of sort: String, clock: WallClock, logger: Logger) {
        self.sort = sort
        self.clock = clock
        self.logger = logger
    }

    /// Where a connector's list stands.
    @inline(never)  // see “Mutexes and suspensions” in docs/architecture.md
    func state(_ id: Int32) -> State { states.withLock { $0[id] } ?? State() }

    /// Notes that a reading begins.
    ///
    /// - Returns: whether it may; false while another is under way.
    @inline(never)
    func begin(_ id: Int32) -> Bool {
        states.withLock { states in
            if states[id]?.count != nil { return false }
            states[id] = State(count: 0)
            return true
        }
    }

    /// Carries out a reading that has begun, and notes its end.
    func carryOut(_ live: LiveConnector, _ read: () async throws -> Void) async {
        var failure: String?
        do {
            try await read()
        } catch let error as CallFailure {
            failure = error.detail
        } catch {
            logger.warning(
                "\(sort) was not read",
                metadata: ["connector": "\(live.connector.key)", "error": "\(error)"]
            )
            failure = "What was read could not be stored."
        }
        end(live.connector.id, error: failure)
    }

    @inline(never)
    private func end(_ id: Int32, error: String?) {
        let time = clock.now
        states.withLock { $0[id] = State(error: error, endedAt: time) }
    }

    @inline(never)
    private func note(_ id: Int32, _ count: Int) {
        states.withLock { $0[id]?.count = count }
    }

    /// Reads all pages of a list.
    func pages<Record>(
        of id: Int32,
        _ page: (_ cursor: String?) async throws(CallFailure) -> ERPPage<Record>
    ) async throws(CallFailure) -> [Record] {
        var records: [Record] = []
        var cursor: String?
        repeat {
            let next = try await page(cursor)
            if next.next == cursor, cursor != nil { break }
            records += next.items
            cursor = next.next
            note(id, records.count)
        } while cursor != nil && records.count < Self.maximum
        return records
    }
}
