/// Notes what a decoder reads, by running it on a row of zeros: so that a test can compare a decoder with the columns
/// that the server announces, without any row being there.
final class RowProbe {
    let columns: [PostgresType]
    private(set) var problems: [String] = []

    private init(columns: [PostgresType]) {
        self.columns = columns
    }

    func note(_ problem: String) {
        problems.append(problem)
    }

    /// What is wrong when a statement's decoder reads rows with these column types.
    static func mismatches<Row>(of statement: Statement<Row>, reading columns: [PostgresType]) -> [String] {
        let probe = RowProbe(columns: columns)
        do throws(PostgresError) {
            _ = try statement.decode(ResultRow(probe: probe))
        } catch {
            if probe.problems.isEmpty { probe.note(error.message) }
        }
        return probe.problems
    }

    /// The binary form of a zero, false, or empty value; empty for types whose readers accept that.
    static func zero(of type: PostgresType) -> UnsafeRawBufferPointer {
        let range: Range<Int> =
            switch type {
            case .bool: 0..<1
            case .int2: 0..<2
            case .int4, .float4: 0..<4
            case .int8, .float8, .timestamptz, .xid8: 0..<8
            case .uuid: 0..<16
            case .boolArray, .int2Array, .int4Array, .int8Array, .textArray, .float8Array, .timestamptzArray,
                .uuidArray, .xid8Array, .byteaArray:
                0..<12
            case .json: 17..<21
            case .jsonb: 16..<21
            default: 0..<0
            }
        let zeros = UnsafeRawBufferPointer(start: Self.zeros.utf8Start, count: Self.zeros.utf8CodeUnitCount)
        return UnsafeRawBufferPointer(rebasing: zeros[range])
    }

    /// Sixteen zeros, then `jsonb`'s version and `null`; lives as long as the process.
    private static let zeros: StaticString = "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\u{1}null"
}
