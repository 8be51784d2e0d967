import Foundation
import PostgreSQL
import Primitives
import Secrets
import Synchronization
import TestSupport
import Testing

@testable import Accounts

/// A clock that stands still until it is moved.
private final class TestClock: Sendable {
    private let time = Mutex(Timestamp(milliseconds: 1_795_362_847_000))

    var clock: WallClock { WallClock { self.time.withLock { $0 } } }

    func advance(_ seconds: Double) {
        time.withLock { $0 = $0.adding(seconds: seconds) }
    }
}

@Suite struct AccountStoreTests {
    private let time = TestClock()

    private func store(_ pool: PostgresPool) -> AccountStore {
        AccountStore(database: pool, clock: time.clock, identifiers: .system, random: .system)
    }

    private func withStore(_ body: (AccountStore, PostgresPool) async throws -> Void) async throws {
        try await TemporaryPostgreSQL.withMigratedPool { pool in try await body(store(pool), pool) }
    }

    @Test func allStatementsFitTheSchema() async throws {
        try await assertPreparable(AccountQueries.all, on: TemporaryPostgreSQL.shared().migratedDatabase())
    }

    // MARK: Users

    @Test func anAddressIsUniqueRegardlessOfCase() async throws {
        try await withStore { store, _ in
            let user = try await store.createUser(email: "  Jo@Example.com ", role: .operator)
            #expect(user.email == "Jo@Example.com")
            let error = await #expect(throws: ResourceFailure.self) {
                try await store.createUser(email: "jo@example.com", role: .admin)
            }
            guard case .conflict("email-taken", _)? = error else {
                Issue.record("unexpected: \(String(describing: error))")
                return
            }
            let users = try await store.users()
            #expect(users == [user])
        }
    }

    @Test func ensuringAUserRestoresTheirAccess() async throws {
        try await withStore { store, _ in
            let first = try await store.ensureUser(email: "a@b", role: .viewer)
            try await store.setDisabled(true, user: first.id)
            let again = try await store.ensureUser(email: "A@B", role: .admin)
            #expect(again.id == first.id)
            #expect(again.role == .admin)
            #expect(again.disabledAt == nil)
        }
    }

    @Test(arguments: ["", "a", "a@", "@b", "a@b@c", "a b@c", "a@b\nc", String(repeating: "x", count: 253) + "@b"])
    func refusesWhatIsNoAddress(email: String) async throws {
        try await withStore { store, _ in
            await #expect(throws: InvalidInput.self) { try await store.createUser(email: email, role: .viewer) }
        }
    }

    @Test func unknownUsersAndTokensAreNotFound() async throws {
        try await withStore { store, _ in
            let id = IdentifierSource.system.next()
            await #expect(throws: ResourceFailure.self) { try await store.setRole(.admin, ofUser: id) }
            await #expect(throws: ResourceFailure.self) { try await store.setDisabled(true, user: id) }
            await #expect(throws: ResourceFailure.self) { try await store.createSignInLink(user: id) }
            await #expect(throws: ResourceFailure.self) { try await store.revokeToken(id) }
        }
    }

    @Test func theLastAdminStays() async throws {
        try await withStore { store, _ in
            let first = try await store.createUser(email: "a@b", role: .admin)
            let second = try await store.createUser(email: "c@d", role: .viewer)
            for attempt in 0..<3 {
                let error = await #expect(throws: ResourceFailure.self) {
                    switch attempt {
                    case 0: try await store.setRole(.operator, ofUser: first.id)
                    case 1: try await store.setDisabled(true, user: first.id)
                    default: try await store.removeUser(first.id)
                    }
                }
                guard case .conflict("last-admin", _)? = error else {
                    Issue.record("unexpected: \(String(describing: error))")
                    continue
                }
            }
            try await store.setRole(.admin, ofUser: second.id)
            // Both at once: one of them stays.
            let outcomes = await withTaskGroup(of: Bool.self) { group in
                for user in [first, second] {
                    group.addTask { (try? await store.setRole(.viewer, ofUser: user.id)) != nil }
                }
                return await group.reduce(into: []) { $0.append($1) }
            }
            #expect(outcomes.count { $0 } == 1)
        }
    }

    @Test func revocationsAreTold() async throws {
        try await withStore { store, _ in
            let told = Mutex(0)
            store.onRevocation { told.withLock { $0 += 1 } }
            let token = try await store.createToken(name: "t", role: .viewer, by: "a@b")
            #expect(try await store.authenticate(token: token.secret) != nil)
            #expect(try await store.tokens().first?.lastUsedAt == time.clock.now)
            #expect(try await store.tokens().first?.createdBy == "a@b")
            try await store.revokeToken(token.token.id)
            #expect(told.withLock { $0 } == 1)
            #expect(try await store.authenticate(token: token.secret) == nil)
        }
    }

    // MARK: Signing in

    @Test func aLinkOpensOneSessionOnce() async throws {
        try await withStore { store, _ in
            let user = try await store.createUser(email: "a@b", role: .operator)
            let link = try await store.createSignInLink(user: user.id)
            let signedIn = try #require(try await store.signIn(linkToken: link.secret))
            #expect(signedIn.principal == Principal(id: user.id, name: "a@b", role: .operator, kind: .user))
            #expect(signedIn.expiresAt == time.clock.now.adding(seconds: 12 * 3_600))
            let again = try await store.signIn(linkToken: link.secret)
            #expect(again == nil)
            let principal = try await store.authenticate(session: signedIn.token)
            #expect(principal == signedIn.principal)
        }
    }

    @Test func manyWhoPresentALinkAtOnceGetOneSession() async throws {
        try await withStore { store, _ in
            let user = try await store.createUser(email: "a@b", role: .viewer)
            let link = try await store.createSignInLink(user: user.id)
            let opened = try await withThrowingTaskGroup(of: Bool.self) { group in
                for _ in 0..<12 { group.addTask { try await store.signIn(linkToken: link.secret) != nil } }
                return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            #expect(opened == 1)
        }
    }

    @Test func aLinkExpires() async throws {
        try await withStore { store, _ in
            let user = try await store.createUser(email: "a@b", role: .viewer)
            let short = try await store.createSignInLink(user: user.id)
            let long = try await store.createSignInLink(user: user.id, validFor: 86_400)
            #expect(short.expiresAt == time.clock.now.adding(seconds: 900))
            time.advance(900)
            let late = try await store.signIn(linkToken: short.secret)
            let inTime = try await store.signIn(linkToken: long.secret)
            #expect(late == nil)
            #expect(inTime != nil)
        }
    }

    @Test(arguments: ["", "x", "pwl_" + String(repeating: "a", count: 52), "pwt_" + String(repeating: "a", count: 52)])
    func whatIsNoLinkOpensNothing(text: String) async throws {
        try await withStore { store, _ in
            let signedIn = try await store.signIn(linkToken: text)
            #expect(signedIn == nil)
            let session = try await store.authenticate(session: text)
            #expect(session == nil)
            let token = try await store.authenticate(token: text)
            #expect(token == nil)
        }
    }

    @Test func aDisabledUserCanNeitherSignInNorGoOn() async throws {
        try await withStore { store, _ in
            let user = try await store.createUser(email: "a@b", role: .viewer)
            let link = try await store.createSignInLink(user: user.id)
            let other = try await store.createSignInLink(user: user.id)
            let signedIn = try #require(try await store.signIn(linkToken: link.secret))
            _ = try await store.authenticate(session: signedIn.token)
            try await store.setDisabled(true, user: user.id)
            let session = try await store.authenticate(session: signedIn.token)
            #expect(session == nil)
            let again = try await store.signIn(linkToken: other.secret)
            #expect(again == nil)
            await #expect(throws: ResourceFailure.self) { try await store.createSignInLink(user: user.id) }
            try await store.setDisabled(false, user: user.id)
            let ended = try await store.authenticate(session: signedIn.token)
            #expect(ended == nil)
        }
    }

    // MARK: Sessions

    private func session(_ store: AccountStore) async throws -> SignedIn {
        let user = try await store.createUser(email: "a@b", role: .viewer)
        let link = try await store.createSignInLink(user: user.id)
        return try #require(try await store.signIn(linkToken: link.secret))
    }

    @Test func aSessionEndsWhenNobodyUsesIt() async throws {
        try await withStore { store, _ in
            let signedIn = try await session(store)
            time.advance(12 * 3_600 - 1)
            let used = try await store.authenticate(session: signedIn.token)
            #expect(used != nil)
            time.advance(12 * 3_600 - 1)
            let usedAgain = try await store.authenticate(session: signedIn.token)
            #expect(usedAgain != nil)
            time.advance(12 * 3_600)
            let unused = try await store.authenticate(session: signedIn.token)
            #expect(unused == nil)
        }
    }

    @Test func aSessionEndsAfterThirtyDaysHoweverMuchItIsUsed() async throws {
        try await withStore { store, _ in
            let signedIn = try await session(store)
            for _ in 0..<(30 * 4 - 1) {
                time.advance(6 * 3_600)
                let principal = try await store.authenticate(session: signedIn.token)
                #expect(principal != nil)
            }
            time.advance(6 * 3_600)
            let ended = try await store.authenticate(session: signedIn.token)
            #expect(ended == nil)
        }
    }

    @Test func signingOutEndsTheSessionAtOnce() async throws {
        try await withStore { store, _ in
            let signedIn = try await session(store)
            _ = try await store.authenticate(session: signedIn.token)
            try await store.signOut(session: signedIn.token)
            let principal = try await store.authenticate(session: signedIn.token)
            #expect(principal == nil)
            try await store.signOut(session: signedIn.token)
            try await store.signOut(session: "nonsense")
        }
    }

    @Test func whatEndedIsRemoved() async throws {
        try await withStore { store, pool in
            let signedIn = try await session(store)
            time.advance(30 * 86_400)
            try await store.removeExpired()
            let count = Statement(
                "count",
                "SELECT (SELECT count(*) FROM session) + (SELECT count(*) FROM sign_in_link)"
            ) {
                try $0.int(0)
            }
            let left = try await pool.first(count)
            #expect(left == 0)
            let principal = try await store.authenticate(session: signedIn.token)
            #expect(principal == nil)
        }
    }

    // MARK: Tokens

    @Test func aTokenWorksAtOnceEvenAfterARefusal() async throws {
        try await withStore { store, pool in
            let other = self.store(pool)
            let created = try await other.createToken(name: " ci ", role: .operator)
            #expect(created.token.name == "ci")
            let principal = try await store.authenticate(token: created.secret)
            #expect(principal == Principal(id: created.token.id, name: "ci", role: .operator, kind: .token))
            let tokens = try await store.tokens()
            var used = created.token
            used.lastUsedAt = time.clock.now
            #expect(tokens == [used])
        }
    }

    @Test func aRevocationTakesEffectAtOnceHereAndSoonElsewhere() async throws {
        try await withStore { store, pool in
            let other = self.store(pool)
            let created = try await store.createToken(name: "ci", role: .viewer)
            _ = try await store.authenticate(token: created.secret)
            _ = try await other.authenticate(token: created.secret)
            try await store.revokeToken(created.token.id)
            let here = try await store.authenticate(token: created.secret)
            #expect(here == nil)
            let elsewhere = try await other.authenticate(token: created.secret)
            #expect(elsewhere != nil)
            time.advance(2)
            let later = try await other.authenticate(token: created.secret)
            #expect(later == nil)
            try await store.revokeToken(created.token.id)
            let tokens = try await store.tokens()
            #expect(tokens.map(\.revokedAt) == [time.clock.now.adding(seconds: -2)])
        }
    }

    @Test func aRoleChangeTakesEffectAtOnce() async throws {
        try await withStore { store, _ in
            let signedIn = try await session(store)
            _ = try await store.authenticate(session: signedIn.token)
            try await store.setRole(.admin, ofUser: signedIn.principal.id)
            let principal = try await store.authenticate(session: signedIn.token)
            #expect(principal?.role == .admin)
        }
    }

    @Test func theDatabaseHoldsNoSecret() async throws {
        try await withStore { store, pool in
            let signedIn = try await session(store)
            let created = try await store.createToken(name: "ci", role: .viewer)
            let everything = Statement(
                "everything",
                "SELECT session::text FROM session UNION ALL SELECT api_token::text FROM api_token UNION ALL SELECT sign_in_link::text FROM sign_in_link"
            ) { try $0.string(0) }
            let text = try await pool.query(everything).joined()
            let hexadecimal = { (secret: String) in secret.utf8.map { String($0, radix: 16) }.joined() }
            for secret in [signedIn.token, created.secret] {
                #expect(!text.contains(secret) && !text.contains(hexadecimal(secret)))
            }
        }
    }

    @Test(arguments: ["", "   ", String(repeating: "x", count: 256), "a\0b"])
    func refusesNamesOfTokensThatAreNone(name: String) async throws {
        try await withStore { store, _ in
            await #expect(throws: InvalidInput.self) { try await store.createToken(name: name, role: .viewer) }
        }
    }
}
