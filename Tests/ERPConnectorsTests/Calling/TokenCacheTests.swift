import HTTPClient
import Primitives
import Synchronization
import TestSupport
import Testing

@testable import ERPConnectors

/// Access tokens of an OAuth 2 client, at a pretended token server.
@Suite(.timeLimit(.minutes(1))) struct TokenCacheTests {
    /// A token server and an ERP that takes its newest token only.
    private final class Servers: Sendable {
        struct State {
            var forms: [String] = []
            var tokens = 0
            var calls: [String] = []
            /// What the next calls to the ERP are answered with, whatever their token.
            var refusals = 0
        }

        let state = Mutex(State())
        let life: Int?
        let answer: OutboundResponse?
        let gate: Gate?

        init(life: Int? = 3_600, answer: OutboundResponse? = nil, gate: Gate? = nil) {
            self.life = life
            self.answer = answer
            self.gate = gate
        }

        func send(_ request: OutboundRequest) async throws(OutboundError) -> OutboundResponse {
            if request.url == "https://login.test/token" {
                if let gate { await gate.wait() }
                return token(String(decoding: request.body, as: UTF8.self))
            }
            let sent = request.headers.first { $0.name == "Authorization" }?.value ?? ""
            return state.withLock { state in
                state.calls.append(sent)
                if state.refusals > 0 {
                    state.refusals -= 1
                    return OutboundResponse(status: 401)
                }
                // An ERP that repeats what it was sent.
                return OutboundResponse(status: 200, body: Array("you sent \(sent)".utf8))
            }
        }

        private func token(_ form: String) -> OutboundResponse {
            state.withLock { state in
                state.forms.append(form)
                if let answer { return answer }
                state.tokens += 1
                let expiry = life.map { #","expires_in":\#($0)"# } ?? ""
                let body = #"{"access_token":"token-number-\#(state.tokens)","token_type":"Bearer"\#(expiry)}"#
                return OutboundResponse(status: 200, body: Array(body.utf8))
            }
        }

        func caller() -> ERPCaller {
            let client = OAuth2Client(
                tokenURL: "https://login.test/token",
                clientID: "plant & wright",
                clientSecret: Redacted("the=secret&of the client"),
                scope: "api.read api.write"
            )
            return ERPCaller(credentials: .oauth2(client)) { [self] (request) throws(OutboundError) in
                try await send(request)
            }
        }
    }

    /// Lets nobody through before it is opened.
    private final class Gate: Sendable {
        private let isOpen = Watched(false)

        func wait() async { await isOpen.wait { $0 } }

        func open() { isOpen.change { $0 = true } }
    }

    private let request = RenderedRequest(method: "GET", url: "https://erp.test/orders", headers: [], body: nil)

    private func ask(_ caller: ERPCaller) async -> (answer: ERPCaller.Answer, trace: CallTrace) {
        var trace = CallTrace()
        let answer = await caller.answer(to: request, as: .question, trace: &trace)
        return (answer, trace)
    }

    @Test func manyCallersFetchOneToken() async {
        let gate = Gate()
        let servers = Servers(gate: gate)
        let caller = servers.caller()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<20 { group.addTask { _ = await ask(caller) } }
            group.addTask { gate.open() }
        }
        servers.state.withLock { state in
            #expect(state.forms.count == 1)
            #expect(state.calls == Array(repeating: "Bearer token-number-1", count: 20))
        }
    }

    @Test func theFormIsThatOfClientCredentials() async {
        let servers = Servers()
        _ = await ask(servers.caller())
        #expect(
            servers.state.withLock(\.forms) == [
                "grant_type=client_credentials&scope=api.read%20api.write&client_id=plant%20%26%20wright"
                    + "&client_secret=the%3Dsecret%26of%20the%20client"
            ]
        )
    }

    @Test func aTokenIsRenewedBeforeItExpires() async {
        // Within the last half minute of its life a token is not used any more.
        let short = Servers(life: 20)
        let caller = short.caller()
        _ = await ask(caller)
        _ = await ask(caller)
        #expect(short.state.withLock(\.calls) == ["Bearer token-number-1", "Bearer token-number-2"])
        for life in [120, nil] {
            let long = Servers(life: life)
            let caller = long.caller()
            _ = await ask(caller)
            _ = await ask(caller)
            #expect(long.state.withLock(\.tokens) == 1)
        }
    }

    @Test func aRefusedTokenIsForgottenAndTheRequestGoesOutOnceMore() async {
        let servers = Servers()
        let caller = servers.caller()
        _ = await ask(caller)
        servers.state.withLock { $0.refusals = 1 }
        let (answer, trace) = await ask(caller)
        #expect((try? answer.get().status) == 200)
        #expect(trace.records.map(\.status) == [401, 200])
        #expect(
            servers.state.withLock(\.calls) == [
                "Bearer token-number-1", "Bearer token-number-1", "Bearer token-number-2",
            ]
        )
        servers.state.withLock { $0.refusals = 2 }
        #expect((try? await ask(caller).answer.get().status) == 401, "not for ever")
    }

    @Test func aRefusalOfTheTokenServerCanBeRead() async {
        let body = #"{"error":"invalid_client","error_description":"Client authentication failed"}"#
        let servers = Servers(answer: OutboundResponse(status: 401, body: Array(body.utf8)))
        var trace = CallTrace()
        let end = await servers.caller().change(request, trace: &trace)
        guard case .transient(let failure) = end else {
            Issue.record("\(end)")
            return
        }
        #expect(failure.detail == "The token server answered 401: Client authentication failed")
        #expect(servers.state.withLock(\.calls).isEmpty)
        let page = Servers(answer: OutboundResponse(status: 200, body: Array("<html>".utf8)))
        guard case .failure(let error) = await ask(page.caller()).answer else {
            Issue.record("took a page for a token")
            return
        }
        #expect(!error.mayHaveReachedServer && error.detail.contains("not JSON"))
    }

    @Test func noSecretIsInATrace() async {
        let (answer, trace) = await ask(Servers().caller())
        #expect((try? answer.get().body.count) ?? 0 > 0)
        let text = trace.records.map { "\($0.request) \($0.response ?? "")" }.joined()
        #expect(text.contains("you sent (redacted)"))
        #expect(!text.contains("token-number") && !text.contains("the=secret"))
    }
}
