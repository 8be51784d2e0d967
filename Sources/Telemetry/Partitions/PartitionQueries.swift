import Assets
import PostgreSQL
import Primitives

/// The statements on partitions.
enum PartitionQueries {
    static func ensure(retention: RetentionClass, month: Timestamp) -> Statement<Bool> {
        Statement(
            "telemetry.partition.ensure",
            "SELECT ensure_reading_partition(\(retention.days), \(month))"
        ) { row throws(PostgresError) in try row.bool(0) }
    }

    /// Statements with sample arguments.
    static let all: [AnyStatement] = [
        AnyStatement(ensure(retention: .forever, month: Timestamp(microseconds: 0)))
    ]
}
