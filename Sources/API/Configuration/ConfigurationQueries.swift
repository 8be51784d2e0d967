import PostgreSQL

/// What applying asks of the database beside the stores' statements.
public enum ConfigurationQueries {
    /// Lets one application of a document run at a time, over all processes, until the transaction ends.
    static func takeTurn() -> Statement<Void> {
        Statement("api.configuration.turn", "SELECT pg_advisory_xact_lock(7089336938131513)")
    }

    /// The transaction's number, by which notifications tell what they are about.
    static func transaction() -> Statement<String> {
        Statement("api.configuration.transaction", "SELECT pg_current_xact_id()::text") { row throws(PostgresError) in
            try row.string(0)
        }
    }

    /// Tells that this process goes by what a transaction wrote.
    public static func tellTakenOver(_ transaction: String) -> Statement<Void> {
        Statement(
            "api.configuration.taken-over",
            "SELECT pg_notify(\(ConfigurationChannels.takenOver), \(transaction))"
        )
    }

    /// How many servers listen for changes of the configuration.
    public static func listeners() -> Statement<Int64> {
        Statement(
            "api.configuration.listeners",
            """
            SELECT count(*) FROM pg_stat_activity
            WHERE datname = current_database() AND application_name = \(ConfigurationChannels.listener)
            """
        ) { row throws(PostgresError) in try row.int64(0) }
    }

    /// Every statement, for the test that prepares them.
    static let all: [AnyStatement] = [
        AnyStatement(takeTurn()), AnyStatement(transaction()), AnyStatement(tellTakenOver("")),
        AnyStatement(listeners()),
    ]
}

/// How processes tell each other of changes to the configuration.
public enum ConfigurationChannels {
    /// Somebody committed a change; the payload is the transaction and the process that wrote, which may be empty.
    public static let changed = "plantwright_configuration"
    /// A server goes by it; the payload is the transaction.
    public static let takenOver = "plantwright_configured"
    /// What a listening server's connection is called.
    public static let listener = "plantwright-listener"
    /// The setting of a connection that says which process writes.
    public static let process = "plantwright.process"
}
