import Assets
import Foundation
import Logging
import PostgreSQL
import Primitives
import TestSupport
import Testing

@testable import Telemetry

/// What an existing installation finds after 0010: its readings, unchanged, as class 0.
@Suite struct StoreMigrationTests {
    @Test func carriesAnInstallationOver() async throws {
        let database = try await TemporaryPostgreSQL.shared().emptyDatabase()
        let folder = NSTemporaryDirectory() + "pw-store-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let files = try FileManager.default.contentsOfDirectory(atPath: TemporaryPostgreSQL.migrations)
        for name in files where name < "0008" {
            try FileManager.default.copyItem(
                atPath: TemporaryPostgreSQL.migrations + "/" + name,
                toPath: folder + "/" + name
            )
        }
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        _ = try await Migrator(directory: folder, logger: logger).apply(to: database)
        try await TemporaryPostgreSQL.withPool(on: database) { pool in
            try await pool.withConnection { connection in
                try await connection.runScript(Self.before)
            }
            let rows = Statement("rows", Self.rows) { try $0.string(0) }
            let files = Statement("files", Self.files) { try $0.string(0) }
            let (rowsBefore, filesBefore) = (try await pool.query(rows), try await pool.query(files))
            #expect(rowsBefore.count == 40 && filesBefore.count == 2)
            for name in try FileManager.default.contentsOfDirectory(atPath: TemporaryPostgreSQL.migrations)
            where name >= "0008" && name.hasSuffix(".sql") {
                try FileManager.default.copyItem(
                    atPath: TemporaryPostgreSQL.migrations + "/" + name,
                    toPath: folder + "/" + name
                )
            }
            _ = try await Migrator(directory: folder, logger: logger).apply(to: database)
            #expect(try await pool.query(rows) == rowsBefore)
            #expect(try await pool.query(files) == filesBefore, "no table was rewritten")
            let classes = Statement("classes", "SELECT DISTINCT retention FROM reading") { try $0.int16(0) }
            #expect(try await pool.query(classes) == [0])
            // A carried month takes new rows, and keeps to identity.
            let month = ReadingPartition(retention: .forever, holding: try #require(Timestamp(rfc3339: Self.known)))
            #expect(try await month.ensure(in: pool) == false)
            await #expect(throws: PostgresError.self) { try await pool.execute(Self.insert(Self.known)) }
            try await pool.execute(Self.insert("2026-10-05T00:00:30.500Z"))
            #expect(try await pool.query(rows).count == 41)
        }
    }

    private static let known = "2026-10-05T00:00:00.000Z"

    private static func insert(_ time: String) -> Statement<Void> {
        Statement(
            "insert",
            """
            INSERT INTO reading (device_id, quality, retention, ts, received_at, values)
            VALUES (1, 0::smallint, 0::smallint, \(time)::text::timestamptz, now(), '{1}')
            """
        )
    }

    private static let before = """
        SELECT ensure_reading_partition('2026-10-05'), ensure_reading_partition('2026-11-05');
        INSERT INTO reading (device_id, quality, ts, received_at, values)
        SELECT 1, 0, at, at, ARRAY[extract(epoch FROM at), NULL]
        FROM generate_series('2026-10-05 00:00Z'::timestamptz, '2026-10-05 00:19Z', '1 min') at;
        INSERT INTO reading (device_id, quality, ts, received_at, values)
        SELECT 2, 1, at, at, ARRAY[extract(epoch FROM at)]
        FROM generate_series('2026-11-05 00:00Z'::timestamptz, '2026-11-05 00:19Z', '1 min') at;
        """

    private static let rows: SQL =
        "SELECT concat_ws(' ', device_id, ts, received_at, quality, values) FROM reading ORDER BY 1"

    private static let files: SQL = """
        SELECT pg_relation_filenode(oid)::text FROM pg_class
        WHERE relkind = 'r' AND relname ~ '^reading_.*2026' ORDER BY 1
        """
}
