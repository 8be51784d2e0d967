import HTTPClient
import Primitives

/// Update, comment and cancellation: each reads the notification first and names its ETag.
extension SAPConnector {
    /// Orders without a notification are not made here: only their state is read.
    static let orderPrefix = "order/"

    static func notification(_ order: DeliveryOrder) throws(CallFailure) -> String {
        guard let target = order.target, !target.hasPrefix(orderPrefix) else {
            let detail = "The order has no notification in SAP; it can be changed there only."
            throw CallFailure(reason: "no-notification", detail: detail)
        }
        return target
    }

    /// Asks for a notification with what its state is made of.
    func readNotification(_ number: String) -> RenderedRequest {
        requests.read(
            .notification,
            SAPRequests.notification(number),
            [("$select", (SAPState.notificationFields + ["to_Item"]).joined(separator: ",")), ("$expand", "to_Item")]
        )
    }

    /// Asks for an order with what its state is made of.
    func readOrder(_ number: String) -> RenderedRequest {
        requests.read(
            .order,
            SAPRequests.order(number),
            [("$select", SAPState.orderFields.joined(separator: ","))]
        )
    }

    func updateOrder(
        _ order: DeliveryOrder,
        _ fields: OrderFields,
        _ trace: inout CallTrace
    ) async throws(CallFailure) -> CallOutcome {
        let number = try Self.notification(order)
        let changes = try requests.notificationChanges(fields)
        var maintenanceOrder: String?
        switch await edit(
            .notification,
            readNotification(number),
            SAPRequests.notification(number),
            &trace,
            { entity in
                maintenanceOrder = entity.text("MaintenanceOrder")
                return changes
            }
        ) {
        case .failure(let refusal): return refusal.outcome
        case .success: break
        }
        let orderChanges = requests.orderChanges(fields)
        guard let maintenanceOrder, !orderChanges.isEmpty else { return .done(externalID: number) }
        switch await edit(
            .order,
            readOrder(maintenanceOrder),
            SAPRequests.order(maintenanceOrder),
            &trace,
            { _ in
                orderChanges
            }
        ) {
        case .failure(let refusal): return refusal.outcome
        case .success: return .done(externalID: number)
        }
    }

    func comment(
        _ order: DeliveryOrder,
        _ fields: OrderFields,
        _ trace: inout CallTrace
    ) async throws(CallFailure) -> CallOutcome {
        let number = try Self.notification(order)
        let text = try fields.required("text")
        switch await append(text, order.idempotencyKey, number, &trace) {
        case .failure(let refusal): return refusal.outcome
        case .success(false): return Self.full
        case .success(true): return .done(externalID: number)
        }
    }

    func lookUpComment(
        _ order: DeliveryOrder,
        _ trace: inout CallTrace
    ) async throws(CallFailure) -> LookUpOutcome {
        let number = try Self.notification(order)
        switch await entity(readNotification(number), &trace) {
        case .failure(let refusal): return refusal.kind == .missing ? .notFound : refusal.failure.failedLookUp
        case .success(let entity):
            let isThere = SAPState.longText(entity).contains(Self.mark(order.idempotencyKey))
            return isThere ? .found(externalID: number) : .notFound
        }
    }

    func cancel(
        _ order: DeliveryOrder,
        _ fields: OrderFields,
        _ trace: inout CallTrace
    ) async throws(CallFailure) -> CallOutcome {
        let number = try Self.notification(order)
        let notification: SAPEntity
        switch await entity(readNotification(number), &trace) {
        case .failure(let refusal): return refusal.outcome
        case .success(let entity): notification = entity
        }
        var maintenanceOrder: SAPEntity?
        if let orderNumber = notification.text("MaintenanceOrder") {
            switch await entity(readOrder(orderNumber), &trace) {
            case .failure(let refusal): return refusal.outcome
            case .success(let entity): maintenanceOrder = entity
            }
        }
        let state = SAPState.state(notification, maintenanceOrder)
        switch state.phase {
        case .cancelled, .done: return .done(externalID: number, note: "It stood at “\(state.text)” already.")
        case .inProgress:
            let detail = "Work has begun on it in SAP (“\(state.text)”): a person must decide there."
            return .refused(reason: "work-begun", detail: detail)
        case .open: break
        }
        let text = SAPState.cancelled + (fields.text("reason") ?? "the alarm is gone")
        if case .failure(let refusal) = await append(text, order.idempotencyKey, number, &trace),
            refusal.kind != .refused
        {
            return refusal.outcome
        }
        return await close(number, maintenanceOrder?.text("MaintenanceOrder"), &trace)
    }

