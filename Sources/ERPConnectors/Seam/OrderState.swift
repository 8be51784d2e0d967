import Primitives

/// What the ERP says about a maintenance order.
public struct OrderState: Hashable, Sendable {
    /// Where an order stands, whatever the ERP calls it.
    public enum Phase: String, CaseIterable, Sendable {
        /// Work has not begun.
        case open
        /// Work is going on.
        case inProgress = "in-progress"
        /// Work is done.
        case done
        /// It will not be done.
        case cancelled
    }

    /// The state in the ERP's own words.
    public var text: String
    /// Where it stands.
    public var phase: Phase
    /// The number that people there use, when it is not the identifier.
    public var number: String?
    /// Who is to do it.
    public var assignee: String?
    /// When it is to be done.
    public var dueAt: Timestamp?
    /// When work began.
    public var startedAt: Timestamp?
    /// When work ended.
    public var finishedAt: Timestamp?
    /// What it cost, in ``currency``.
    public var cost: Double?
    /// ISO 4217.
    public var currency: String?
    /// What was found and done, in the words of who did it.
    public var outcome: String?
    /// The ERP's code of the cause or damage.
    public var failureCode: String?

    /// Makes a state.
    public init(_ text: String, _ phase: Phase) {
        self.text = text
        self.phase = phase
    }
}

/// The answer to a question for an order's state.
public enum OrderStateOutcome: Hashable, Sendable {
    /// The ERP has it.
    case state(OrderState)
    /// The ERP no longer has it.
    case gone
    /// It could not be asked now.
    case failed(reason: String)
}

/// An order in the ERP that changed, whoever made it.
public struct OrderChange: Hashable, Sendable {
    /// The ERP's identifier, as creates return it.
    public var externalID: String
    /// Our key, if we made it.
    public var idempotencyKey: String?
    /// What it is about.
    public var title: String
    /// The equipment it is for, as ``EquipmentRecord/reference``.
    public var equipment: String?
    /// When it changed, by the ERP's clock.
    public var changedAt: Timestamp
    /// Where it stands.
    public var state: OrderState

    /// Makes a change.
    public init(
        externalID: String,
        idempotencyKey: String?,
        title: String,
        equipment: String?,
        changedAt: Timestamp,
        state: OrderState
    ) {
        self.externalID = externalID
        self.idempotencyKey = idempotencyKey
        self.title = title
        self.equipment = equipment
        self.changedAt = changedAt
        self.state = state
    }
}

/// A page of a list in the ERP.
public struct ERPPage<Item: Hashable & Sendable>: Hashable, Sendable {
    /// The items, in a stable order.
    public var items: [Item]
    /// Where the next page begins; nil when this is the last.
    public var next: String?

    /// Makes a page.
    public init(_ items: [Item], next: String? = nil) {
        self.items = items
        self.next = next
    }
}
