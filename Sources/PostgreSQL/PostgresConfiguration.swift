/// Where the database is and how to speak with it.
///
/// Its description never shows the password.
public struct PostgresConfiguration: Sendable {
    /// Host name, address, or directory of a Unix socket; empty for libpq's default.
    public var host: String
    /// TCP port, also part of the socket's name.
    public var port: Int
    /// The role to sign in as.
    public var user: String
    /// The database to use.
    public var database: String
    /// How TLS is used: libpq's `sslmode`, such as `prefer` or `verify-full`.
    public var tlsMode: String
    /// Other libpq keywords, such as `sslrootcert`.
    public var extraKeywords: [String: String]
    /// Shown in `pg_stat_activity`.
    public var applicationName = "plantwright"
    /// Server settings that every new connection gets, such as `synchronous_commit`.
    public var settings: [String: String] = [:]
    /// How long connecting may take.
    public var connectTimeout: Duration = .seconds(5)
    /// How long one statement may take until the connection is given up; nil for ever.
    public var queryTimeout: Duration? = .seconds(60)
    /// How long a caller waits for a free connection of a pool.
    public var acquireTimeout: Duration = .seconds(10)

    private var secret: String?

    /// Makes a configuration from its parts.
    public init(
        host: String,
        port: Int = 5432,
        user: String,
        database: String,
        password: String? = nil,
        tlsMode: String = "prefer",
        extraKeywords: [String: String] = [:]
    ) {
        self.host = host
        self.port = port
        self.user = user
        self.database = database
        self.tlsMode = tlsMode
        self.extraKeywords = extraKeywords
        secret = password
    }

    /// Sets or removes the password.
    public mutating func setPassword(_ password: String?) {
        secret = password
    }

    /// Whether a password is set.
    public var hasPassword: Bool { secret != nil }

    /// The same configuration for another database.
    public func with(database: String) -> PostgresConfiguration {
        var copy = self
        copy.database = database
        return copy
    }

    /// Keywords and values for libpq.
    var keywords: [(name: String, value: String)] {
        var list: [(name: String, value: String)] = []
        func add(_ name: String, _ value: String) {
            if !value.isEmpty { list.append((name, value)) }
        }
        add("host", host)
        add("port", String(port))
        add("user", user)
        add("dbname", database)
        add("password", secret ?? "")
        add("sslmode", tlsMode)
        add("application_name", applicationName)
        add("client_encoding", "UTF8")
        add("options", options)
        // A server that vanished without a word is noticed in half a minute, not in two hours.
        add("keepalives_idle", "10")
        add("keepalives_interval", "5")
        add("keepalives_count", "3")
        add("tcp_user_timeout", "30000")
        for (name, value) in extraKeywords.sorted(by: { $0.key < $1.key }) { add(name, value) }
        return list
    }

    /// The settings as command-line options of the server process, with spaces and backslashes escaped.
    private var options: String {
        settings.sorted { $0.key < $1.key }
            .map { "-c \($0.key)=\($0.value.replacing("\\", with: "\\\\").replacing(" ", with: "\\ "))" }
            .joined(separator: " ")
    }
}

extension PostgresConfiguration: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The address without the password, for logs.
    public var description: String {
        let place = host.hasPrefix("/") ? "socket \(host)" : host.isEmpty ? "the local server" : "\(host):\(port)"
        return "database \(database) at \(place) as \(user)"
    }

    /// One line for logs.
    public var debugDescription: String { description }

    /// What `dump` shows.
    public var customMirror: Mirror {
        Mirror(self, children: ["address": description])
    }
}
