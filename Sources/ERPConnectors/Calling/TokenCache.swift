import Foundation
import HTTPClient
import Primitives
import Synchronization

/// Keeps the access token of an OAuth 2 client until shortly before it expires (RFC 6749 sections 4.4 and 5).
///
/// Of many calls at once only one fetches a new token.
final class TokenCache: Sendable {
    private struct Token {
        var value: Redacted<String>
        var expiresAt: ContinuousClock.Instant
    }

    /// A token is not used in the last seconds of its life: the ERP's clock and the way there take some.
    private static let margin = Duration.seconds(30)
    private static let usualLife = 300.0

    private let client: OAuth2Client
    private let send: ERPCaller.Send
    private let timeout: Duration
    private let token = Mutex<Token?>(nil)
    private let fetching = AsyncLock()
    private let clock = ContinuousClock()

    init(_ client: OAuth2Client, timeout: Duration, send: @escaping ERPCaller.Send) {
        self.client = client
        self.timeout = timeout
        self.send = send
    }

    /// A token that is good now.
    ///
    /// - Throws: ``CallFailure`` with reason `token-refused`, or that of the call.
    func value() async throws(CallFailure) -> Redacted<String> {
        if let known { return known }
        do {
            return try await fetching.withLock {
                if let known { return known }
                let fresh = try await fetch()
                token.withLock { $0 = fresh }
                return fresh.value
            }
        } catch let failure as CallFailure {
            throw failure
        } catch {
            throw CallFailure(reason: "token-failed", detail: "The access token could not be fetched.")
        }
    }

    /// Forgets a token that the ERP did not accept.
    func forget(_ value: Redacted<String>) {
        token.withLock { if $0?.value == value { $0 = nil } }
    }

    private var known: Redacted<String>? {
        token.withLock { token in
            guard let token, token.expiresAt - clock.now > Self.margin else { return nil }
            return token.value
        }
    }

    private func fetch() async throws(CallFailure) -> Token {
        var form = [("grant_type", "client_credentials")]
        if let scope = client.scope { form.append(("scope", scope)) }
        form += [("client_id", client.clientID), ("client_secret", client.clientSecret.reveal())]
        let body = form.map { "\($0)=\(PercentEncoding.encode($1))" }.joined(separator: "&")
        let begun = clock.now
        let request = OutboundRequest(
            method: "POST",
            url: client.tokenURL,
            headers: [
                OutboundHeader("Content-Type", "application/x-www-form-urlencoded"),
                OutboundHeader("Accept", "application/json"),
            ],
            body: Array(body.utf8),
            timeout: timeout
        )
        let response: OutboundResponse
        do throws(OutboundError) {
            response = try await send(request)
        } catch {
            throw CallFailure(reason: error.kind.rawValue, detail: "The token server: \(error.detail)")
        }
        guard let document = try? JSONValue(parsing: response.body) else {
            throw CallFailure(reason: "token-failed", detail: "The token server's answer is not JSON.")
        }
        guard (200..<300).contains(response.status), let value = document["access_token"]?.string, !value.isEmpty else {
            let error = document["error_description"]?.string ?? document["error"]?.string ?? "no reason given"
            let detail = "The token server answered \(response.status): \(String(error.prefix(300)).withoutNUL)"
            throw CallFailure(reason: "token-refused", detail: detail, retryAfter: RetryAfter.seconds(in: response))
        }
        let life = document["expires_in"]?.double ?? document["expires_in"]?.string.flatMap(Double.init)
        let seconds = min(max(life ?? Self.usualLife, 0), 86_400)
        return Token(value: Redacted(value), expiresAt: begun + .seconds(seconds))
    }
}
