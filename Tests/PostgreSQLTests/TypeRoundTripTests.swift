import Foundation
import PostgreSQL
import Primitives
import TestSupport
import Testing

private struct ServerRow: Equatable {
    let columnCount: Int
    let time: Int64
    let uuid: UUID
    let optionals: [Double?]
    let hasNaN: Bool
    let empty: [Int32]
    let small: Int
    let real: Double
    let text: String
}

@Suite struct TypeRoundTripTests {
    private static let uuid = UUID(uuid: (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16))

    private func roundTrip<Value: PostgresScalar & Equatable>(_ values: [Value], _ pool: PostgresPool) async throws {
        for value in values {
            let statement = Statement("round.\(Value.self)", "SELECT \(value)") { row in
                try row.value(0, as: Value.self)
            }
            #expect(try await pool.first(statement) == value)
        }
        let array = Statement("round.array.\(Value.self)", "SELECT \(values)") { row in try row.array(0, of: Value.self)
        }
        #expect(try await pool.first(array) == values)
        let optional: [Value?] = values + [nil]
        let optionals = Statement("round.optionals.\(Value.self)", "SELECT \(optional)") { row in
            try row.arrayOfOptionals(0, of: Value.self)
        }
        #expect(try await pool.first(optionals) == optional)
        let null = Statement("round.null.\(Value.self)", "SELECT \(Value?.none)") { row in
            try row.optionalValue(0, as: Value.self)
        }
        #expect(try await pool.query(null) == [nil])
    }

    @Test func everyScalarComesBackAsItWas() async throws {
        try await withEmptyPool(size: 1) { pool in
            try await roundTrip([true, false], pool)
            try await roundTrip([Int16.min, 0, .max], pool)
            try await roundTrip([Int32.min, 0, .max], pool)
            try await roundTrip([Int64.min, 0, .max], pool)
            try await roundTrip([Int.min, 0, .max], pool)
            try await roundTrip([UInt64(0), 1 << 62], pool)
            try await roundTrip([-0.1, .infinity, .leastNonzeroMagnitude], pool)
            try await roundTrip(["", "ä€😀", "a'b\"c\\d\n{},NULL"], pool)
            try await roundTrip([Self.uuid], pool)
            try await roundTrip([Timestamp(microseconds: -1), Timestamp(microseconds: 1_795_000_000_123_456)], pool)
        }
    }

    @Test func nanComesBackAsNaN() async throws {
        try await withEmptyPool(size: 1) { pool in
            let value = try await pool.first(Statement("nan", "SELECT \(Double.nan)") { row in try row.double(0) })
            #expect(value?.isNaN == true)
        }
    }

    @Test func readsWhatTheServerWrites() async throws {
        try await withEmptyPool(size: 1) { pool in
            let row = try await pool.first(
                Statement(
                    "server",
                    """
                    SELECT timestamptz '2026-11-22T15:54:07.123456Z', uuid '01020304-0506-0708-090a-0b0c0d0e0f10',
                        ARRAY[1.5, NULL]::float8[], '{}'::int4[], 2::int2, 1.5::real, 'x'::varchar(3), 'abc'::name
                    """
                ) { row in
                    ServerRow(
                        columnCount: row.columnCount,
                        time: try row.timestamp(0).microseconds,
                        uuid: try row.uuid(1),
                        optionals: try row.doubleArray(2),
                        hasNaN: try row.doubles(2)[1].isNaN,
                        empty: try row.int32Array(3),
                        small: try row.int(4),
                        real: try row.double(5),
                        text: try row.string(6) + row.string(7)
                    )
                }
            )
            let expected = ServerRow(
                columnCount: 8,
                time: 1_795_362_847_123_456,
                uuid: Self.uuid,
                optionals: [1.5, nil],
                hasNaN: true,
                empty: [],
                small: 2,
                real: 1.5,
                text: "xabc"
            )
            #expect(row == expected)
        }
    }

    @Test func jsonFitsBothOfItsTypes() async throws {
        try await withEmptyPool(size: 1) { pool in
            try await pool.execute(Statement(unprepared: "t", "CREATE TABLE t (a json, b jsonb, c bytea, d json[])"))
            let value: JSONValue = ["b": [1, 2.5, nil, "\u{1F600}\""], "a": true]
            try await pool.execute(
                Statement("insert", "INSERT INTO t (a, b, c) VALUES (\(value), \(value), \([0, 255, 7] as [UInt8]))")
            )
            let row = try await pool.first(
                Statement("select", "SELECT a, b, c, NULL::json, b -> 'b' FROM t") { row in
                    let documents = [try row.json(0), try row.json(1)["a"], try row.optionalJSON(3), try row.json(4)]
                    return (documents, try row.bytes(2))
                }
            )
            #expect(row?.0 == [value, true, nil, value["b"]])
            #expect(row?.1 == [0, 255, 7])
        }
    }

    @Test(arguments: [
        ("SELECT NULL::int4", "Column 0 (int4) is NULL."),
        ("SELECT 1::int8 AS n", "Column 0 (n) is bigint, not integer."),
        ("SELECT 1.5 AS n", "Column 0 (n) is type 1700, not integer."),
    ])
    func aRowOfAnotherShapeIsADecodingError(text: String, message: String) async throws {
        try await withEmptyPool(size: 1) { pool in
            let error = await #expect(throws: PostgresError.self) {
                try await pool.query(Statement("shape", SQL(stringLiteral: text)) { row in try row.int32(0) })
            }
            #expect(error?.kind == .decoding)
            #expect(error?.message == message)
            #expect(error?.statement == "shape")
            #expect(error?.origin?.hasPrefix("PostgreSQLTests/TypeRoundTripTests.swift:") == true)
            let one = try await pool.first(ProbeQueries.one)
            #expect(one == 1)
        }
    }

    @Test func aNullElementIsAnErrorWhereNoneIsExpected() async throws {
        try await withEmptyPool(size: 1) { pool in
            let error = await #expect(throws: PostgresError.self) {
                try await pool.query(Statement("null", "SELECT ARRAY[1, NULL]") { row in try row.int32Array(0) })
            }
            #expect(error?.message == "Column 0 (array) is an array with a NULL in it.")
        }
    }
}
