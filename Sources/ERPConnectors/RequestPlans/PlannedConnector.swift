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

    /// Whether pictures of orders can be asked for, as before any repeat of an upload: with a key and an order that no
    /// document has.
    ///
    /// A warning at most, since only mappings that attach charts need it.
    func pictureCheck(_ key: String, remedy: String) async -> PreflightCheck {
        let title = "Pictures can be attached"
        let order = DeliveryOrder(idempotencyKey: key, operation: .workOrderAttach, fields: [:], target: "PW-0")
        switch await lookUp(order).outcome {
        case .notFound:
            return PreflightCheck("attachments", title, .ok, "No picture has this new key, as expected.")
        case .found, .stuck:
            let detail = "A picture was found for a key that cannot exist."
            return PreflightCheck("attachments", title, .warning, detail)
        case .failed(_, let detail, _):
            return PreflightCheck(
                "attachments",
                title,
                .warning,
                detail,
                remedy: "Only needed for mappings that attach charts: " + remedy
            )
        }
    }

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
