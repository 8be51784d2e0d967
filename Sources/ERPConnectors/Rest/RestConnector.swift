import Expressions
import HTTPClient
import Primitives

/// A connector for any ERP with a JSON API over HTTP, described by templates.
struct RestConnector: ERPConnector {
    let builder: RestRequestBuilder
    let classifier: RestResponseClassifier
    private let caller: ERPCaller

    init(_ setup: ConnectorSetup) throws(InvalidInput) {
        let options = try RestOptions(setup.options)
        builder = RestRequestBuilder(url: setup.base, options: options)
        classifier = RestResponseClassifier(options: options)
        caller = setup.caller
    }

    var manifest: ConnectorManifest { .rest }

    var settle: Double { builder.options.settle }

    func traits(of operation: ERPOperation) -> OperationTraits? {
        switch operation {
        case .workOrderCreate:
            builder.options.create == nil ? nil : OperationTraits(canLookUp: builder.options.find != nil)
        // Absolute figures may be written twice.
        case .stockSet: builder.options.stock == nil ? nil : OperationTraits(isRepeatable: true)
        case .meterRecord: builder.options.meter == nil ? nil : OperationTraits(isRepeatable: true)
        case .workOrderAttach:
            // PUT means that a repeat leaves what the first one left (RFC 9110 section 9.2.2).
            builder.options.attach.map { attach in
                OperationTraits(canLookUp: attach.find != nil, isRepeatable: attach.call.method == "PUT")
            }
        default: nil
        }
    }

    func perform(_ order: DeliveryOrder) async -> CallReport<CallOutcome> {
        var trace = CallTrace()
        let request: RenderedRequest
        do throws(CallFailure) {
            if order.operation == .workOrderAttach { _ = try order.requiredAttachment() }
            request = try builder.request(for: order)
        } catch {
            return CallReport(error.refused, trace)
        }
        let answer = await caller.answer(to: request, as: .change, trace: &trace)
        let outcome: CallOutcome
        switch order.operation {
        case .workOrderAttach:
            let isRepeatable = traits(of: .workOrderAttach)?.isRepeatable == true
            outcome = classifier.attach(answer, isRepeatable: isRepeatable, to: order.target)
        case .workOrderCreate: outcome = classifier.create(answer)
        default: return CallReport(classifier.write(answer), trace)
        }
        // What is refused as a duplicate may be our own, made by an attempt that nobody knows the end of.
        guard case .refused(let reason, let detail) = outcome, classifier.maySayDuplicate(answer),
            traits(of: order.operation)?.canLookUp == true
        else { return CallReport(outcome, trace) }
        switch await lookUp(order, &trace) {
        case .found(let id, _): return CallReport(.done(externalID: id), trace)
        case .notFound, .stuck: return CallReport(outcome, trace)
        case .failed(_, let problem, _):
            return CallReport(.uncertain(reason: reason, detail: "\(detail) Looking it up failed: \(problem)"), trace)
        }
    }

    func lookUp(_ order: DeliveryOrder) async -> CallReport<LookUpOutcome> {
        var trace = CallTrace()
        let outcome = await lookUp(order, &trace)
        return CallReport(outcome, trace)
    }

    private func lookUp(_ order: DeliveryOrder, _ trace: inout CallTrace) async -> LookUpOutcome {
        let request: RenderedRequest
        do throws(CallFailure) {
            request = try builder.lookUp(order)
        } catch {
            return error.failedLookUp
        }
        let answer = await caller.answer(to: request, as: .question, trace: &trace)
        return order.operation == .workOrderAttach
            ? classifier.attachLookUp(answer, order) : classifier.lookUp(answer)
    }

    func state(ofOrder externalID: String) async -> OrderStateOutcome {
        do throws(CallFailure) {
            return classifier.status(await answer(to: try builder.status(id: externalID)))
        } catch {
            return .failed(reason: error.reason)
        }
    }

    func answer(to request: RenderedRequest) async -> ERPCaller.Answer {
        var trace = CallTrace()
        return await caller.answer(to: request, as: .question, trace: &trace)
    }
}
