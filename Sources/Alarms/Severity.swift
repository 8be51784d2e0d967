/// How bad an alarm is; higher compares greater.
public enum Severity: String, CaseIterable, Comparable, Sendable {
    /// Worth knowing.
    case low
    /// To be looked at within the shift.
    case medium
    /// To be looked at now.
    case high
    /// Danger to people, product or machine.
    case critical

    private var rank: Int {
        switch self {
        case .low: 0
        case .medium: 1
        case .high: 2
        case .critical: 3
        }
    }

    /// Whether the left severity is less bad than the right one.
    public static func < (left: Severity, right: Severity) -> Bool { left.rank < right.rank }
}
