import Foundation
import HTTPClient
import Primitives
import Synchronization

/// Calls Tryton in a session, which it opens when there is none and again when Tryton has forgotten it.
///
/// The session is kept in memory only.
final class TrytonClient: Sendable {
    let requests: TrytonRequests
    private let caller: ERPCaller
    private let user: String
    private let password: Redacted<String>
    private let session = Mutex<Redacted<String>?>(nil)
    private let opening = AsyncLock()

    init(_ requests: TrytonRequests, _ caller: ERPCaller, user: String, password: Redacted<String>) {
        self.requests = requests
        self.caller = caller
        self.user = user
        self.password = password
    }

    /// Asks something.
    func ask(_ request: RenderedRequest, _ trace: inout CallTrace) async throws(TrytonFailure) -> JSONValue {
        switch try await answer(request, .question, &trace) {
        case .result(let result): return result
        case .failed(let failure): throw failure
        case .unclear(let failure): throw .transient(failure)
        case .notSignedIn: throw Self.sessionRefused
        }
    }

    /// Sends a change, once; a session that is gone is opened again before, and then the change had not begun.
    func change(_ request: RenderedRequest, _ trace: inout CallTrace) async -> TrytonChange {
        do throws(TrytonFailure) {
            switch try await answer(request, .change, &trace) {
            case .result(let result): return .done(result)
            case .failed(let error): return error.isPermanent ? .refused(error.failure) : .transient(error.failure)
            case .unclear(let failure): return .uncertain(failure)
            case .notSignedIn: return .transient(Self.sessionRefused.failure)
            }
        } catch {
            return error.isPermanent ? .refused(error.failure) : .transient(error.failure)
        }
    }

    /// The server's version: `6.0.29`.
    func version(_ trace: inout CallTrace) async throws(TrytonFailure) -> String {
        let answer = await caller.answer(
            to: requests.version,
            as: .question,
            authorization: .none,
            trace: &trace
        )
        switch TrytonAnswer(answer) {
        case .result(.string(let text)): return String(text.prefix(40))
        case .result, .notSignedIn:
            throw .permanent("not-tryton", "What answers at this address is not Tryton.")
        case .failed(let failure): throw failure
        case .unclear(let failure): throw .transient(failure)
        }
    }

    /// Opens a session, if there is none.
    func signIn(_ trace: inout CallTrace) async throws(TrytonFailure) { _ = try await authorization(&trace) }

    private func answer(
        _ request: RenderedRequest,
        _ purpose: ERPCaller.Purpose,
        _ trace: inout CallTrace
    ) async throws(TrytonFailure) -> TrytonAnswer {
        let known = try await authorization(&trace)
        let first = await send(request, purpose, known, &trace)
        guard first == .notSignedIn else { return first }
        // Tryton looks at the session before anything else, so the call had not begun.
        forget(known)
        return await send(request, purpose, try await authorization(&trace), &trace)
    }

    private func send(
        _ request: RenderedRequest,
        _ purpose: ERPCaller.Purpose,
        _ session: Redacted<String>,
        _ trace: inout CallTrace
    ) async -> TrytonAnswer {
        TrytonAnswer(
            await caller.answer(
                to: request,
                as: purpose,
                authorization: .fields([("Authorization", session)]),
                trace: &trace
            )
        )
    }

    private var recalled: Redacted<String>? {
        @inline(never) get { session.withLock { $0 } }  // see “Mutexes and suspensions” in docs/architecture.md
    }

    @inline(never)
    private func remember(_ fresh: Redacted<String>) {
        session.withLock { $0 = fresh }
    }

    /// Forgets a session, unless there is a newer one already.
    @inline(never)
    private func forget(_ old: Redacted<String>) {
        session.withLock { if $0 == old { $0 = nil } }
    }

    private func authorization(_ trace: inout CallTrace) async throws(TrytonFailure) -> Redacted<String> {
        if let known = recalled { return known }
        do {
            return try await opening.withLock {
                if let known = recalled { return known }
                let fresh = try await open(&trace)
                remember(fresh)
                return fresh
            }
        } catch let failure as TrytonFailure {
            throw failure
        } catch {
            throw Self.sessionRefused
        }
    }

    private func open(_ trace: inout CallTrace) async throws(TrytonFailure) -> Redacted<String> {
        let answer = await caller.answer(
            to: requests.login(user, password),
            as: .question,
            authorization: .none,
            showsAnswer: false,
            trace: &trace
        )
        if case .success(let response) = answer, response.status == 404 {
            throw Self.waiting("unknown-database", "Tryton has no database “\(requests.options.database)”.")
        }
        switch TrytonAnswer(answer) {
        case .result(let result):
            guard let parts = result.array, parts.count >= 2, let number = parts[0].integer, let key = parts[1].string
            else { throw Self.waiting("credentials", "Tryton gave no session for this login.") }
            let text = Data("\(user):\(number):\(key)".utf8).base64EncodedString()
            return Redacted("Session " + text)
        case .notSignedIn:
            throw .permanent("credentials", "Tryton does not accept the login “\(user)” with this password (401).")
        case .failed(let error) where error.failure.detail.contains("doesn't exist!"):
            throw Self.waiting("unknown-database", "Tryton has no database “\(requests.options.database)”.")
        case .failed(let error): throw .transient(error.failure)
        case .unclear(let failure): throw .transient(failure)
        }
    }

    // What an admin must put right: until then deliveries wait.
    private static func waiting(_ reason: String, _ detail: String) -> TrytonFailure {
        .transient(CallFailure(reason: reason, detail: detail))
    }

    private static let sessionRefused = waiting("session", "Tryton does not keep the session that it gave.")
}
