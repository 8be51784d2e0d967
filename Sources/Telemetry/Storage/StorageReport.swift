import Assets
import PostgreSQL
import Primitives

/// What a file system has and has left.
public struct DiskUsage: Sendable {
    /// The directory it was asked for.
    public var path: String
    /// In bytes.
    public var total: Int64
    /// What an ordinary user can still write, in bytes.
    public var free: Int64

    /// Makes a figure.
    public init(path: String, total: Int64, free: Int64) {
        self.path = path
        self.total = total
        self.free = free
    }
}

/// How much room the store takes, and how long the disk will last.
public struct StorageReport: Sendable {
    /// Readings of one form.
    public struct Form: Sendable {
        /// How many; those that are not packed are estimated.
        public var rows: Int64
        /// Their values.
        public var points: Int64
        /// With indexes.
        public var bytes: Int64

        var json: JSONObject {
            [
                "rows": .integer(rows), "points": .integer(points), "bytes": .integer(bytes),
                "bytesPerPoint": points > 0 ? .number((Double(bytes) / Double(points) * 100).rounded() / 100) : .null,
            ]
        }
    }

    /// One class and month.
    public struct Part: Sendable {
        var partition: ReadingPartition
        var rows: Int64
        var bytes: Int64
        var state: String
    }

    var databaseBytes: Int64
    var disk: DiskUsage?
    var growthPerDay: Double?
    var now: Timestamp
    var readings: Form
    var packed: Form
    var oldest: Timestamp?
    var newest: Timestamp?
    var rollupBytes: Int64
    var dirty: Int64
    var behindSeconds: Double
    var parts: [Part]
    var tables: [TableSize]

    /// When nothing is left at the present growth; nil when that cannot be told.
    public var fullOn: Timestamp? {
        guard let disk, let growthPerDay, growthPerDay > 0 else { return nil }
        let days = Double(disk.free) / growthPerDay
        // Beyond a lifetime it is no news.
        return days < 36_500 ? now.adding(seconds: days * 86_400) : nil
    }

    /// The API's form.
    public var json: JSONValue {
        var all = readings.json
        all["oldest"] = .optional(oldest)
        all["newest"] = .optional(newest)
        let disk: JSONValue =
            self.disk.map {
                ["path": .string($0.path), "totalBytes": .integer($0.total), "freeBytes": .integer($0.free)]
            } ?? .null
        return [
            "databaseBytes": .integer(databaseBytes), "disk": disk,
            "growthBytesPerDay": .optional(growthPerDay.map { $0.rounded() }),
            "fullOn": .optional(fullOn.map { String($0.rfc3339.prefix(10)) }), "readings": .object(all),
            "packed": .object(packed.json),
            "rollups": [
                "bytes": .integer(rollupBytes), "dirty": .integer(dirty), "behindSeconds": .number(behindSeconds),
            ],
            "partitions": .array(parts.map(\.json)),
            "tables": .array(tables.map { ["name": .string($0.name), "bytes": .integer($0.bytes)] }),
        ]
    }
}

extension StorageReport.Part {
    fileprivate var json: JSONValue {
        [
            "name": .string(partition.name), "retention": .string(partition.retention.duration ?? "forever"),
            "month": .string(String(partition.month.rfc3339.prefix(7))), "rows": .integer(rows),
            "bytes": .integer(bytes), "state": .string(state),
        ]
    }
}

/// Makes the storage report.
public struct StorageStore: Sendable {
    let pool: PostgresPool
    let behind: @Sendable () -> Double
    let disk: @Sendable () -> DiskUsage?
    let clock: WallClock

    /// Makes a store.
    ///
    /// - Parameters:
    ///   - pool: the database.
    ///   - behind: how many seconds the rollups are behind.
    ///   - disk: the database's disk; nil when it is elsewhere.
    ///   - clock: the time.
    public init(
        pool: PostgresPool,
        behind: @escaping @Sendable () -> Double,
        disk: @escaping @Sendable () -> DiskUsage?,
        clock: WallClock
    ) {
        self.pool = pool
        self.behind = behind
        self.disk = disk
        self.clock = clock
    }

    /// The figures now.
    public func report() async throws -> StorageReport {
        let now = clock.now
        let leaves = try await pool.query(PartitionQueries.leaves())
        let months = try await pool.query(PartitionQueries.packedMonths())
        let width = try await pool.first(StorageQueries.pointsPerReading()) ?? nil
        guard let sums = try await pool.first(StorageQueries.sums()) else { throw CancellationError() }
        let rows = leaves.reduce(0.0) { $0 + $1.rows }
        var growth: Double?
        if let reference = try await pool.first(StorageQueries.reference(before: now)) {
            let days = now.seconds(since: reference.at) / 86_400
            if days > 1.0 / 48 { growth = Double(sums.database - reference.bytes) / days }
        }
        return StorageReport(
            databaseBytes: sums.database,
            disk: disk(),
            growthPerDay: growth,
            now: now,
            readings: StorageReport.Form(
                rows: Int64(rows),
                points: Int64(rows * (width ?? 0)),
                bytes: leaves.reduce(0) { $0 + $1.bytes }
            ),
            packed: StorageReport.Form(
                rows: months.reduce(0) { $0 + $1.rows },
                points: months.reduce(0) { $0 + $1.points },
                bytes: sums.packedBytes
            ),
            oldest: sums.oldest,
            newest: sums.newest,
            rollupBytes: sums.rollupBytes,
            dirty: sums.dirty,
            behindSeconds: behind(),
            parts: Self.parts(leaves, months, now: now),
            tables: try await pool.query(StorageQueries.tables())
        )
    }

    private static func parts(
        _ leaves: [LeafPartition],
        _ months: [PackedMonth],
        now: Timestamp
    ) -> [StorageReport.Part] {
        let packed = Dictionary(months.filter { $0.rows > 0 }.map { ($0.partition, $0) }) { first, _ in first }
        return leaves.compactMap { leaf in
            guard let partition = ReadingPartition(name: leaf.name) else { return nil }
            let month = packed[partition]
            let state =
                if partition.end > now {
                    "open"
                } else if month == nil {
                    "closed"
                } else if leaf.rows > 0 {
                    "packing"
                } else {
                    "packed"
                }
            return StorageReport.Part(
                partition: partition,
                rows: Int64(leaf.rows) + (month?.rows ?? 0),
                bytes: leaf.bytes + (month?.bytes ?? 0),
                state: state
            )
        }
    }
}
