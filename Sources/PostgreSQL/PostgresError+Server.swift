import CPostgreSQL

extension PostgresError {
    /// The server's error in a failed result.
    init(result: OpaquePointer) {
        func field(_ code: Unicode.Scalar) -> String? {
            PQresultErrorField(result, Int32(code.value)).map { String(cString: $0) }
        }
        let state = field("C").map(SQLState.init(rawValue:))
        let primary = field("M")
        let fallback = PQresultErrorMessage(result).map { String(cString: $0) } ?? "unknown error"
        // Without a code the error is libpq's own, about the connection.
        let kind: Kind = state == nil ? .connectionLost : .server
        self.init(
            kind,
            Self.withoutValues(primary ?? Self.firstLine(fallback), state),
            sqlState: state,
            constraint: field("n"),
            table: field("t")
        )
    }

    /// Whether the server ended the connection with this error.
    static func isFatal(result: OpaquePointer) -> Bool {
        guard let severity = PQresultErrorField(result, Int32(UInt8(ascii: "V"))) else { return true }
        return ["FATAL", "PANIC"].contains(String(cString: severity))
    }

    /// The error of a failed attempt to connect, from libpq's verbose message.
    init(connecting text: String, to configuration: PostgresConfiguration, needsPassword: Bool) {
        let line = Self.firstLine(text)
        var state: SQLState?
        var reason = line
        if let fatal = line.firstRange(of: "FATAL:  ") {
            let rest = line[fatal.upperBound...]
            let code = rest.prefix(5)
            if code.utf8.count == 5, rest.dropFirst(5).hasPrefix(": ") {
                state = SQLState(rawValue: String(code))
                reason = String(rest.dropFirst(7))
            }
        } else if let failed = line.firstRange(of: " failed: ") {
            reason = String(line[failed.upperBound...])
        }
        let kind: Kind =
            switch state {
            case .invalidPassword?, .invalidAuthorization?: .refusedCredentials
            case .undefinedDatabase?, .insufficientPrivilege?: .server
            case nil where needsPassword: .refusedCredentials
            default: .unreachable
            }
        self.init(kind, "Cannot connect to \(configuration): \(reason).", sqlState: state)
    }

    private static func firstLine(_ text: String) -> String {
        text.split(whereSeparator: \.isNewline).first.map(String.init) ?? text
    }

    /// Messages of class 22 (data exceptions) repeat the offending value after a colon: cut it off.
    private static func withoutValues(_ message: String, _ state: SQLState?) -> String {
        guard state?.conditionClass == "22", let colon = message.firstRange(of: ": \"") else { return message }
        return String(message[..<colon.lowerBound])
    }
}
