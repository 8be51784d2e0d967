import HTTPClient
import Primitives

/// Carries out plans: asks, changes once, finds again.
struct PlanRunner: Sendable {
    /// Makes the calls.
    let caller: ERPCaller
    /// Who they say that they come from.
    var authorization = ERPCaller.Authorization.standard

    // MARK: Deliveries

    /// Does an operation once.
    func perform(_ plan: OrderPlan) async -> CallReport<CallOutcome> {
        var trace = CallTrace()
        let outcome = await perform(plan, &trace)
        return CallReport(outcome, trace)
    }

    /// Looks for what an earlier attempt made, and takes the steps after the first one.
    func lookUp(_ plan: OrderPlan) async -> CallReport<LookUpOutcome> {
        var trace = CallTrace()
        let outcome = await lookUp(plan, &trace)
        return CallReport(outcome, trace)
    }

    private func perform(_ plan: OrderPlan, _ trace: inout CallTrace) async -> CallOutcome {
        var answers = PlanAnswers()
        for question in plan.questions {
            if let failure = await ask(question, &answers, &trace) { return failure.beforeChange }
        }
        var made: String?
        for (index, step) in plan.steps.enumerated() {
            guard let request = step.request(answers) else { continue }
            switch step.read(await change(request, step, &trace)) {
            case .done(let id):
                guard index == 0, let id else { continue }
                made = id
                answers[PlanAnswers.made] = id
            case .exists:
                guard index == 0, plan.lookUp != nil else { continue }
                // Our own, made by an attempt that nobody knows the end of.
                return await outcomeOfExisting(plan, &trace)
            case .refusedUnlessThere(let failure):
                guard index == 0, plan.lookUp != nil else {
                    return index == 0 ? failure.refused : failure.stuck
                }
                let existing = await outcomeOfExisting(plan, &trace)
                if case .refused = existing { return failure.refused }
                return existing
            case .ended(let outcome): return index == 0 ? outcome : outcome.afterFirstStep
            }
        }
        return .done(externalID: made, note: plan.note?(answers))
    }

    private func outcomeOfExisting(_ plan: OrderPlan, _ trace: inout CallTrace) async -> CallOutcome {
        switch await lookUp(plan, &trace) {
        case .found(let id, let note): return .done(externalID: id, note: note)
        case .notFound:
            let detail = "The ERP refuses it as a duplicate of its own key, but does not show one with that key."
            return .refused(reason: "duplicate", detail: detail)
        case .stuck(let reason, let detail): return .stuck(reason: reason, detail: detail)
        case .failed(let reason, let detail, _): return .uncertain(reason: reason, detail: detail)
        }
    }

    private func lookUp(_ plan: OrderPlan, _ trace: inout CallTrace) async -> LookUpOutcome {
        guard let lookUp = plan.lookUp else { return CallFailure.unsupported("look-up").failedLookUp }
        var answers = PlanAnswers()
        if lookUp.needsAnswers {
            for question in plan.questions {
                if let failure = await ask(question, &answers, &trace) { return failure.failedLookUp }
            }
        }
        let document: JSONValue
        do throws(CallFailure) {
            document = try await json(lookUp.request(answers), &trace)
        } catch {
            return lookUp.missingIs404 && error.reason == "http-404" ? .notFound : error.failedLookUp
        }
        let id: String?
        switch lookUp.read(document) {
        case .absent: return .notFound
        case .stuck(let failure): return .stuck(reason: failure.reason, detail: failure.detail)
        case .unclear(let failure): return failure.failedLookUp
        case .found(let found): id = found
        }
        if plan.steps.count > 1, !lookUp.needsAnswers {
            for question in plan.questions {
                if let failure = await ask(question, &answers, &trace) { return failure.failedLookUp }
            }
        }
        answers[PlanAnswers.made] = id ?? ""
        for step in plan.steps.dropFirst() {
            guard let request = step.request(answers) else { continue }
            let outcome: CallOutcome
            switch step.read(await change(request, step, &trace)) {
            case .done, .exists: continue
            case .refusedUnlessThere(let failure): outcome = failure.refused
            case .ended(let end): outcome = end
            }
            switch outcome {
            case .done: continue
            case .refused(let reason, let detail), .stuck(let reason, let detail):
                return .stuck(reason: reason, detail: detail)
            case .transient(let reason, let detail, let retryAfter):
                return .failed(reason: reason, detail: detail, retryAfter: retryAfter)
            case .uncertain(let reason, let detail): return .failed(reason: reason, detail: detail, retryAfter: nil)
            }
        }
        return .found(externalID: id)
    }

    // MARK: Requests

    private func ask(
        _ question: PlanQuestion,
        _ answers: inout PlanAnswers,
        _ trace: inout CallTrace
    ) async -> CallFailure? {
        do throws(CallFailure) {
            let document = try await json(question.request(answers), &trace)
            guard let answer = question.read(document) else { return question.missing }
            answers.add(answer)
            return nil
        } catch {
            return error
        }
    }

    private func change(_ request: RenderedRequest, _ step: PlanStep, _ trace: inout CallTrace) async -> ChangeAnswer {
        await caller.change(
            request,
            isRepeatable: step.isRepeatable,
            authorization: authorization,
            trace: &trace
        )
    }

    /// Sends a question.
    func json(_ request: RenderedRequest, _ trace: inout CallTrace) async throws(CallFailure) -> JSONValue {
        try await caller.askJSON(request, authorization: authorization, trace: &trace)
    }

    /// Sends a question without a trace.
    func json(_ request: RenderedRequest) async throws(CallFailure) -> JSONValue {
        var trace = CallTrace()
        return try await json(request, &trace)
    }
}

extension CallFailure {
    /// What a failed question means for a change that was not sent yet.
    var beforeChange: CallOutcome {
        if let status = reason.hasPrefix("http-") ? Int(reason.dropFirst(5)) : nil {
            return (400..<500).contains(status) && ![408, 425, 429].contains(status) ? refused : transient
        }
        return reason == "not-json" || OutboundError.Kind(rawValue: reason) != nil ? transient : refused
    }
}

extension CallOutcome {
    /// The same when an earlier step has already made something in the ERP.
    var afterFirstStep: CallOutcome {
        switch self {
        case .refused(let reason, let detail): .stuck(reason: reason, detail: detail)
        case .transient(let reason, let detail, _): .uncertain(reason: reason, detail: detail)
        default: self
        }
    }
}
