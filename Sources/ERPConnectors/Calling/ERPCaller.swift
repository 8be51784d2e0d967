import HTTPClient
import Primitives

/// Makes the calls of one connector: adds its credentials, and notes every exchange without secrets.
public struct ERPCaller: Sendable {
    /// How requests are sent.
    public typealias Send = @Sendable (OutboundRequest) async throws(OutboundError) -> OutboundResponse
    /// An answer of any status, or why there is none.
    public typealias Answer = Result<OutboundResponse, OutboundError>

    /// Whether a request changes something in the ERP.
    public enum Purpose: Sendable {
        case question
        case change
    }

    /// Who a request says that it comes from.
    public enum Authorization: Sendable {
        /// The credentials as they are.
        case standard
        /// Nobody: requests that fetch a session, or carry the credentials in their body.
        case none
        /// Header fields that the kind makes of the credentials or a session.
        case fields([(name: String, value: Redacted<String>)])
        /// The credentials as they are, and header fields of a session beside them.
        case session([(name: String, value: Redacted<String>)])
    }

    /// The credentials, for kinds with a way of their own to show them.
    public let credentials: ConnectorCredentials
    private let timeouts: CallTimeouts
    private let send: Send
    private let tokens: TokenCache?

    /// Makes a caller.
    public init(
        credentials: ConnectorCredentials,
        timeouts: CallTimeouts = CallTimeouts(),
        send: @escaping Send
    ) {
        self.credentials = credentials
        self.timeouts = timeouts
        self.send = send
        if case .oauth2(let client) = credentials {
            tokens = TokenCache(client, timeout: timeouts.question, send: send)
        } else {
            tokens = nil
        }
    }

    /// Sends a request once and notes the exchange.
    ///
    /// A 401 to an access token means that nothing was done and the token is too old: the request goes out once more
    /// with a fresh one.
    ///
    /// - Parameters:
    ///   - request: what to send; a ``RenderedRequest/secretBody`` is sent and not noted.
    ///   - purpose: sets the time limit.
    ///   - authorization: who it says that it comes from.
    ///   - showsAnswer: whether the answer's body may be noted; not for answers that hold a session.
    ///   - trace: where the exchange is noted.
    /// - Returns: the answer, of any status.
    public func answer(
        to request: RenderedRequest,
        as purpose: Purpose,
        authorization: Authorization = .standard,
        showsAnswer: Bool = true,
        trace: inout CallTrace
    ) async -> Answer {
        let answer = await once(request, purpose, authorization, showsAnswer, &trace)
        guard tokens != nil, case .success(let response) = answer, response.status == 401 else { return answer }
        switch authorization {
        case .none, .fields: return answer
        case .standard, .session: return await once(request, purpose, authorization, showsAnswer, &trace)
        }
    }

    private func once(
        _ request: RenderedRequest,
        _ purpose: Purpose,
        _ authorization: Authorization,
        _ showsAnswer: Bool,
        _ trace: inout CallTrace
    ) async -> Answer {
        var secrets: [(name: String, value: Redacted<String>)] = []
        do throws(CallFailure) {
            secrets = try await fields(authorization)
        } catch {
            // Nothing was sent to the ERP.
            let failure = OutboundError(.connectFailed, mayHaveReachedServer: false, detail: error.detail)
            note(request, .failure(failure), secrets, showsAnswer, &trace)
            return .failure(failure)
        }
        let headers = request.headers + secrets.map { (name: $0.name, value: $0.value.reveal()) }
        let outbound = OutboundRequest(
            method: request.method,
            url: request.url,
            headers: headers.map { OutboundHeader($0.name, $0.value) },
            body: request.payload,
            timeout: purpose == .change ? timeouts.change : timeouts.question
        )
        var answer: Answer
        do throws(OutboundError) {
            answer = .success(try await send(outbound))
        } catch {
            answer = .failure(error)
        }
        if case .success(let response) = answer, response.status == 401, let tokens, let secret = secrets.first {
            tokens.forget(Redacted(String(secret.value.reveal().dropFirst("Bearer ".count))))
        }
        note(request, answer, secrets, showsAnswer, &trace)
        return answer
    }

