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

    /// The orders of changed notifications and the notifications of changed orders, by their numbers without leading
    /// zeros; those that are not on the page are asked for.
    private func counterparts(
        of page: SAPChangePage
    ) async throws(CallFailure) -> (orders: [String: SAPEntity], notifications: [String: SAPEntity]) {
        var orders = Self.byNumber(page.orders, "MaintenanceOrder")
        var notifications = Self.byNumber(page.notifications, "MaintenanceNotification")
        let otherOrders = Self.numbers(page.notifications, "MaintenanceOrder", without: orders)
        let otherNotifications = Self.numbers(page.orders, "MaintenanceNotification", without: notifications)
        let ordersRead = try await named(.order, "MaintenanceOrder", SAPState.orderFields, otherOrders)
        orders.merge(Self.byNumber(ordersRead, "MaintenanceOrder")) { known, _ in known }
        let notificationsRead = try await named(
            .notification,
            "MaintenanceNotification",
            SAPState.notificationFields,
            otherNotifications
        )
        notifications.merge(Self.byNumber(notificationsRead, "MaintenanceNotification")) { known, _ in known }
        return (orders, notifications)
    }

    private static func byNumber(_ list: [SAPEntity], _ name: String) -> [String: SAPEntity] {
        var result: [String: SAPEntity] = [:]
        for entity in list { if let number = entity.text(name) { result[SAPState.bare(number)] = entity } }
        return result
    }

    private static func numbers(
        _ list: [SAPEntity],
        _ name: String,
        without known: [String: SAPEntity]
    ) -> Set<String> {
        Set(list.compactMap { $0.text(name) }).filter { known[SAPState.bare($0)] == nil }
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
