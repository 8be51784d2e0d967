import Primitives

/// What has happened to the plant since it went live: the input, beside the time, that its values depend on.
public struct PlantCourse: Hashable, Sendable {
    /// When live operation began; nil for healthy history.
    public var liveSince: Timestamp?
    /// When which equipment was repaired, in increasing order.
    public private(set) var repairs: [String: [Timestamp]] = [:]

    /// Repairs remembered per equipment; older ones no longer influence anything.
    static let rememberedRepairs = 16

    /// A plant in which nothing ever wears out.
    public static let history = PlantCourse(liveSince: nil)

    /// Makes a course without repairs.
    public init(liveSince: Timestamp?) {
        self.liveSince = liveSince
    }

    /// Notes a repair; one that is not later than the last one changes nothing.
    public mutating func repair(equipment: String, at time: Timestamp) {
        var times = repairs[equipment] ?? []
        guard times.last.map({ $0 < time }) ?? true else { return }
        times.append(time)
        repairs[equipment] = times.suffix(Self.rememberedRepairs)
    }
}
