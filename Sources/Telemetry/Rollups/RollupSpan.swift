import Primitives

/// The widths of rollups; the raw value is in minutes, as in `rollup.span`.
public enum RollupSpan: Int16, CaseIterable, Sendable {
    case minute = 1
    case tenMinutes = 10
    case hour = 60

    /// In microseconds.
    public var width: Int64 { Int64(rawValue) * 60_000_000 }

    /// The contract's name.
    public var name: String {
        switch self {
        case .minute: "PT1M"
        case .tenMinutes: "PT10M"
        case .hour: "PT1H"
        }
    }
}
