import PostgreSQL

/// Tells failures at start that waiting cannot mend from those that it can.
enum StartFailure {
    static func isFinal(_ error: any Error) -> Bool {
        switch error {
        case MigrationError.database(let error): !error.isTransient
        case is MigrationError: true
        case let error as PostgresError: !error.isTransient
        default: false
        }
    }
}
