/// Which topic filters are wanted, which of them the broker knows of, and what has to be said to it: a pure state
/// machine, one exchange at a time.
struct SubscriptionLedger {
    /// A SUBSCRIBE and an UNSUBSCRIBE to send; either may be empty.
    struct Exchange: Equatable {
        var subscribe: [String] = []
        var unsubscribe: [String] = []
    }

    private enum Phase: Equatable {
        /// The broker's answer to `generation` is complete, or nothing was ever sent.
        case settled
        case due
        case awaiting(subscribe: Int32?, unsubscribe: Int32?)
    }

    /// The filters wanted now, without repetition and without those that MQTT does not allow.
    private(set) var filters: [String]
    /// Wanted filters that MQTT does not allow; they are never sent.
    private var invalid: [String]
    /// Counts the changes of ``filters``.
    private(set) var generation = 0
    /// The newest generation that the broker has answered on this connection.
    private(set) var settledGeneration = -1
    /// Filters that the broker refused in its last answer.
    private var refusedByBroker: [String] = []
    /// Filters no longer wanted that the session at the broker may still have.
    private var retired: Set<String> = []
    private var phase = Phase.settled
    private var sentFilters: [String] = []
    private var sentRetired: Set<String> = []
    private var sentGeneration = 0

    init(filters: [String]) {
        self.filters = Self.unique(filters).filter(TopicRules.isValidFilter)
        invalid = filters.filter { !TopicRules.isValidFilter($0) }
    }

    private static func unique(_ filters: [String]) -> [String] {
        var seen: Set<String> = []
        return filters.filter { seen.insert($0).inserted }
    }

    /// Wanted filters that are not in force: refused by the broker or not allowed by MQTT.
    var refused: [String] { refusedByBroker + invalid }

    /// Whether the broker has answered for the filters wanted now.
    var isSettled: Bool { phase == .settled && settledGeneration == generation }

    /// Replaces the wanted filters.
    mutating func replace(_ newFilters: [String]) {
        let wanted = Self.unique(newFilters).filter(TopicRules.isValidFilter)
        invalid = newFilters.filter { !TopicRules.isValidFilter($0) }
        retired.formUnion(filters)
        retired.subtract(wanted)
        filters = wanted
        generation += 1
    }

    /// A connection was accepted: everything has to be said again, since the broker may have lost the session.
    mutating func connected() {
        phase = .due
        settledGeneration = -1
    }

    /// What to send now, if no answer is awaited.
    ///
    /// Must be followed by ``sent(subscribe:unsubscribe:)``.
    mutating func nextExchange() -> Exchange? {
        guard phase == .due || (phase == .settled && settledGeneration != generation) else { return nil }
        sentFilters = filters
        sentRetired = retired
        sentGeneration = generation
        return Exchange(subscribe: filters, unsubscribe: retired.sorted())
    }

    /// The exchange was queued with these packet identifiers; nil for a part that was empty.
    mutating func sent(subscribe: Int32?, unsubscribe: Int32?) {
        phase = .awaiting(subscribe: subscribe, unsubscribe: unsubscribe)
        if subscribe == nil { refusedByBroker = [] }
        settleIfComplete()
    }

    /// A SUBACK came.
    mutating func subscribeAcknowledged(_ identifier: Int32, _ reasons: [ReasonCode]) {
        guard case .awaiting(identifier, let unsubscribe) = phase else { return }
        refusedByBroker = zip(sentFilters, reasons).filter { $0.1.isFailure }.map(\.0)
        phase = .awaiting(subscribe: nil, unsubscribe: unsubscribe)
        settleIfComplete()
    }

    /// An UNSUBACK came.
    mutating func unsubscribeAcknowledged(_ identifier: Int32) {
        guard case .awaiting(let subscribe, identifier) = phase else { return }
        retired.subtract(sentRetired)
        phase = .awaiting(subscribe: subscribe, unsubscribe: nil)
        settleIfComplete()
    }

    private mutating func settleIfComplete() {
        guard phase == .awaiting(subscribe: nil, unsubscribe: nil) else { return }
        phase = .settled
        settledGeneration = sentGeneration
    }
}
