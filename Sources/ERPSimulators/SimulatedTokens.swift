import Primitives
import Synchronization

/// Access tokens of an OAuth 2 server that takes client credentials (RFC 6749 section 4.4); the account's secret also
/// passes as a token of its own.
final class SimulatedTokens: Sendable {
    private struct State {
        var valid: Set<String> = []
        var count = 0
    }

    private let account: SimulatedAccount
    private let state = Mutex(State())

    init(_ account: SimulatedAccount) { self.account = account }

    /// Whether a request carries a valid token.
    func admits(_ request: SimulatedRequest) -> Bool {
        guard let header = request.header("authorization"), header.hasPrefix("Bearer ") else { return false }
        let token = String(header.dropFirst("Bearer ".count))
        return token == account.secret.reveal() || state.withLock { $0.valid.contains(token) }
    }

    /// Answers the token endpoint: any path that ends in `/token`; nil for other requests.
    func answer(_ request: SimulatedRequest) -> SimulatedResponse? {
        guard request.method == "POST", request.segments.last == "token" else { return nil }
        let form = SimulatedRequest(method: "GET", target: "/?" + String(decoding: request.body, as: UTF8.self))
        guard form.parameter("grant_type") == "client_credentials", form.parameter("client_id") == account.name,
            form.parameter("client_secret") == account.secret.reveal()
        else {
            return .json(
                ["error": "invalid_client", "error_description": "The client's secret is not valid."],
                status: 401
            )
        }
        let token = state.withLock { state in
            state.count += 1
            let token = "token-\(state.count)-of-the-simulator"
            state.valid.insert(token)
            return token
        }
        return .json(["access_token": .string(token), "token_type": "Bearer", "expires_in": 3_599])
    }

    /// Whether a request changes something: asking for a token does not.
    static let isChange: @Sendable (SimulatedRequest) -> Bool = { $0.method != "GET" && $0.segments.last != "token" }

    /// Every token that was given is no longer valid.
    func revoke() { state.withLock { $0.valid = [] } }
}
