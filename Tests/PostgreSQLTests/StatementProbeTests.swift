import Foundation
import Primitives
import Testing

@testable import PostgreSQL

@Suite struct StatementProbeTests {
    private enum Colour: String, CaseIterable {
        case red
    }

    private func mismatches<Row: Sendable>(
        _ columns: [PostgresType],
        _ row: @escaping @Sendable (ResultRow) throws -> Row
    ) -> [String] {
        AnyStatement(Statement("test", "SELECT 1", row: row)).mismatches(reading: columns)
    }

    @Test func acceptsADecoderThatFits() {
        let columns: [PostgresType] = [
            .bool, .int2, .int4, .int8, .float8, .text, .uuid, .timestamptz, .bytea, .jsonb, .json, .float8Array,
            .textArray, .text, .text, .xid8,
        ]
        let faults = mismatches(columns) { row in
            _ = (try row.bool(0), try row.int16(1), try row.int32(2), try row.int64(3), try row.double(4))
            _ = (try row.string(5), try row.uuid(6), try row.timestamp(7), try row.bytes(8), try row.json(9))
            _ = (try row.json(10), try row.doubles(11), try row.stringArray(12))
            _ = (try row.enumeration(13, as: Colour.self), try row.key(14), try row.uint64(15))
        }
        #expect(faults == [])
    }

    @Test func findsAnotherType() {
        #expect(mismatches([.int4]) { try $0.int64(0) } == ["Column 0 () is integer, not bigint."])
        #expect(mismatches([.int4Array]) { try $0.doubles(0) } == ["Column 0 () is integer[], not double precision[]."])
    }

    @Test func findsAColumnThatIsNotThere() {
        #expect(mismatches([.int4]) { try $0.int32(1) } == ["reads column 1, which is not there"])
    }

    @Test func reportsADecoderThatThrowsSomethingElse() {
        struct Odd: Error {}
        #expect(mismatches([.int4]) { _ in throw Odd() } == ["The row could not be decoded: Odd()"])
    }
}
