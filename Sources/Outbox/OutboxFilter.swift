import Foundation
import Primitives

/// Which deliveries by their state.
public enum DeliveryFilterState: String, CaseIterable, Sendable {
    /// Neither delivered, dead, superseded nor dismissed.
    case pending
    /// Those of the pending ones that wait for approval.
    case held
    case delivered
    case dead
    case superseded
    case dismissed
}

/// Which deliveries are wanted; nil means any.
public struct DeliveryFilter: Hashable, Sendable {
    /// By state.
    public var state: DeliveryFilterState?
    /// By the connector's key.
    public var connector: String?
    /// By the device's key.
    public var device: String?
    /// By the alarm that caused them.
    public var alarmID: UUID?
    /// By operation, such as `work-order.create`.
    public var operation: String?

    /// Makes a filter; without arguments it lets every delivery through.
    public init(
        state: DeliveryFilterState? = nil,
        connector: String? = nil,
        device: String? = nil,
        alarmID: UUID? = nil,
        operation: String? = nil
    ) {
        self.operation = operation
        self.state = state
        self.connector = connector
        self.device = device
        self.alarmID = alarmID
    }
}

/// Which dead deliveries are to be retried; nil means any.
public struct RetryFilter: Hashable, Sendable {
    /// By the connector's key.
    public var connector: String?
    /// By the reason of their death.
    public var reason: String?
    /// By operation.
    public var operation: String?

    /// Makes a filter; without arguments it lets every dead delivery through.
    public init(connector: String? = nil, reason: String? = nil, operation: String? = nil) {
        self.connector = connector
        self.reason = reason
        self.operation = operation
    }
}

/// Which orders are wanted; nil means any.
public struct WorkOrderFilter: Hashable, Sendable {
    /// Open ones, or those that are done or gone.
    public var isOpen: Bool?
    /// By the device's key.
    public var device: String?
    /// By the alarm that caused them.
    public var alarmID: UUID?
    /// By assets.
    public var assetIDs: [Int32]?
    /// Noted at this time or later.
    public var from: Timestamp?
    /// Noted before this time.
    public var to: Timestamp?

    /// Makes a filter; without arguments it lets every order through.
    public init(isOpen: Bool? = nil, device: String? = nil, alarmID: UUID? = nil) {
        self.isOpen = isOpen
        self.device = device
        self.alarmID = alarmID
    }
}

/// The place after a delivery or order in a list, newest first.
public struct OutboxCursor: Hashable, Sendable {
    /// When the row before the place was made.
    public var createdAt: Timestamp
    /// The row before the place.
    public var id: UUID

    init(createdAt: Timestamp, id: UUID) {
        self.createdAt = createdAt
        self.id = id
    }

    /// Reads what ``text`` gave; nil for anything else.
    public init?(_ text: String) {
        let parts = text.split(separator: "_", omittingEmptySubsequences: false)
        guard parts.count == 2, let microseconds = Int64(parts[0]), let id = UUID(uuidString: String(parts[1])),
            abs(microseconds) < 1 << 57
        else { return nil }
        self.init(createdAt: Timestamp(microseconds: microseconds), id: id)
    }

    /// The cursor as a text for a URL; clients need not understand it.
    public var text: String { "\(createdAt.microseconds)_\(id.text)" }
}

/// The place after a stock figure in a list, by connector and item.
public struct InventoryCursor: Hashable, Sendable {
    /// The connector's row.
    public var connectorID: Int32
    /// What the figure is about.
    public var item: String

    init(connectorID: Int32, item: String) {
        self.connectorID = connectorID
        self.item = item
    }

    /// Reads what ``text`` gave, or a stock figure's identifier in the change feed; nil for anything else.
    public init?(_ text: String) {
        guard let slash = text.firstIndex(of: "/"), let connectorID = Int32(text[..<slash]) else { return nil }
        self.init(connectorID: connectorID, item: String(text[text.index(after: slash)...]))
    }

    /// The cursor as a text for a URL; clients need not understand it.
    public var text: String { "\(connectorID)/\(item)" }
}

/// A page of a list.
public struct OutboxPage<Item: Sendable>: Sendable {
    /// The records.
    public var items: [Item]
    /// Where the next page starts; nil when this is the last.
    public var nextCursor: String?
}