    /// The function imports that SAP documents for it: an order is not executed, a notification completed.
    private func close(_ number: String, _ orderNumber: String?, _ trace: inout CallTrace) async -> CallOutcome {
        if let orderNumber {
            switch await change(requests.cancel(order: orderNumber), .order, isRepeatable: true, &trace) {
            case .failure(let refusal): return refusal.outcome
            case .success: return .done(externalID: number)
            }
        }
        let etag: String?
        switch await entity(readNotification(number), &trace) {
        case .failure(let refusal): return refusal.outcome
        case .success(let entity): etag = entity.etag
        }
        let request = requests.complete(notification: number, etag: etag)
        switch await change(request, .notification, isRepeatable: true, &trace) {
        case .failure(let refusal): return refusal.outcome
        case .success: return .done(externalID: number)
        }
    }

    /// Adds to a notification's long text, with the delivery's key.
    ///
    /// - Returns: false when there is no room left.
    private func append(
        _ text: String,
        _ key: String,
        _ number: String,
        _ trace: inout CallTrace
    ) async -> Result<Bool, SAPRefusal> {
        var isFull = false
        let mark = Self.mark(key)
        let result = await edit(.notification, readNotification(number), SAPRequests.notification(number), &trace) {
            entity in
            isFull = false
            if SAPState.longText(entity).contains(mark) { return [:] }
            guard let whole = Self.longText(entity.text("MaintNotifLongTextForEdit"), text, mark) else {
                isFull = true
                return [:]
            }
            return ["MaintNotifLongTextForEdit": .string(whole)]
        }
        return result.map { !isFull }
    }

    /// What stands in the editable long text, and the addition; nil when there is no room.
    static func longText(_ before: String?, _ addition: String, _ mark: String) -> String? {
        let head = before.map { $0 + "\n" } ?? ""
        let room = SAPRequests.longTextLength - head.count - mark.count - 1
        guard room >= min(40, addition.count) else { return nil }
        return head + FormField("", "", "", maximumLength: room).fit(addition) + " " + mark
    }

    static func mark(_ key: String) -> String { "[\(key)]" }

    private static var full: CallOutcome {
        let detail = "The notification's long text has no room left (\(SAPRequests.longTextLength) characters)."
        return .refused(reason: "text-full", detail: detail)
    }

    /// Reads an entity and changes it; reads it again, once, when somebody else was faster.
    ///
    /// `changes` says what to change, by what was read; nothing is sent when that is nothing.
    private func edit(
        _ service: SAPRequests.Service,
        _ read: RenderedRequest,
        _ path: String,
        _ trace: inout CallTrace,
        _ changes: (SAPEntity) -> JSONObject
    ) async -> Result<Void, SAPRefusal> {
        var last = SAPRefusal(.transient, CallFailure(reason: "stale", detail: "It changed again and again."))
        for _ in 1...2 {
            let current: SAPEntity
            switch await entity(read, &trace) {
            case .failure(let refusal): return .failure(refusal)
            case .success(let entity): current = entity
            }
            let body = changes(current)
            if body.isEmpty { return .success(()) }
            let request = requests.update(service, path, body, etag: current.etag)
            switch await change(request, service, isRepeatable: true, &trace) {
            case .success: return .success(())
            case .failure(let refusal):
                guard refusal.kind == .stale else { return .failure(refusal) }
                last = refusal
            }
        }
        return .failure(last)
    }
}
