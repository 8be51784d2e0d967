import CPostgreSQL
import Glibc

extension PostgresConnection {
    /// Writes encoded rows into a table.
    ///
    /// - Returns: the number of rows written.
    func copyIn(
        table: String,
        columns: [String],
        rows: BinaryCopyEncoder,
        operation: UInt64?
    ) throws(PostgresError) -> Int {
        let name = "copy into \(table)"
        let target = table.split(separator: ".").map { SQL.quoted(identifier: String($0)) }.joined(separator: ".")
        let list = columns.map(SQL.quoted(identifier:)).joined(separator: ", ")
        return try perform(name, nil, operation) { context throws(PostgresError) in
            guard PQsendQuery(handle.raw, "COPY \(target) (\(list)) FROM STDIN (FORMAT binary)") == 1 else {
                throw handle.lostError()
            }
            guard try finish(context).status == PGRES_COPY_IN else {
                throw PostgresError(.misuse, "The server takes no rows for this table.")
            }
            try put(rows.bytes, context)
            try put(BinaryCopyEncoder.trailer[...], context)
            guard PQputCopyEnd(handle.raw, nil) == 1 else { throw handle.lostError() }
            return try finish(context).affectedRows
        }
    }

    /// Hands bytes to libpq in pieces, so that its own buffer stays small.
    private func put(_ bytes: ArraySlice<UInt8>, _ context: OperationContext) throws(PostgresError) {
        var position = 0
        while position < bytes.count {
            let size = min(131_072, bytes.count - position)
            let sent = bytes.withUnsafeBytes { buffer in
                PQputCopyData(
                    handle.raw,
                    buffer.baseAddress.map { ($0 + position).assumingMemoryBound(to: CChar.self) },
                    Int32(size)
                )
            }
            switch sent {
            case 1: position += size
            case 0: break
            default: throw handle.lostError()
            }
            try flush(context)
        }
    }
}
