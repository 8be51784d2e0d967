import Primitives

/// A kind whose operations are plans.
protocol PlannedConnector: ERPConnector {
    /// Carries plans out.
    var runner: PlanRunner { get }

    /// An operation as requests.
    ///
    /// - Throws: ``CallFailure`` when it cannot be made of these fields.
    func plan(for order: DeliveryOrder) throws(CallFailure) -> OrderPlan
}

extension PlannedConnector {
    func perform(_ order: DeliveryOrder) async -> CallReport<CallOutcome> {
        do throws(CallFailure) {
            if order.operation == .workOrderAttach { _ = try order.requiredAttachment() }
            return await runner.perform(try plan(for: order))
        } catch {
            return CallReport(error.refused)
        }
    }

    func lookUp(_ order: DeliveryOrder) async -> CallReport<LookUpOutcome> {
        do throws(CallFailure) {
            return await runner.lookUp(try plan(for: order))
        } catch {
            return CallReport(error.failedLookUp)
        }
    }

    func preview(_ order: DeliveryOrder) throws(CallFailure) -> [RenderedRequest] { try plan(for: order).preview }

    /// The outcome of a question for an order's state.
    func state(
        from request: RenderedRequest,
        _ read: (JSONValue) -> OrderState?
    ) async -> OrderStateOutcome {
        do throws(CallFailure) {
            let document = try await runner.json(request)
            return read(document).map(OrderStateOutcome.state) ?? .gone
        } catch {
            return ["http-404", "http-410"].contains(error.reason) ? .gone : .failed(reason: error.reason)
        }
    }
}
