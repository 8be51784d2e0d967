import Foundation
import PostgreSQL

/// The statements on the ingest lease.
enum LeaseQueries {
    /// Takes or renews the lease, for the connection that runs it.
    ///
    /// It is free when it has expired or when its holder's connection is gone; its holder keeps the epoch. No row: it is
    /// somebody else's.
    static func take(_ holder: UUID, epoch: Int64?, seconds: Double) -> Statement<Int64> {
        Statement(
            "telemetry.lease.take",
            """
            UPDATE ingest_lease SET
                epoch = CASE WHEN holder = \(holder) AND epoch = \(epoch)::bigint THEN epoch ELSE epoch + 1 END,
                acquired_at = CASE WHEN holder = \(holder) AND epoch = \(epoch)::bigint
                    THEN acquired_at ELSE clock_timestamp() END,
                holder = \(holder), holder_pid = pg_backend_pid(),
                holder_started = (SELECT backend_start FROM pg_stat_activity WHERE pid = pg_backend_pid()),
                expires_at = clock_timestamp() + make_interval(secs => \(seconds))
            WHERE name = 'main' AND (
                holder = \(holder) AND epoch = \(epoch)::bigint OR expires_at < clock_timestamp()
                OR NOT EXISTS (SELECT 1 FROM pg_stat_activity activity WHERE activity.pid = holder_pid
                    AND (activity.backend_start IS NULL OR activity.backend_start = holder_started)))
            RETURNING epoch
            """
        ) { row throws(PostgresError) in try row.int64(0) }
    }

    /// Ends the ingest connections of other processes when the lease is free: one that hangs in the middle of a
    /// transaction would block whoever takes over.
    static func evict(exceptSession name: String) -> Statement<Void> {
        Statement(
            "telemetry.lease.evict",
            """
            SELECT pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE datname = current_database() AND usename = current_user
                AND starts_with(application_name, \(IngestLease.sessionPrefix)) AND application_name <> \(name)
                AND EXISTS (SELECT 1 FROM ingest_lease WHERE name = 'main' AND (expires_at < clock_timestamp()
                    OR NOT EXISTS (SELECT 1 FROM pg_stat_activity activity WHERE activity.pid = holder_pid
                        AND (activity.backend_start IS NULL OR activity.backend_start = holder_started))))
            """
        )
    }

    /// Whether another connection of that name has a transaction under way.
    static func isUnderWay(session name: String) -> Statement<Bool> {
        Statement(
            "telemetry.lease.is_under_way",
            """
            SELECT EXISTS (SELECT 1 FROM pg_stat_activity WHERE datname = current_database()
                AND usename = current_user AND application_name = \(name) AND pid <> pg_backend_pid()
                AND (xact_start IS NOT NULL OR state <> 'idle'))
            """
        ) { row throws(PostgresError) in try row.bool(0) }
    }

    /// Ends the other connections of that name that have a transaction under way.
    static func end(session name: String) -> Statement<Void> {
        Statement(
            "telemetry.lease.end",
            """
            SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()
                AND usename = current_user AND application_name = \(name) AND pid <> pg_backend_pid()
                AND (xact_start IS NOT NULL OR state <> 'idle')
            """
        )
    }

    /// Gives the lease back.
    static func release(_ holder: UUID, epoch: Int64) -> Statement<Void> {
        Statement(
            "telemetry.lease.release",
            """
            UPDATE ingest_lease SET expires_at = '-infinity' WHERE name = 'main' AND holder = \(holder)
                AND epoch = \(epoch)
            """
        )
    }
}
