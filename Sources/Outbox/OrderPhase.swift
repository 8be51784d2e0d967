import ERPConnectors

/// Where an order of our mirror stands.
public enum OrderPhase: String, CaseIterable, Sendable {
    /// Work has not begun.
    case open
    /// Work is going on.
    case inProgress = "in-progress"
    /// Work is done.
    case done
    /// It will not be done.
    case cancelled
    /// The ERP no longer has it.
    case gone

    /// Where the ERP says that it stands.
    public init(_ phase: OrderState.Phase) {
        switch phase {
        case .open: self = .open
        case .inProgress: self = .inProgress
        case .done: self = .done
        case .cancelled: self = .cancelled
        }
    }

    /// Whether nobody will work on it any more.
    public var isOver: Bool {
        switch self {
        case .open, .inProgress: false
        case .done, .cancelled, .gone: true
        }
    }
}
