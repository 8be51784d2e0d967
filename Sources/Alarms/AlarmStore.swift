import Assets
import Foundation
import PostgreSQL
import Primitives

/// Reads alarms and takes acknowledgements.
public struct AlarmStore: Sendable {
    let pool: PostgresPool
    let plant: PlantStore
    private let clock: WallClock

    /// Makes a store over a pool.
    public init(pool: PostgresPool, plant: PlantStore, clock: WallClock) {
        self.pool = pool
        self.plant = plant
        self.clock = clock
    }

    /// The alarm with that identifier.
    public func alarm(_ id: UUID) async throws -> Alarm {
        guard let alarm = try await pool.first(AlarmQueries.find(id)) else { throw Self.missing(id) }
        return alarm
    }

    /// Alarms, newest first.
    ///
    /// - Parameters:
    ///   - filter: which alarms.
    ///   - cursor: where the page before ended; nil for the first page.
    ///   - limit: the greatest number of alarms.
    /// - Returns: the page, and where the next one starts; nil when there is none.
    /// - Throws: `PostgresError`.
    public func alarms(
        _ filter: AlarmFilter,
        after cursor: AlarmCursor? = nil,
        limit: Int
    ) async throws -> (alarms: [Alarm], next: AlarmCursor?) {
        var alarms = try await pool.query(AlarmQueries.list(filter, after: cursor, limit: limit + 1))
        guard alarms.count > limit else { return (alarms, nil) }
        alarms.removeLast()
        return (alarms, alarms.last.map(AlarmCursor.init(after:)))
    }

    /// Alarms of a device that were open at some time of a range, oldest first: what a chart shows.
    ///
    /// - Parameters:
    ///   - deviceID: the device.
    ///   - from: the start of the range.
    ///   - to: its end, exclusive.
    ///   - limit: the greatest number of alarms.
    /// - Returns: the alarms.
    /// - Throws: `PostgresError`.
    public func alarms(
        ofDevice deviceID: Int32,
        from: Timestamp,
        to: Timestamp,
        limit: Int = 1_000
    ) async throws -> [Alarm] {
        try await pool.query(AlarmQueries.range(device: deviceID, from: from, to: to, limit: limit))
    }

    /// Notes that somebody has seen an alarm.
    ///
    /// The first acknowledgement stays; repeating it changes nothing.
    ///
    /// - Parameters:
    ///   - id: the alarm.
    ///   - name: who.
    ///   - note: what they noted, if anything.
    /// - Returns: the alarm as it is now.
    /// - Throws: ``ResourceFailure`` when there is no such alarm, `PostgresError`.
    @discardableResult
    public func acknowledge(_ id: UUID, by name: String, note: String? = nil) async throws -> Alarm {
        try await pool.execute(AlarmQueries.acknowledge(id, by: name, note: note, at: clock.now))
        return try await alarm(id)
    }

    /// Labels alarms with what came of their order; nil takes the label away.
    ///
    /// - Throws: `PostgresError`.
    public static func label(
        _ ids: [UUID],
        with outcome: AlarmOutcome?,
        in session: any PostgresSession
    ) async throws {
        try await session.execute(AlarmQueries.label(ids, with: outcome))
    }

    /// The open alarms, counted by severity, device and asset.
    public func openAlarms() async throws -> OpenAlarms {
        OpenAlarms(try await pool.query(AlarmQueries.openCounts()), plant: plant.snapshot)
    }

    /// The API's form of an alarm.
    public func json(_ alarm: Alarm) -> JSONValue { alarm.json(in: plant.snapshot) }

    private static func missing(_ id: UUID) -> ResourceFailure {
        .notFound("alarm \(id.uuidString.lowercased())")
    }
}
