/// Which messages a ``Publisher`` still owes the broker, in which order: a pure state machine.
///
/// Every message has a ticket, counted up.
struct PublishLedger {
    /// A message that was not yet given to the library.
    struct Entry {
        let ticket: UInt64
        let message: OutboundMessage
    }

    private struct InFlight {
        let ticket: UInt64
        let qos: QualityOfService
    }

    /// The most messages in flight.
    static let largestWindow = 60_000

    /// How many messages may be unacknowledged before new ones have to wait.
    let window: Int
    private var waiting: [Entry] = []
    /// Messages that were taken for the library, and of which is not yet known under what identifier.
    private var taken = 0
    private var inFlight: [Int32: InFlight] = [:]
    private var lastTicket: UInt64 = 0

    /// Messages acknowledged by the broker, or written when their quality of service is 0.
    private(set) var acknowledged = 0
    /// Messages that the broker refused or that could not be sent.
    private(set) var failed = 0

    init(window: Int) {
        self.window = min(max(1, window), Self.largestWindow)
    }

    /// Messages neither acknowledged nor failed.
    var unsettled: Int { waiting.count + taken + inFlight.count }

    /// Whether another message may be added.
    var hasRoom: Bool { unsettled < window }

    /// Adds a message behind all others.
    mutating func add(_ message: OutboundMessage) -> UInt64 {
        lastTicket += 1
        waiting.append(Entry(ticket: lastTicket, message: message))
        return lastTicket
    }

    /// Takes the messages that the library is to send now.
    ///
    /// Each is then ``sent(_:as:)`` or ``refused(_:)``. Packet identifiers have 16 bits and the library does not look whether one is still in use, so no more are in
    /// flight than that allows.
    mutating func takeWaiting() -> [Entry] {
        let entries = Array(waiting.prefix(Self.largestWindow - inFlight.count))
        waiting.removeFirst(entries.count)
        taken += entries.count
        return entries
    }

    /// The library took a message under this packet identifier.
    mutating func sent(_ entry: Entry, as identifier: Int32) {
        taken -= 1
        inFlight[identifier] = InFlight(ticket: entry.ticket, qos: entry.message.qos)
    }

    /// The library refused a message.
    mutating func refused(_ entry: Entry) {
        taken -= 1
        failed += 1
    }

    /// The broker answered for a message, or one of quality of service 0 was written.
    ///
    /// - Returns: the message's ticket; nil when it is not known, as after a repetition.
    mutating func answered(_ identifier: Int32, _ reason: ReasonCode) -> UInt64? {
        guard let entry = inFlight.removeValue(forKey: identifier) else { return nil }
        if reason.isFailure { failed += 1 } else { acknowledged += 1 }
        return entry.ticket
    }

    /// The connection ended.
    ///
    /// What was to be sent at most once is given up; the rest the library repeats.
    ///
    /// - Returns: the tickets given up.
    mutating func disconnected() -> [UInt64] {
        let lost = inFlight.filter { $0.value.qos == .atMostOnce }
        for identifier in lost.keys { inFlight[identifier] = nil }
        failed += lost.count
        return lost.values.map(\.ticket)
    }

    /// The publisher is closed.
    ///
    /// - Returns: the tickets of all messages that were still owed.
    mutating func close() -> [UInt64] {
        let tickets = waiting.map(\.ticket) + inFlight.values.map(\.ticket)
        failed += tickets.count
        waiting = []
        inFlight = [:]
        return tickets
    }
}
