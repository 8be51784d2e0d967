import Expressions
import HTTPClient
import Primitives
import Secrets

/// A connector for any ERP with a JSON API over HTTP, described by templates.
struct RestConnector: ConfiguredConnector {
    /// How requests are sent.
    typealias Send = @Sendable (OutboundRequest) async throws(OutboundError) -> OutboundResponse

    let builder: RestRequestBuilder
    let classifier: RestResponseClassifier
    private let credentials: ConnectorCredentials
    private let send: Send
    private let timeouts: CallTimeouts

    init(
        url: String,
        options: RestOptions,
        credentials: ConnectorCredentials,
        timeouts: CallTimeouts = CallTimeouts(),
        send: @escaping Send
    ) {
        builder = RestRequestBuilder(url: url, options: options)
        classifier = RestResponseClassifier(options: options)
        self.credentials = credentials
        self.timeouts = timeouts
        self.send = send
    }

    var settle: Double { builder.options.settle }

    var canReadStatus: Bool { builder.options.status != nil }

    func canLookUp(operation: String) -> Bool {
        ERPOperation(rawValue: operation) == .workOrderCreate && builder.options.find != nil
    }

    // An absolute figure may be written twice.
    func isRepeatable(operation: String) -> Bool { ERPOperation(rawValue: operation) == .stockSet }

    func perform(_ order: DeliveryOrder) async -> (outcome: CallOutcome, record: CallRecord) {
        let request: RenderedRequest
        do throws(CallFailure) {
            request = try builder.request(for: order)
        } catch {
            return (error.refused, CallRecord(request: "", response: error.detail))
        }
        let answer = await answer(to: request, timeout: timeouts.change)
        let record = record(request, answer)
        if isRepeatable(operation: order.operation) { return (classifier.write(answer), record) }
        let outcome = classifier.create(answer)
        // What is refused as a duplicate may be our own, made by an attempt that nobody knows the end of.
        guard classifier.maySayDuplicate(answer), canLookUp(operation: order.operation) else {
            return (outcome, record)
        }
        switch await lookUp(order).outcome {
        case .found(let id): return (.done(externalID: id), record)
        case .notFound: return (outcome, record)
        case .failed(_, let detail, _):
            return (
                .uncertain(reason: outcome.reason, detail: "\(outcome.detail) Looking it up failed: \(detail)"), record
            )
        }
    }

    func lookUp(_ order: DeliveryOrder) async -> (outcome: LookUpOutcome, record: CallRecord) {
        let request: RenderedRequest
        do throws(CallFailure) {
            request = try builder.lookUp(order)
        } catch {
            return (error.failedLookUp, CallRecord(request: "", response: error.detail))
        }
        let answer = await answer(to: request, timeout: timeouts.question)
        return (classifier.lookUp(answer), record(request, answer))
    }

    func status(externalID: String) async -> StatusOutcome {
        do throws(CallFailure) {
            return classifier.status(await answer(to: try builder.status(id: externalID), timeout: timeouts.question))
        } catch {
            return .failed(reason: error.reason)
        }
    }

    func answer(to request: RenderedRequest, timeout: Duration? = nil) async -> RestResponseClassifier.Answer {
        var headers = request.headers.map { OutboundHeader($0.name, $0.value) }
        if let header = credentials.header { headers.append(OutboundHeader(header.name, header.value.reveal())) }
        let outbound = OutboundRequest(
            method: request.method,
            url: request.url,
            headers: headers,
            body: request.body?.bytes ?? [],
            timeout: timeout ?? timeouts.question
        )
        do throws(OutboundError) {
            return .success(try await send(outbound))
        } catch {
            return .failure(error)
        }
    }

    /// What the time line keeps of a call: bounded, and without the credentials in case the ERP repeats them.
    private func record(_ request: RenderedRequest, _ answer: RestResponseClassifier.Answer) -> CallRecord {
        let text = String(request.text.prefix(CallRecord.maximumLength))
        switch answer {
        case .success(let response):
            let body = String(decoding: response.body.prefix(CallRecord.maximumLength), as: UTF8.self).clean
            return CallRecord(request: text, status: response.status, response: credentials.redact(body))
        case .failure(let error):
            return CallRecord(request: text, response: error.detail)
        }
    }
}

extension CallRecord {
    /// How much of a request or answer is kept.
    static let maximumLength = 4_096
}

extension CallOutcome {
    fileprivate var reason: String {
        switch self {
        case .done: ""
        case .refused(let reason, _), .transient(let reason, _, _), .uncertain(let reason, _): reason
        }
    }

    fileprivate var detail: String {
        switch self {
        case .done: ""
        case .refused(_, let detail), .transient(_, let detail, _), .uncertain(_, let detail): detail
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
