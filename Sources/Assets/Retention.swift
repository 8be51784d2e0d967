import Primitives

/// How long readings are kept: whole days by source time, or for ever.
///
/// Also names the partition that holds them (`reading.retention`).
public struct RetentionClass: Hashable, Comparable, Sendable {
    /// The number of days; 0 for ever.
    public var days: Int16

    /// Makes a class of so many days; 0 for ever.
    public init(days: Int16) {
        self.days = max(0, days)
    }

    /// Kept for ever.
    public static let forever = RetentionClass(days: 0)

    /// `P90D`; nil for ever.
    public var duration: String? { days == 0 ? nil : "P\(days)D" }

    /// Orders by days.
    public static func < (left: RetentionClass, right: RetentionClass) -> Bool { left.days < right.days }
}

/// Which retention class the readings of a profile's devices belong to: a function of the source time alone, so that
/// (device, ts) stays one identity when the setting changes.
///
/// A change takes effect for source times from a later month on; what is stored keeps its class.
public struct RetentionSchedule: Hashable, Sendable {
    /// From one source time on, one class.
    public struct Entry: Hashable, Sendable {
        /// The first source time.
        public var since: Timestamp
        /// The class.
        public var retention: RetentionClass

        /// Makes an entry.
        public init(since: Timestamp, retention: RetentionClass) {
            self.since = since
            self.retention = retention
        }
    }

    /// A part of a time range that has one class.
    public struct Stretch: Hashable, Sendable {
        /// The first instant.
        public var from: Timestamp
        /// The end, exclusive.
        public var to: Timestamp
        /// The class.
        public var retention: RetentionClass

        /// Makes a part.
        public init(from: Timestamp, to: Timestamp, retention: RetentionClass) {
            self.from = from
            self.to = to
            self.retention = retention
        }
    }

    /// In increasing time; before the first one readings are kept for ever.
    public let entries: [Entry]

    /// Makes a schedule.
    public init(entries: [Entry] = []) {
        self.entries = entries.sorted { $0.since < $1.since }
    }

    /// What is set now, be it in force yet or not.
    public var current: RetentionClass { entries.last?.retention ?? .forever }

    /// Every class that readings may have.
    public var classes: Set<RetentionClass> {
        Set(entries.map(\.retention)).union(
            entries.first.map { $0.since <= .earliestAccepted } == true ? [] : [.forever]
        )
    }

    /// The class of a source time.
    public func retention(at time: Timestamp) -> RetentionClass {
        if entries.isEmpty { return .forever }
        return entries.last { $0.since <= time }?.retention ?? .forever
    }

    /// Splits a range into parts of one class each, in increasing time; neighbours differ.
    public func stretches(from: Timestamp, to: Timestamp) -> [Stretch] {
        if from >= to { return [] }
        var result = [Stretch(from: from, to: to, retention: retention(at: from))]
        for entry in entries where entry.since > from && entry.since < to {
            let last = result.count - 1
            if result[last].retention == entry.retention { continue }
            result[last].to = entry.since
            result.append(Stretch(from: entry.since, to: to, retention: entry.retention))
        }
        return result
    }
}
