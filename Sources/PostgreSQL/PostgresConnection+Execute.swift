import CPostgreSQL
import Glibc

/// The limits of one operation.
struct OperationContext {
    /// By which it can be cancelled; nil when it must run to its end.
    let operation: UInt64?
    let deadline: Deadline
}

extension PostgresConnection {
    /// Runs a statement and decodes its rows.
    func rows<Row>(
        _ statement: Statement<Row>,
        operation: UInt64?,
        atMost limit: Int32 = .max
    ) throws(PostgresError) -> [Row] {
        try perform(statement.name, statement.origin, operation) { context throws(PostgresError) in
            let result = try self.result(of: statement, context)
            let count = min(result.rowCount, limit)
            var rows: [Row] = []
            rows.reserveCapacity(Int(count))
            for row in 0..<count {
                rows.append(try statement.decode(ResultRow(result: result.raw, row: row)))
            }
            return rows
        }
    }

    /// Runs a statement for its effect.
    ///
    /// - Returns: the number of rows that it touched.
    func affectedRows<Row>(_ statement: Statement<Row>, operation: UInt64?) throws(PostgresError) -> Int {
        try perform(statement.name, statement.origin, operation) { context throws(PostgresError) in
            try result(of: statement, context).affectedRows
        }
    }

    /// Runs a script of any number of statements without parameters.
    ///
    /// - Returns: the tag of the last command.
    @discardableResult
    func script(_ text: String, name: String, operation: UInt64? = nil) throws(PostgresError) -> String {
        try perform(name, nil, operation) { context throws(PostgresError) in
            guard PQsendQuery(handle.raw, text) == 1 else { throw handle.lostError() }
            return try finish(context).tag
        }
    }

    /// Prepares a statement without running it and tells how the server understood it.
    func describe(
        _ name: String,
        _ text: String,
        _ types: [PostgresType]
    ) throws(PostgresError) -> (parameters: [PostgresType], columns: [PostgresType]) {
        try perform(name, nil, nil) { context throws(PostgresError) in
            try prepare(name, PreparedText(text: text, types: types), context)
            guard PQsendDescribePrepared(handle.raw, name) == 1 else { throw handle.lostError() }
            let result = try finish(context)
            return (result.parameterTypes, result.columnTypes)
        }
    }

    /// Frames one operation: refuses it when the connection cannot take it, and notes what became of the connection.
    func perform<Value>(
        _ name: String,
        _ origin: @autoclosure () -> String?,
        _ operation: UInt64?,
        _ body: (OperationContext) throws(PostgresError) -> Value
    ) throws(PostgresError) -> Value {
        defer { noteCondition() }
        do throws(PostgresError) {
            guard handle.isOpen else { throw PostgresError(.closed, "The connection is closed.") }
            if isStreaming { throw PostgresError(.misuse, "The connection still delivers the rows of a stream.") }
            // In this order: a request that comes after the look also comes after the draining, and wakes the wait.
            signal.drainIfRequested()
            if let operation, signal.isRequested(operation) {
                throw PostgresError(.cancelled, "The task was cancelled.")
            }
            return try body(
                OperationContext(operation: operation, deadline: Deadline(after: configuration.queryTimeout))
            )
        } catch {
            if error.kind == .connectionLost || error.kind == .timeout { close() }
            throw error.about(name, at: origin())
        }
    }

    private func result<Row>(
        of statement: Statement<Row>,
        _ context: OperationContext
    ) throws(PostgresError) -> ResultHandle {
        try send(statement, context)
        return try finish(context)
    }

    /// Sends a statement, after preparing it when this connection does not know it yet.
    func send<Row>(_ statement: Statement<Row>, _ context: OperationContext) throws(PostgresError) {
        let parameters = statement.sql.parameters
        guard statement.isPrepared else {
            let sent = parameters.withPointers { count, types, values, lengths, formats in
                PQsendQueryParams(handle.raw, statement.sql.text, count, types, values, lengths, formats, 1)
            }
            guard sent == 1 else { throw handle.lostError() }
            return
        }
        let text = PreparedText(text: statement.sql.text, types: parameters.types)
        if let known = prepared[statement.name] {
            guard known == text else {
                throw PostgresError(.misuse, "Two texts or parameter lists go by the same statement name.")
            }
        } else {
            guard statement.name.utf8.count <= 63 else {
                throw PostgresError(.misuse, "The statement's name is longer than 63 bytes.")
            }
            try prepare(statement.name, text, context)
            prepared[statement.name] = text
        }
        let sent = parameters.withPointers { count, _, values, lengths, formats in
            PQsendQueryPrepared(handle.raw, statement.name, count, values, lengths, formats, 1)
        }
        guard sent == 1 else { throw handle.lostError() }
    }

