import PostgreSQL
import Primitives
import Secrets
import Synchronization

/// Users, their sign-in links and sessions, and API tokens.
///
/// Only SHA-256 hashes of secrets are stored.
///
/// Methods throw ``InvalidInput`` for what people typed wrong, ``ResourceFailure`` for what does not fit what is stored,
/// and ``PostgresError``.
public final class AccountStore: Sendable {
    /// How long things are valid.
    public struct Lifetimes: Sendable {
        /// Of a sign-in link, in seconds.
        public var signInLink = 15.0 * 60
        /// Of a session that nobody uses, in seconds.
        public var idleSession = 12.0 * 3_600
        /// Of a session however much it is used, in seconds.
        public var session = 30.0 * 86_400
        /// For which a proof of identity is believed without asking the database again, in seconds: the time that a
        /// revocation by another process takes.
        public var cachedProof = 2.0

        /// Makes the default lifetimes.
        public init() {}
    }

    let database: any PostgresDatabase
    let clock: WallClock
    let identifiers: IdentifierSource
    let random: RandomSource
    let lifetimes: Lifetimes
    let cache: PrincipalCache
    private let observers = Mutex<[@Sendable () -> Void]>([])

    /// Makes a store.
    ///
    /// - Parameters:
    ///   - database: where the accounts are.
    ///   - clock: tells when things begin and end.
    ///   - identifiers: where new identifiers come from.
    ///   - random: where secrets come from.
    ///   - lifetimes: how long things are valid.
    public init(
        database: any PostgresDatabase,
        clock: WallClock,
        identifiers: IdentifierSource,
        random: RandomSource,
        lifetimes: Lifetimes = Lifetimes()
    ) {
        self.database = database
        self.clock = clock
        self.identifiers = identifiers
        self.random = random
        self.lifetimes = lifetimes
        cache = PrincipalCache(lifetime: lifetimes.cachedProof, capacity: 1_000)
    }

    /// The channel on which processes tell each other that somebody lost an access.
    public static let revocationChannel = "plantwright_accounts"

    /// Has something done whenever somebody may have lost an access: a session, a token, a role.
    public func onRevocation(_ act: @escaping @Sendable () -> Void) {
        observers.withLock { $0.append(act) }
    }

    /// Asks the database again for every proof of identity; another process has taken an access away.
    public func forgetProofs() {
        cache.removeAll()
        for act in observers.withLock({ $0 }) { act() }
    }

    /// Takes an access away at once here, and in other processes as soon as they hear of it.
    func tellRevoked() async throws {
        forgetProofs()
        try await database.execute(SessionQueries.tellRevoked())
    }

    /// Removes sessions and links that ended; call it now and then.
    public func removeExpired() async throws {
        try await database.execute(AccountQueries.removeExpiredSessions(now: clock.now))
        try await database.execute(AccountQueries.removeExpiredLinks(now: clock.now))
    }
}
