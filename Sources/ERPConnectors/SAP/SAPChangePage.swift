import Primitives

/// Where a page of changes begins: a time, and how many changes of exactly that time were told already.
///
/// SAP's change times are whole seconds, so that one second may hold more than a page.
struct SAPCursor: Hashable, Sendable {
    var from: Timestamp
    var skippedNotifications = 0
    var skippedOrders = 0

    init(from: Timestamp) { self.from = from }

    /// Reads ``text``.
    init?(_ text: String) {
        let parts = text.split(separator: " ")
        guard parts.count == 3, let from = Timestamp(rfc3339: String(parts[0])), let notifications = Int(parts[1]),
            let orders = Int(parts[2]), notifications >= 0, orders >= 0
        else { return nil }
        self.from = from
        skippedNotifications = notifications
        skippedOrders = orders
    }

    var text: String { "\(from.rfc3339) \(skippedNotifications) \(skippedOrders)" }
}

/// Two feeds, changed notifications and changed orders, put in order as far as both of them are known.
struct SAPChangePage: Sendable {
    /// How many changes are asked for of each feed.
    static let size = 50

    /// The notifications of this page, oldest change first.
    let notifications: [SAPEntity]
    /// The orders of this page, oldest change first.
    let orders: [SAPEntity]
    /// Where the next page begins; nil when this is the last.
    let next: SAPCursor?

    init(notifications: [SAPEntity], orders: [SAPEntity], cursor: SAPCursor) {
        // A full feed may have more at its last time.
        let ends = [notifications, orders].filter { $0.count >= Self.size }
            .compactMap { $0.last?.time("LastChangeDateTime") }
        guard let horizon = ends.min() else {
            self.notifications = notifications
            self.orders = orders
            next = nil
            return
        }
        func isKnown(_ entity: SAPEntity) -> Bool { entity.time("LastChangeDateTime").map { $0 <= horizon } ?? true }
        self.notifications = notifications.filter(isKnown)
        self.orders = orders.filter(isKnown)
        if horizon > cursor.from.wholeSeconds {
            next = SAPCursor(from: horizon)
        } else {
            var following = cursor
            following.skippedNotifications += self.notifications.count
            following.skippedOrders += self.orders.count
            next = following
        }
    }

    /// The changes, oldest first, one for each order.
    func changes(orders: [String: SAPEntity], notifications: [String: SAPEntity]) -> [OrderChange] {
        var changes: [String: OrderChange] = [:]
        for notification in self.notifications {
            let order = notification.text("MaintenanceOrder").flatMap { orders[SAPState.bare($0)] }
            if let change = Self.change(notification, order, at: notification) { changes[change.externalID] = change }
        }
        for order in self.orders {
            let notification = order.text("MaintenanceNotification").flatMap { notifications[SAPState.bare($0)] }
            guard let change = Self.change(notification, order, at: order) else { continue }
            if let known = changes[change.externalID], known.changedAt > change.changedAt { continue }
            changes[change.externalID] = change
        }
        return changes.values.sorted { ($0.changedAt, $0.externalID) < ($1.changedAt, $1.externalID) }
    }

    private static func change(_ notification: SAPEntity?, _ order: SAPEntity?, at changed: SAPEntity) -> OrderChange? {
        guard let changedAt = changed.time("LastChangeDateTime") else { return nil }
        let identifier =
            notification?.text("MaintenanceNotification")
            ?? order?.text("MaintenanceOrder").map { SAPConnector.orderPrefix + $0 }
        guard let identifier else { return nil }
        let isEquipment = notification?.text("TechObjIsEquipOrFuncnlLoc") == "EAMS_EQUI"
        let label =
            isEquipment ? notification?.text("TechnicalObjectLabel") ?? notification?.text("TechnicalObject") : nil
        return OrderChange(
            externalID: identifier,
            idempotencyKey: notification?.text("MaintNotifExtReferenceNumber")?.lowercased(),
            title: notification?.text("NotificationText") ?? order?.text("MaintenanceOrderDesc") ?? "",
            equipment: order?.text("Equipment") ?? label,
            changedAt: changedAt,
            state: SAPState.state(notification, order)
        )
    }
}

extension Timestamp {
    fileprivate var wholeSeconds: Timestamp { Timestamp(microseconds: microseconds - microseconds % 1_000_000) }
}
