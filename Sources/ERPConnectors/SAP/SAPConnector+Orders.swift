import HTTPClient
import Primitives

/// Creation: a notification with the key, then, if an order type is set, its order, then its release.
extension SAPConnector {
    /// How far the steps after the notification came.
    private enum Progress {
        case whole(note: String?)
        /// SAP refuses a step.
        case stuck(CallFailure)
        /// A step did not happen, or nobody knows.
        case unclear(CallFailure)
    }

    func createOrder(
        _ order: DeliveryOrder,
        _ fields: OrderFields,
        _ trace: inout CallTrace
    ) async throws(CallFailure) -> CallOutcome {
        // Faults in the fields show before anything is made.
        let request = try requests.createNotification(order, fields)
        if options.orderType != nil { _ = try requests.createOrder(ofNotification: "", fields) }
        let response: OutboundResponse
        switch await change(request, .notification, &trace) {
        case .failure(let refusal): return refusal.outcome
        case .success(let success): response = success
        }
        guard let number = SAPAnswer.entity(in: response)?.text("MaintenanceNotification") else {
            let detail = "SAP answered \(response.status) without the notification's number."
            return .uncertain(reason: "no-id", detail: detail)
        }
        switch await finish(notification: number, isFresh: true, fields, &trace) {
        case .whole(let note): return .done(externalID: number, note: note)
        case .stuck(let failure): return failure.stuck
        // The notification exists: the look-up goes on from there.
        case .unclear(let failure): return failure.uncertain
        }
    }

    func lookUpOrder(
        _ order: DeliveryOrder,
        _ fields: OrderFields,
        _ trace: inout CallTrace
    ) async throws(CallFailure) -> LookUpOutcome {
        let found = await list(requests.findNotification(order.idempotencyKey), &trace)
        let key = SAPRequests.reference(order.idempotencyKey)
        switch Self.match(found, key, "MaintNotifExtReferenceNumber") {
        case .failure(let refusal): return refusal.failure.failedLookUp
        case .success(nil): return .notFound
        case .success(let entity?):
            guard let number = entity.text("MaintenanceNotification") else {
                return CallFailure(reason: "no-id", detail: "SAP's answer has no notification number.").failedLookUp
            }
            switch await finish(notification: number, isFresh: false, fields, &trace) {
            case .whole(let note): return .found(externalID: number, note: note)
            case .stuck(let failure): return .stuck(reason: failure.reason, detail: failure.detail)
            case .unclear(let failure): return failure.failedLookUp
            }
        }
    }

    /// The first entity with the reference; a look-up that returns others does not filter.
    static func match(
        _ found: Result<[SAPEntity], SAPRefusal>,
        _ reference: String,
        _ property: String
    ) -> Result<SAPEntity?, SAPRefusal> {
        found.flatMap { list in
            if list.isEmpty { return .success(nil) }
            if let first = list.first(where: { $0.text(property)?.uppercased() == reference }) {
                return .success(first)
            }
            let detail = "SAP answered with documents of other references: it does not filter by \(property)."
            return .failure(SAPRefusal(.refused, CallFailure(reason: "not-filtered", detail: detail)))
        }
    }

    private func finish(
        notification number: String,
        isFresh: Bool,
        _ fields: OrderFields,
        _ trace: inout CallTrace
    ) async -> Progress {
        guard options.orderType != nil else { return .whole(note: nil) }
        var order: SAPEntity?
        if !isFresh {
            switch await list(requests.findOrder(ofNotification: number), &trace) {
            case .failure(let refusal): return .unclear(refusal.failure)
            case .success(let list): order = Self.order(in: list, of: number)
            }
        }
        if order == nil {
            switch await makeOrder(ofNotification: number, fields, &trace) {
            case .failure(let refusal): return Self.progress(refusal, "Notification \(number) has no order")
            case .success(let made): order = made
            }
        }
        guard let order, let orderNumber = order.text("MaintenanceOrder") else {
            return .unclear(CallFailure(reason: "no-id", detail: "SAP's answer has no order number."))
        }
        let note = "Order \(orderNumber)"
        guard options.releaseOrder, !SAPState.isReleased(order) else { return .whole(note: note) }
        let released = await change(requests.release(order: orderNumber), .order, isRepeatable: true, &trace)
        guard case .failure(let refusal) = released else { return .whole(note: note) }
        if refusal.kind == .refused, await isReleased(orderNumber, number, &trace) { return .whole(note: note) }
        return Self.progress(refusal, "Order \(orderNumber) is not released")
    }

    private static func progress(_ refusal: SAPRefusal, _ what: String) -> Progress {
        var failure = refusal.failure
        failure.detail = "\(what): \(failure.detail)"
        switch refusal.kind {
        case .refused, .missing: return .stuck(failure)
        case .transient, .stale, .uncertain: return .unclear(failure)
        }
    }

    /// SAP assigns a notification to one order at most, so a second attempt is refused; then the first one's is there.
    private func makeOrder(
        ofNotification number: String,
        _ fields: OrderFields,
        _ trace: inout CallTrace
    ) async -> Result<SAPEntity, SAPRefusal> {
        let request: RenderedRequest
        do throws(CallFailure) {
            request = try requests.createOrder(ofNotification: number, fields)
        } catch {
            return .failure(SAPRefusal(.refused, error))
        }
        switch await change(request, .order, &trace) {
        case .success(let response):
            guard let made = SAPAnswer.entity(in: response) else {
                let detail = "SAP answered \(response.status) without the order's number."
                return .failure(SAPRefusal(.uncertain, CallFailure(reason: "no-id", detail: detail)))
            }
            return .success(made)
        case .failure(let refusal):
            guard refusal.kind == .refused else { return .failure(refusal) }
            if case .success(let list) = await list(requests.findOrder(ofNotification: number), &trace),
                let there = Self.order(in: list, of: number)
            {
                return .success(there)
            }
            return .failure(refusal)
        }
    }

    private func isReleased(_ order: String, _ notification: String, _ trace: inout CallTrace) async -> Bool {
        guard case .success(let list) = await list(requests.findOrder(ofNotification: notification), &trace) else {
            return false
        }
        return list.contains { $0.text("MaintenanceOrder") == order && SAPState.isReleased($0) }
    }

    private static func order(in list: [SAPEntity], of notification: String) -> SAPEntity? {
        list.first { $0.text("MaintenanceNotification").map(SAPState.bare) == SAPState.bare(notification) }
    }
}
