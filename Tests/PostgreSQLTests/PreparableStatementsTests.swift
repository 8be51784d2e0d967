import PostgreSQL
import TestSupport
import Testing

@Suite struct PreparableStatementsTests {
    private func faults(_ statements: [AnyStatement]) async throws -> [String] {
        let database = try await TemporaryPostgreSQL.shared().migratedDatabase()
        do {
            try await assertPreparable(statements, on: database)
            return []
        } catch let error as StatementMismatches {
            return error.faults
        }
    }

    @Test func acceptsWhatFits() async throws {
        let statements = [
            AnyStatement(
                Statement("ok", "SELECT id, key, asset_id FROM device WHERE key = \("x")") { row in
                    (try row.int32(0), try row.key(1), try row.optionalInt32(2))
                }
            ),
            AnyStatement(Statement(unprepared: "ddl", "CREATE TABLE x ()")),
        ]
        #expect(try await faults(statements) == [])
    }

    @Test func findsEveryKindOfFault() async throws {
        let statements = [
            AnyStatement(Statement("table", "SELECT 1 FROM no_such_table")),
            AnyStatement(Statement("column", "SELECT id FROM device") { row in try row.int64(0) }),
            AnyStatement(Statement("count", "SELECT id FROM device") { row in try row.string(1) }),
            AnyStatement(Statement("same", "SELECT 1")),
            AnyStatement(Statement("same", "SELECT 2")),
        ]
        let found = try await faults(statements)
        try #require(found.count == 4)
        #expect(found[0].contains("42P01"))
        #expect(found[1].hasSuffix("Column 0 () is integer, not bigint."))
        #expect(found[2].hasSuffix("reads column 1, which is not there"))
        #expect(found[3].hasSuffix("the name stands for another text too"))
        #expect(found[1].hasPrefix("column (PostgreSQLTests/PreparableStatementsTests.swift:"))
    }
}