    private func prepare(
        _ name: String,
        _ statement: PreparedText,
        _ context: OperationContext
    ) throws(PostgresError) {
        let types = statement.types.map(\.rawValue)
        guard PQsendPrepare(handle.raw, name, statement.text, Int32(clamping: types.count), types) == 1 else {
            throw handle.lostError()
        }
        _ = try finish(context)
    }
}

extension PostgresConnection {
    /// Takes the answer of what was sent up to its end.
    ///
    /// - Returns: the last result.
    /// - Throws: the first error in the answer.
    func finish(_ context: OperationContext) throws(PostgresError) -> ResultHandle {
        var last: ResultHandle?
        var failure: PostgresError?
        while failure == nil || handle.isOpen, let result = try nextResult(context) {
            switch result.status {
            case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_EMPTY_QUERY, PGRES_COPY_IN: break
            default: failure = failure ?? serverError(of: result.raw, context)
            }
            let isCopy = result.status == PGRES_COPY_IN
            last = consume result
            if isCopy { break }
        }
        if let failure { throw failure }
        guard let last else { throw handle.lostError() }
        return last
    }

    /// The next result of the running operation; nil at its end.
    func nextResult(_ context: OperationContext) throws(PostgresError) -> ResultHandle? {
        try flush(context)
        while PQisBusy(handle.raw) == 1 {
            try waitForServer(Int16(POLLIN), context)
            guard PQconsumeInput(handle.raw) == 1 else {
                // The server's last words, if it said why it ends the connection.
                guard let raw = PQgetResult(handle.raw) else { throw handle.lostError() }
                return ResultHandle(raw)
            }
        }
        guard let raw = PQgetResult(handle.raw) else { return nil }
        return ResultHandle(raw)
    }

    /// Sends what libpq still holds back.
    func flush(_ context: OperationContext) throws(PostgresError) {
        while true {
            let state = PQflush(handle.raw)
            if state == 0 { return }
            guard state == 1 else { throw handle.lostError() }
            // The server may be sending too, and then it reads only after we do.
            try waitForServer(Int16(POLLIN) | Int16(POLLOUT), context)
            guard PQconsumeInput(handle.raw) == 1 else { throw handle.lostError() }
        }
    }

    private func waitForServer(_ events: Int16, _ context: OperationContext) throws(PostgresError) {
        while true {
            switch try handle.wait(events, interrupt: signal.descriptor, until: context.deadline) {
            case .ready: return
            case .interrupted:
                signal.drain()
                if let operation = context.operation, signal.isRequested(operation) { handle.cancel() }
            case .timedOut:
                handle.cancel()
                throw PostgresError(.timeout, "The server did not answer in time.")
            }
        }
    }

    /// The error in a result; the server's answer to our own cancellation is one of kind `cancelled`.
    func serverError(of result: OpaquePointer, _ context: OperationContext) -> PostgresError {
        let error = PostgresError(result: result)
        if error.sqlState == .queryCanceled, let operation = context.operation, signal.isRequested(operation) {
            return PostgresError(.cancelled, "The task was cancelled.", sqlState: .queryCanceled)
        }
        if PostgresError.isFatal(result: result) {
            return PostgresError(.connectionLost, error.message, sqlState: error.sqlState)
        }
        return error
    }
}

extension Parameters {
    /// Calls `body` with the values in the form that libpq takes.
    func withPointers(
        _ body: (
            _ count: Int32, _ types: UnsafePointer<UInt32>?, _ values: UnsafePointer<UnsafePointer<CChar>?>?,
            _ lengths: UnsafePointer<Int32>?, _ formats: UnsafePointer<Int32>?
        ) -> Int32
    ) -> Int32 {
        if count == 0 { return body(0, nil, nil, nil, nil) }
        let types = self.types.map(\.rawValue)
        let lengths = ranges.map { Int32(clamping: $0?.count ?? 0) }
        let formats = self.types.map { Int32($0 == .inferred ? 0 : 1) }
        return bytes.withUnsafeBytes { bytes in
            let values = ranges.map { range -> UnsafePointer<CChar>? in
                guard let range else { return nil }
                return bytes.baseAddress.map {
                    UnsafePointer(($0 + range.lowerBound).assumingMemoryBound(to: CChar.self))
                }
            }
            return body(Int32(clamping: count), types, values, lengths, formats)
        }
    }
}
