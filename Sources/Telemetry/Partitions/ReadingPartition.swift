import Assets
import PostgreSQL
import Primitives

/// One partition of the readings: a retention class and a UTC month.
public struct ReadingPartition: Hashable, Comparable, Sendable {
    /// The class.
    public var retention: RetentionClass
    /// The month's first instant.
    public var month: Timestamp

    /// Makes the partition that holds a time.
    public init(retention: RetentionClass, holding time: Timestamp) {
        self.retention = retention
        month = time.startOfMonth()
    }

    /// The partitions that readings belong to.
    public static func all(of readings: some Sequence<Reading>, plant: PlantSnapshot) -> Set<ReadingPartition> {
        var found: Set<ReadingPartition> = []
        // Most readings belong to the partition of the one before: no calendar for those.
        var last: (retention: RetentionClass, months: Range<Timestamp>)?
        for reading in readings {
            let retention = plant.retention(ofDevice: reading.deviceID, at: reading.timestamp)
            if let last, last.retention == retention, last.months.contains(reading.timestamp) { continue }
            let partition = ReadingPartition(retention: retention, holding: reading.timestamp)
            last = (retention, partition.month..<partition.end)
            found.insert(partition)
        }
        return found
    }

    /// The first instant after the month.
    public var end: Timestamp { month.startOfMonth(addingMonths: 1) }

    /// When nothing in it has to be kept any more; nil when never.
    public var expiry: Timestamp? {
        retention == .forever ? nil : end.adding(seconds: Double(retention.days) * 86_400)
    }

    /// The table's name, such as `reading_p90d_202611`.
    public var name: String {
        let digits = month.rfc3339.utf8.filter { $0 != UInt8(ascii: "-") }.prefix(6)
        return Self.table(of: retention) + "_" + String(decoding: Array(digits), as: UTF8.self)
    }

    /// Reads a table's name.
    ///
    /// - Returns: nil when it is no partition's name.
    public init?(name: String) {
        let parts = name.split(separator: "_")
        guard parts.count == 3, parts[0] == "reading", parts[2].utf8.count == 6,
            let month = Timestamp(rfc3339: "\(parts[2].prefix(4))-\(parts[2].suffix(2))-01T00:00:00Z")
        else { return nil }
        if parts[1] == "forever" {
            retention = .forever
        } else {
            guard parts[1].hasPrefix("p"), parts[1].hasSuffix("d"),
                let days = Int16(parts[1].dropFirst().dropLast()), days > 0
            else { return nil }
            retention = RetentionClass(days: days)
        }
        self.month = month
    }

    /// The name of the table of a class.
    static func table(of retention: RetentionClass) -> String {
        retention == .forever ? "reading_forever" : "reading_p\(retention.days)d"
    }

    /// Makes the partition if it is missing, without blocking anybody who writes readings.
    ///
    /// - Returns: whether it was missing.
    @discardableResult
    public func ensure(in session: some PostgresSession) async throws -> Bool {
        try await session.first(PartitionQueries.ensure(retention: retention, month: month)) ?? false
    }

    /// Orders by class and month.
    public static func < (left: ReadingPartition, right: ReadingPartition) -> Bool {
        (left.retention, left.month) < (right.retention, right.month)
    }
}

/// Devices and the classes that their readings may have: pairs, as two columns.
struct DeviceClasses: Sendable {
    private(set) var devices: [Int32] = []
    private(set) var classes: [Int16] = []

    init(_ devices: some Sequence<Int32>, _ plant: PlantSnapshot) {
        for device in devices {
            for retention in plant.retention(ofDevice: device).classes {
                self.devices.append(device)
                classes.append(retention.days)
            }
        }
    }
}
