import Primitives

/// States of orders, and orders that changed.
extension SAPConnector {
    func state(ofOrder externalID: String) async -> OrderStateOutcome {
        var trace = CallTrace()
        if externalID.hasPrefix(Self.orderPrefix) {
            let number = String(externalID.dropFirst(Self.orderPrefix.count))
            switch await entity(readOrder(number), &trace) {
            case .failure(let refusal): return Self.outcome(refusal)
            case .success(let order): return .state(SAPState.state(nil, order))
            }
        }
        let notification: SAPEntity
        switch await entity(readNotification(externalID), &trace) {
        case .failure(let refusal): return Self.outcome(refusal)
        case .success(let entity): notification = entity
        }
        let items = notification.list("to_Item")
        guard let number = notification.text("MaintenanceOrder") else {
            return .state(SAPState.state(notification, nil, items: items))
        }
        switch await entity(readOrder(number), &trace) {
        case .success(let order): return .state(SAPState.state(notification, order, items: items))
        // An archived order; the notification still tells something.
        case .failure(let refusal) where refusal.kind == .missing:
            return .state(SAPState.state(notification, nil, items: items))
        case .failure(let refusal): return Self.outcome(refusal)
        }
    }

    private static func outcome(_ refusal: SAPRefusal) -> OrderStateOutcome {
        refusal.kind == .missing ? .gone : .failed(reason: refusal.failure.reason)
    }

    func changes(since: Timestamp, after cursor: String?) async throws(CallFailure) -> ERPPage<OrderChange> {
        let from = cursor.flatMap(SAPCursor.init) ?? SAPCursor(from: since)
        let notifications = try await feed(
            .notification,
            "MaintenanceNotification",
            SAPState.notificationFields,
            from.from,
            skip: from.skippedNotifications
        )
        let orders = try await feed(
            .order,
            "MaintenanceOrder",
            SAPState.orderFields,
            from.from,
            skip: from.skippedOrders
        )
        let page = SAPChangePage(notifications: notifications, orders: orders, cursor: from)
        let (ordersByNumber, notificationsByNumber) = try await counterparts(of: page)
        let items = page.changes(orders: ordersByNumber, notifications: notificationsByNumber)
        return ERPPage(items, next: page.next?.text)
    }

    private func feed(
        _ service: SAPRequests.Service,
        _ set: String,
        _ fields: [String],
        _ from: Timestamp,
        skip: Int
    ) async throws(CallFailure) -> [SAPEntity] {
        try await list(
            requests.read(
                service,
                set,
                [
                    ("$filter", "LastChangeDateTime ge \(ODataLiteral.offsetTime(from))"),
                    ("$select", fields.joined(separator: ",")), ("$orderby", "LastChangeDateTime asc"),
                    ("$top", String(SAPChangePage.size)), ("$skip", String(skip)),
                ]
            )
        )
    }

    /// The orders of changed notifications and the notifications of changed orders that are not on the page.
    private func counterparts(
        of page: SAPChangePage
    ) async throws(CallFailure) -> (orders: [String: SAPEntity], notifications: [String: SAPEntity]) {
        var orders: [String: SAPEntity] = [:]
        var notifications: [String: SAPEntity] = [:]
        for order in page.orders { if let number = order.text("MaintenanceOrder") { orders[number] = order } }
        for notification in page.notifications {
            if let number = notification.text("MaintenanceNotification") { notifications[number] = notification }
        }
        let wantedOrders = Set(page.notifications.compactMap { $0.text("MaintenanceOrder") }).subtracting(orders.keys)
        for order in try await named(.order, "MaintenanceOrder", SAPState.orderFields, wantedOrders) {
            if let number = order.text("MaintenanceOrder") { orders[number] = order }
        }
        let wanted = Set(page.orders.compactMap { $0.text("MaintenanceNotification") })
            .subtracting(notifications.keys)
        let fields = SAPState.notificationFields
        for notification in try await named(.notification, "MaintenanceNotification", fields, wanted) {
            if let number = notification.text("MaintenanceNotification") { notifications[number] = notification }
        }
        return (orders, notifications)
    }

    private func named(
        _ service: SAPRequests.Service,
        _ set: String,
        _ fields: [String],
        _ numbers: Set<String>
    ) async throws(CallFailure) -> [SAPEntity] {
        if numbers.isEmpty { return [] }
        let filter = numbers.sorted().map { "\(set) eq \(ODataLiteral.text($0))" }.joined(separator: " or ")
        return try await list(
            requests.read(
                service,
                set,
                [("$filter", filter), ("$select", fields.joined(separator: ",")), ("$top", String(numbers.count))]
            )
        )
    }
}
