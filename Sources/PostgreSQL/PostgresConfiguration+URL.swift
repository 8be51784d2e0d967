extension PostgresConfiguration {
    /// Reads a `postgres://` or `postgresql://` address:
    /// `postgresql://user:password@host:5432/database?sslmode=verify-full`.
    ///
    /// Everything may be percent-encoded; a directory of a Unix socket is given as `?host=/run/postgresql` or as an
    /// encoded host.
    ///
    /// - Throws: an error of kind `configuration` that says what is wrong and repeats no part of the address.
    public init(url: String) throws(PostgresError) {
        guard let schemeEnd = url.firstRange(of: "://"),
            ["postgres", "postgresql"].contains(url[..<schemeEnd.lowerBound].lowercased())
        else {
            throw Self.malformed("it must begin with postgres:// or postgresql://")
        }
        var rest = url[schemeEnd.upperBound...]
        if rest.contains("#") { throw Self.malformed("a # in it must be written %23") }
        let query = rest.firstIndex(of: "?").map { rest[rest.index(after: $0)...] }
        rest = rest.prefix { $0 != "?" }
        let path = rest.firstIndex(of: "/").map { rest[rest.index(after: $0)...] } ?? ""
        let authority = rest.prefix { $0 != "/" }

        self.init(host: "", user: "", database: "")
        try readAuthority(authority)
        database = try Self.decode(path)
        if let query { try readQuery(query) }
        if user.isEmpty { throw Self.malformed("it names no user") }
        if database.isEmpty { database = user }
    }

    private mutating func readAuthority(_ authority: Substring) throws(PostgresError) {
        var hostPort = authority
        if let at = authority.lastIndex(of: "@") {
            let credentials = authority[..<at]
            hostPort = authority[authority.index(after: at)...]
            user = try Self.decode(credentials.prefix { $0 != ":" })
            if let colon = credentials.firstIndex(of: ":") {
                setPassword(try Self.decode(credentials[credentials.index(after: colon)...]))
            }
        }
        if hostPort.contains(",") { throw Self.malformed("only one host can be given") }
        var portText: Substring?
        if hostPort.first == "[" {
            guard let end = hostPort.firstIndex(of: "]") else {
                throw Self.malformed("the [ of the host is not closed")
            }
            host = String(hostPort[hostPort.index(after: hostPort.startIndex)..<end])
            let tail = hostPort[hostPort.index(after: end)...]
            guard tail.isEmpty || tail.first == ":" else { throw Self.malformed("text after the host") }
            portText = tail.isEmpty ? nil : tail.dropFirst()
        } else {
            host = try Self.decode(hostPort.prefix { $0 != ":" })
            portText = hostPort.firstIndex(of: ":").map { hostPort[hostPort.index(after: $0)...] }
        }
        if let portText, !portText.isEmpty { port = try Self.port(portText) }
    }

    private mutating func readQuery(_ query: Substring) throws(PostgresError) {
        for pair in query.split(separator: "&") {
            guard let equals = pair.firstIndex(of: "=") else { throw Self.malformed("an option without =") }
            let name = try Self.decode(pair[..<equals])
            let value = try Self.decode(pair[pair.index(after: equals)...])
            switch name {
            case "host": host = value
            case "port": port = try Self.port(Substring(value))
            case "user": user = value
            case "dbname": database = value
            case "password": setPassword(value)
            case "sslmode":
                guard ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"].contains(value) else {
                    throw Self.malformed("sslmode is none of libpq's modes")
                }
                tlsMode = value
            case "application_name": applicationName = value
            case "connect_timeout":
                guard let seconds = Int(value), seconds > 0 else {
                    throw Self.malformed("connect_timeout is no number")
                }
                connectTimeout = .seconds(seconds)
            case "sslrootcert", "sslcert", "sslkey", "sslcrl", "channel_binding", "gssencmode", "target_session_attrs":
                extraKeywords[name] = value
            default: throw Self.malformed("an unknown option")
            }
        }
    }

    private static func port(_ text: Substring) throws(PostgresError) -> Int {
        guard let port = UInt16(text), port > 0, text.first != "+" else {
            throw malformed("the port is no number from 1 to 65535")
        }
        return Int(port)
    }

    private static func decode(_ text: Substring) throws(PostgresError) -> String {
        var bytes: [UInt8] = []
        var source = text.utf8.makeIterator()
        while let byte = source.next() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let high = source.next().flatMap(hexValue), let low = source.next().flatMap(hexValue) else {
                throw malformed("a % that is not followed by two hexadecimal digits")
            }
            bytes.append(high << 4 | low)
        }
        guard !bytes.contains(0), let text = String(validating: bytes, as: UTF8.self) else {
            throw malformed("a percent-encoded part that is not UTF-8")
        }
        return text
    }

    private static func hexValue(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }

    private static func malformed(_ reason: String) -> PostgresError {
        PostgresError(.configuration, "The address of the database is malformed: \(reason).")
    }
}
