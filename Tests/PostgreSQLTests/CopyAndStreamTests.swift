import Foundation
import PostgreSQL
import Primitives
import TestSupport
import Testing

@Suite struct CopyTests {
    private static let create = Statement(
        unprepared: "copy.create",
        """
        CREATE TABLE reading (device integer NOT NULL, quality smallint, ts timestamptz, amount bigint, note text,
            id uuid, flag boolean, document json, "values" double precision[])
        """
    )
    private static let columns = [
        "device", "quality", "ts", "amount", "note", "id", "flag", "document", "values",
    ]

    @Test func everyTypeArrives() async throws {
        try await withEmptyPool(size: 1) { pool in
            try await pool.execute(Self.create)
            let id = UUID(uuid: (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16))
            var rows = BinaryCopyEncoder()
            rows.beginRow(columns: 9)
            rows.append(Int32(7))
            rows.append(Int16(1))
            rows.append(Timestamp(milliseconds: 1))
            rows.append(Int64(-5))
            rows.append("ä")
            rows.append(id)
            rows.append(true)
            rows.append(["a": 1] as JSONValue)
            rows.append(doubles: [1.5, .nan])
            rows.beginRow(columns: 9)
            rows.append(Int32(8))
            for _ in 0..<7 { rows.appendNull() }
            rows.append(doubles: [])
            let count = try await pool.transaction { transaction in
                try await transaction.copyIn(table: "public.reading", columns: Self.columns, rows: rows)
            }
            #expect(count == 2)
            let text = Statement("text", "SELECT reading::text FROM reading ORDER BY device") { try $0.string(0) }
            let stored = try await pool.query(text)
            #expect(
                stored == [
                    #"(7,1,"1970-01-01 00:00:00.001+00",-5,ä,01020304-0506-0708-090a-0b0c0d0e0f10,t,"{""a"":1}","{1.5,NULL}")"#,
                    "(8,,,,,,,,{})",
                ]
            )
        }
    }

    @Test func manyRowsArriveInOneGo() async throws {
        try await withEmptyPool(size: 1) { pool in
            try await pool.execute(Self.create)
            var rows = BinaryCopyEncoder(reserving: 20_000 * 60)
            for index in 0..<20_000 {
                rows.beginRow(columns: 2)
                rows.append(Int32(index))
                rows.append(doubles: [Double(index), .nan, 0.5])
            }
            let data = rows
            let count = try await pool.transaction { transaction in
                try await transaction.copyIn(table: "reading", columns: ["device", "values"], rows: data)
            }
            #expect(count == 20_000)
            let sum = Statement("sum", "SELECT sum(\"values\"[1]), count(\"values\"[2]) FROM reading") { row in
                [try row.double(0), Double(try row.int(1))]
            }
            let sums = try await pool.first(sum)
            #expect(sums == [199_990_000, 0])
        }
    }

    @Test func aRefusedRowUndoesAllAndKeepsTheConnection() async throws {
        try await withEmptyPool(size: 1) { pool in
            try await pool.execute(Self.create)
            var rows = BinaryCopyEncoder()
            for index in 0..<50_000 {
                rows.beginRow(columns: 1)
                if index == 100 { rows.appendNull() } else { rows.append(Int32(index)) }
            }
            let data = rows
            let error = await #expect(throws: PostgresError.self) {
                try await pool.transaction { try await $0.copyIn(table: "reading", columns: ["device"], rows: data) }
            }
            #expect(error?.sqlState == .notNullViolation)
            #expect(error?.statement == "copy into reading")
            let count = try await pool.first(
                Statement("count", "SELECT count(*) FROM reading") { row in try row.int(0) }
            )
            #expect(count == 0)
        }
    }

    @Test func anUnknownTableIsToldBeforeAnyRowIsSent() async throws {
        try await withEmptyPool(size: 1) { pool in
            let error = await #expect(throws: PostgresError.self) {
                try await pool.transaction {
                    try await $0.copyIn(table: "no\"where", columns: ["a"], rows: BinaryCopyEncoder())
                }
            }
            #expect(error?.sqlState == .undefinedTable)
        }
    }
}

@Suite struct StreamTests {
    @Test func rowsComeInBatches() async throws {
        try await withEmptyPool(size: 1) { pool in
            var sizes: [Int] = []
            var sum = 0
            try await pool.stream(ProbeQueries.series(2_500), batch: 1_000) { rows in
                sizes.append(rows.count)
                sum += rows.reduce(0) { $0 + Int($1) }
            }
            #expect(sizes == [1_000, 1_000, 500])
            #expect(sum == 2_500 * 2_501 / 2)
            var isEmpty = true
            try await pool.stream(ProbeQueries.series(0)) { _ in isEmpty = false }
            #expect(isEmpty)
        }
    }

    @Test func aReaderWhoStopsFreesTheConnection() async throws {
        struct Enough: Error {}
        try await withEmptyPool(size: 1) { pool in
            let backend = try await pool.first(ProbeQueries.backend)
            await #expect(throws: Enough.self) {
                try await pool.stream(ProbeQueries.series(100_000_000), batch: 10) { _ in throw Enough() }
            }
            let again = try await pool.first(ProbeQueries.backend)
            #expect(again == backend)
        }
    }

    @Test func aConnectionCannotDoTwoThingsAtOnce() async throws {
        try await withEmptyPool(size: 1) { pool in
            try await pool.transaction { transaction in
                try await transaction.stream(ProbeQueries.series(3), batch: 1) { _ in
                    let error = await #expect(throws: PostgresError.self) {
                        try await transaction.query(ProbeQueries.one)
                    }
                    #expect(error?.kind == .misuse)
                }
                let rows = try await transaction.query(ProbeQueries.one)
                #expect(rows == [1])
            }
        }
    }

    @Test func anErrorInTheMiddleOfAStreamIsThrown() async throws {
        try await withEmptyPool(size: 1) { pool in
            let failing = Statement("failing", "SELECT 1 / (\(Int32(50)) - n) FROM generate_series(1, 100) AS n") {
                try $0.int32(0)
            }
            var count = 0
            let error = await #expect(throws: PostgresError.self) {
                try await pool.stream(failing, batch: 10) { count += $0.count }
            }
            #expect(error?.sqlState?.rawValue == "22012")
            #expect(count == 40)
            let rows = try await pool.query(ProbeQueries.one)
            #expect(rows == [1])
        }
    }

    @Test func cancellationEndsAStream() async throws {
        try await withEmptyPool(size: 2) { pool in
            let slow = Statement(
                "slow",
                "SELECT n FROM generate_series(1, 3) AS n, pg_sleep(CASE n WHEN 3 THEN 600 ELSE 0 END)"
            ) {
                try $0.int32(0)
            }
            let task = Task { try await pool.stream(slow, batch: 1) { _ in } }
            try await waitUntilRunning("pg_sleep", pool)
            task.cancel()
            let error = await #expect(throws: PostgresError.self) { try await task.value }
            #expect(error?.kind == .cancelled)
            let running = try await pool.first(ProbeQueries.running("pg_sleep"))
            #expect(running == 0)
        }
    }
}
