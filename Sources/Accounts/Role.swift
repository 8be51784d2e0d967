/// What someone may do; each role may do all that the ones before it may.
public enum Role: String, CaseIterable, Comparable, Sendable {
    /// May look at everything.
    case viewer
    /// May also act: acknowledge alarms, retry deliveries, send telemetry.
    case `operator`
    /// May also configure.
    case admin

    /// Whether this role may do what another is needed for.
    public func allows(_ needed: Role) -> Bool { self >= needed }

    /// Orders roles by what they may do.
    public static func < (left: Role, right: Role) -> Bool { left.rank < right.rank }

    private var rank: Int {
        switch self {
        case .viewer: 0
        case .operator: 1
        case .admin: 2
        }
    }
}
