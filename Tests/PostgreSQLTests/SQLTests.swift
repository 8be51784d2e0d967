import Foundation
import Primitives
import Testing

@testable import PostgreSQL

@Suite struct SQLTests {
    private enum Colour: String {
        case red
    }

    @Test func valuesBecomeNumberedParameters() {
        let name = "x'; DROP TABLE device; --"
        let sql: SQL = "SELECT \(name), \(Int32(7)) WHERE a = \(true)"
        #expect(sql.text == "SELECT $1, $2 WHERE a = $3")
        #expect(sql.parameterTypes == [.text, .int4, .bool])
        #expect(sql.parameters.bytes == Array(name.utf8) + [0] + [0, 0, 0, 7] + [0] + [1] + [0])
        #expect(sql.parameters.ranges == [0..<25, 26..<30, 31..<32])
    }

    @Test func nilIsNullOfItsType() {
        let none: Double? = nil
        let sql: SQL = "SELECT \(none), \(Optional("a"))"
        #expect(sql.text == "SELECT $1, $2")
        #expect(sql.parameterTypes == [.float8, .text])
        #expect(sql.parameters.ranges == [nil, 0..<1])
    }

    @Test func enumerationsAndKeysBindAsText() {
        let sql: SQL = "SELECT \(Colour.red), \(Colour?.none), \(ResourceKey("pump-1"))"
        #expect(sql.parameterTypes == [.text, .text, .text])
        #expect(sql.parameters.bytes == Array("red\0pump-1\0".utf8))
    }

    @Test func jsonTravelsAsTextOfAnInferredType() {
        let value: JSONValue = ["a": 1]
        let sql: SQL = "SELECT \(value)"
        #expect(sql.parameterTypes == [.inferred])
        #expect(sql.parameters.bytes == Array("{\"a\":1}\0".utf8))
    }

    @Test func bytesAreNoArray() {
        let bytes: [UInt8] = [1, 2, 3]
        let sql: SQL = "SELECT \(bytes)"
        #expect(sql.parameterTypes == [.bytea])
        #expect(sql.parameters.ranges == [0..<3])
    }

    @Test func partsStandAsTheyAreWritten() {
        let columns: SQL.Part = "id, 'a\"b', $$c$$"
        let sql: SQL = "SELECT \(columns) FROM t WHERE id = \(Int32(1)) ORDER BY \("id" as SQL.Part)"
        #expect(sql.text == "SELECT id, 'a\"b', $$c$$ FROM t WHERE id = $1 ORDER BY id")
        #expect(sql.parameterTypes == [.int4])
    }

    @Test func identifiersAreQuoted() {
        let sql: SQL = "CREATE TABLE \(identifier: "a\"b; DROP\0 TABLE c") ()"
        #expect(sql.text == "CREATE TABLE \"a\"\"b; DROP TABLE c\" ()")
        #expect(sql.parameterTypes.isEmpty)
    }

    @Test func timestampsCanBeLiterals() {
        let sql: SQL = "FROM (\(literal: Timestamp(milliseconds: 0)))"
        #expect(sql.text == "FROM ('1970-01-01T00:00:00.000Z'::timestamptz)")
    }

    @Test(arguments: [
        (
            ["a", nil] as [String?],
            [0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 25, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 1, 97, 255, 255, 255, 255]
        ),
        ([], [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 25]),
    ])
    func arraysHaveTheServersBinaryForm(array: [String?], expected: [UInt8]) {
        var bytes: [UInt8] = []
        array.encode(into: &bytes)
        #expect(bytes == expected)
    }

    @Test func timestampsCountFromTheYear2000() {
        var bytes: [UInt8] = []
        Timestamp.earliestAccepted.adding(seconds: 0.000_258).encode(into: &bytes)
        #expect(bytes == [0, 0, 0, 0, 0, 0, 1, 2])
    }

    @Test func infiniteTimestampsAreNotRead() {
        withUnsafeBytes(of: Int64.max.bigEndian) { bytes in
            #expect(Timestamp(postgresBytes: bytes, type: .timestamptz) == nil)
        }
    }
}

@Suite struct BinaryCopyEncoderTests {
    private let header: [UInt8] =
        [0x50, 0x47, 0x43, 0x4F, 0x50, 0x59, 0x0A, 0xFF, 0x0D, 0x0A, 0x00] + [UInt8](repeating: 0, count: 8)

    @Test func rowsHaveTheServersBinaryForm() {
        var rows = BinaryCopyEncoder()
        rows.beginRow(columns: 3)
        rows.append(Int16(-2))
        rows.appendNull()
        rows.append("ä")
        #expect(
            Array(rows.bytes) == header + [0, 3, 0, 0, 0, 2, 0xFF, 0xFE, 255, 255, 255, 255, 0, 0, 0, 2, 0xC3, 0xA4]
        )
        #expect(rows.rowCount == 1)
        rows.removeAll()
        #expect(Array(rows.bytes) == header)
        #expect(rows.rowCount == 0)
    }

    @Test func nanIsANullElement() {
        var rows = BinaryCopyEncoder()
        rows.append(doubles: [1, .nan])
        let expected: [UInt8] =
            [0, 0, 0, 36, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 2, 189, 0, 0, 0, 2, 0, 0, 0, 1]
            + [0, 0, 0, 8, 0x3F, 0xF0, 0, 0, 0, 0, 0, 0] + [255, 255, 255, 255]
        #expect(Array(rows.bytes) == header + expected)
    }
}