    /// Sends a request that changes something, once, and says what its answer means by the rules of HTTP alone.
    ///
    /// - Parameters:
    ///   - request: what to send.
    ///   - isRepeatable: whether a repeat does no harm, so that an unclear end is merely tried again.
    ///   - authorization: who it says that it comes from.
    ///   - trace: where the exchange is noted.
    /// - Returns: what the answer means.
    public func change(
        _ request: RenderedRequest,
        isRepeatable: Bool = false,
        authorization: Authorization = .standard,
        trace: inout CallTrace
    ) async -> ChangeAnswer {
        ChangeAnswer(
            await answer(to: request, as: .change, authorization: authorization, trace: &trace),
            isRepeatable: isRepeatable
        )
    }

    /// Sends a question.
    ///
    /// - Returns: an answer of status 2xx.
    /// - Throws: ``CallFailure``; for any other status with reason `http-STATUS`.
    public func ask(
        _ request: RenderedRequest,
        authorization: Authorization = .standard,
        trace: inout CallTrace
    ) async throws(CallFailure) -> OutboundResponse {
        switch await answer(to: request, as: .question, authorization: authorization, trace: &trace) {
        case .failure(let error): throw CallFailure(error)
        case .success(let response):
            guard (200..<300).contains(response.status) else { throw CallFailure(response) }
            return response
        }
    }

    /// Sends a question whose answer is JSON.
    ///
    /// - Throws: ``CallFailure``; reason `not-json` when the answer is something else.
    public func askJSON(
        _ request: RenderedRequest,
        authorization: Authorization = .standard,
        trace: inout CallTrace
    ) async throws(CallFailure) -> JSONValue {
        let response = try await ask(request, authorization: authorization, trace: &trace)
        guard let document = try? JSONValue(parsing: response.body) else {
            throw CallFailure(reason: "not-json", detail: "The ERP's answer is not JSON.")
        }
        return document
    }

    /// A caller that sends nothing, for checks of options and credentials.
    public static func silent(_ credentials: ConnectorCredentials) -> ERPCaller {
        ERPCaller(credentials: credentials) { (_) throws(OutboundError) in
            throw OutboundError(.closed, mayHaveReachedServer: false, detail: "Nothing is sent.")
        }
    }

    private func fields(
        _ authorization: Authorization
    ) async throws(CallFailure) -> [(name: String, value: Redacted<String>)] {
        switch authorization {
        case .none: return []
        case .fields(let fields): return fields
        case .standard: return try await standardFields()
        case .session(let fields): return try await standardFields() + fields
        }
    }

    private func standardFields() async throws(CallFailure) -> [(name: String, value: Redacted<String>)] {
        guard let tokens else { return credentials.header.map { [$0] } ?? [] }
        return [("Authorization", Redacted("Bearer " + (try await tokens.value()).reveal()))]
    }

    private func note(
        _ request: RenderedRequest,
        _ answer: Answer,
        _ secrets: [(name: String, value: Redacted<String>)],
        _ showsAnswer: Bool,
        _ trace: inout CallTrace
    ) {
        let text = String(request.text.prefix(CallRecord.maximumLength)).withoutNUL
        switch answer {
        case .success(let response):
            guard showsAnswer else {
                return trace.note(CallRecord(request: text, status: response.status, response: "(not shown)"))
            }
            let body = Traceback.removed(from: response.body).withoutNUL
            // Before it is cut: a secret must not stand half at the end.
            let shown = secrets.map { $0.value.reveal() }.filter { $0.count >= 4 }
                .reduce(credentials.redact(body)) { $0.replacing($1, with: "(redacted)") }
            let kept = String(shown.prefix(CallRecord.maximumLength))
            trace.note(CallRecord(request: text, status: response.status, response: kept))
        case .failure(let error):
            trace.note(CallRecord(request: text, response: error.detail))
        }
    }
}

/// How long calls may take.
public struct CallTimeouts: Sendable {
    /// For creates and writes.
    public var change: Duration
    /// For look-ups and questions for the state.
    public var question: Duration

    /// Makes time limits; together they must stay below the outbox's lease.
    public init(change: Duration = .seconds(20), question: Duration = .seconds(10)) {
        self.change = change
        self.question = question
    }
}
