import HTTPClient
import Primitives
import Synchronization

/// The session that changing requests need: a CSRF token and the cookies it is bound to.
///
/// Kept in memory only; a lost one is fetched again. Of many calls at once only one fetches.
final class SAPSession: Sendable {
    /// What SAP gave.
    struct Pass: Hashable, Sendable {
        var token: Redacted<String>?
        var cookies: Redacted<String>?

        /// Reads the token and all cookies of an answer to `x-csrf-token: Fetch`.
        init(_ response: OutboundResponse) {
            token = response.header("x-csrf-token").flatMap { $0.isEmpty ? nil : Redacted($0) }
            let pairs = response.headers.filter { $0.name.lowercased() == "set-cookie" }
                .compactMap { $0.value.split(separator: ";").first?.trimmed }
            cookies = pairs.isEmpty ? nil : Redacted(pairs.joined(separator: "; "))
        }

        /// What a changing request carries beside the credentials.
        var fields: [(name: String, value: Redacted<String>)] {
            var fields: [(name: String, value: Redacted<String>)] = []
            if let token { fields.append(("x-csrf-token", token)) }
            if let cookies { fields.append(("Cookie", cookies)) }
            return fields
        }
    }

    private let pass = Mutex<Pass?>(nil)
    private let fetching = AsyncLock()

    /// The pass at hand, or one that `fetch` gets.
    func current(
        _ fetch: () async -> Result<Pass, SAPRefusal>
    ) async -> Result<Pass, SAPRefusal> {
        if let known { return .success(known) }
        return await fetching.withLock {
            if let known { return .success(known) }
            let fresh = await fetch()
            if case .success(let value) = fresh { pass.withLock { $0 = value } }
            return fresh
        }
    }

    /// Forgets a pass that SAP no longer takes.
    func forget(_ old: Pass) {
        pass.withLock { if $0 == old { $0 = nil } }
    }

    private var known: Pass? { pass.withLock { $0 } }
}

extension Substring {
    fileprivate var trimmed: String {
        var text = self
        while text.first?.isWhitespace == true { text.removeFirst() }
        while text.last?.isWhitespace == true { text.removeLast() }
        return String(text)
    }
}
