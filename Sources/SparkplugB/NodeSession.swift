import Primitives

/// How a host application treats its edge nodes.
public struct HostSettings: Hashable, Sendable {
    /// How long a missing message may take to come, in seconds.
    public var reorderTimeout: Double
    /// Most devices of one edge node.
    public var maximumDevices = 5_000

    /// Makes settings.
    public init(reorderTimeout: Double = 2) {
        self.reorderTimeout = reorderTimeout
    }
}

/// The birth of an edge node.
public struct SessionBirth: Hashable, Sendable {
    /// How many are remembered.
    static let limit = 64

    /// When it was sent, in milliseconds since 1970-01-01 UTC.
    var timestamp: UInt64
    /// The number of its session.
    var bdSeq: UInt64?
}

/// A message that was left out.
public struct MissingMessage: Hashable, Sendable {
    /// When that was noticed.
    public var since: Timestamp
    /// The times of sending between which it was sent, as far as they are known.
    var after: UInt64?
    var before: UInt64?

    /// Whether a message of that time can be it; one of an earlier session may have its number.
    func fits(_ time: UInt64?) -> Bool {
        guard let time else { return true }
        return (after ?? 0)...max(before ?? .max, after ?? 0) ~= time
    }
}

/// What a host application knows of one edge node: its session, the order of its messages and its metrics.
///
/// A pure state machine: `receive` takes messages in the order of their arrival with the time of arrival. Messages that
/// come again after a crash, as the tail of what was processed, leave it in the state it had and give the same values
/// again; their times of sending tell them.
///
///     unknown ──NBIRTH──▶ online ──NDEATH with its bdSeq──▶ offline ──NBIRTH──▶ online
///     online: DBIRTH/DDEATH per device; a number left out opens the reorder window, its end asks for a rebirth
public struct NodeSession: Hashable, Sendable {
    /// The edge node.
    public let name: EdgeNodeName
    /// The number of the session, from the last NBIRTH.
    public internal(set) var bdSeq: UInt64?
    /// The sequence number that comes next; nil before the first birth.
    public internal(set) var nextSequence: UInt8?
    /// The time of sending of the last message in sequence.
    public internal(set) var lastTimestamp: UInt64?
    /// The newest time of sending of all messages in sequence.
    public internal(set) var newestTimestamp: UInt64?
    /// The last births of the node, oldest first: tells births that come again from new ones.
    public internal(set) var births: [SessionBirth] = []
    /// Whether the session was just read from storage, so that messages may come again.
    ///
    /// That is all that are not newer than ``newestTimestamp``; the first newer one ends this.
    var isResuming = false
    /// When the last message came.
    public internal(set) var lastSeen: Timestamp?
    /// Sequence numbers that were left out.
    public internal(set) var missing: [UInt8: MissingMessage] = [:]
    /// Messages that never came, in all sessions.
    public internal(set) var gaps: Int64 = 0
    /// Why new births are needed; nil when they are not.
    public internal(set) var rebirthReason: RebirthReason?
    /// The edge node itself.
    public internal(set) var node = NodeSubject()
    /// Its devices by name.
    public internal(set) var devices: [String: NodeSubject] = [:]
    /// Whether a birth or death came since ``births`` were last stored.
    public var hasNewBirths = false

    /// Whether the edge node is online.
    public var isOnline: Bool { node.isOnline }

    /// Makes the session of a node of which nothing is known.
    public init(name: EdgeNodeName) {
        self.name = name
    }

    /// Why a rebirth is needed at a time: because of a message that came, or of one that did not come in time.
    public func wantsRebirth(at now: Timestamp, _ settings: HostSettings) -> RebirthReason? {
        if let rebirthReason { return rebirthReason }
        return missing.values.contains { isOverdue($0.since, at: now, settings) } ? .gap : nil
    }

    /// Has messages come again: the connection to the broker was lost, and what was not acknowledged is repeated.
    public mutating func resume() { isResuming = true }

    /// Takes over the current values, which are not stored, from what was known before the session was read again;
    /// nothing when a message was stored in between.
    public mutating func recall(_ earlier: NodeSession) {
        guard earlier.lastSeen == lastSeen, earlier.nextSequence == nextSequence,
            earlier.newestTimestamp == newestTimestamp
        else { return }
        node.values = earlier.node.values
        for name in devices.keys { devices[name]?.values = earlier.devices[name]?.values ?? [:] }
    }

    /// Takes one message.
    ///
    /// - Parameters:
    ///   - verb: what the message is about; commands are ignored.
    ///   - device: the device of the topic; nil for messages of the node itself.
    ///   - payload: the payload.
    ///   - now: the time of arrival.
    ///   - isKept: whether it was kept and is read again, out of its place in the order: it changes nothing.
    ///   - settings: the host application's settings.
    /// - Returns: values, changes, and why there are none.
    public mutating func receive(
        _ verb: SparkplugVerb,
        device: String? = nil,
        _ payload: SparkplugPayload,
        at now: Timestamp,
        isKept: Bool = false,
        _ settings: HostSettings = HostSettings()
    ) -> NodeOutcome {
        var outcome = NodeOutcome()
        if verb.isCommand { return outcome }
        if isKept {
            reread(verb, device: device, payload, into: &outcome)
            return outcome
        }
        expire(at: now, settings, into: &outcome)
        lastSeen = now
        if let time = payload.time, verb != .nodeDeath, time > newestTimestamp ?? 0 { isResuming = false }
        switch verb {
        case .nodeBirth: nodeBirth(payload, at: now, into: &outcome)
        case .nodeDeath: nodeDeath(payload, at: now, into: &outcome)
        case .deviceBirth: deviceBirth(device ?? "", payload, at: now, settings, into: &outcome)
        case .deviceDeath: deviceDeath(device ?? "", payload, at: now, into: &outcome)
        case .nodeData, .deviceData: data(of: device, payload, at: now, into: &outcome)
        case .nodeCommand, .deviceCommand: break
        }
        return outcome
    }

    /// The subject of a message.
    func subject(_ device: String?) -> NodeSubject? {
        device.map { devices[$0] } ?? node
    }

    mutating func change(_ device: String?, _ body: (inout NodeSubject) -> Void) {
        if let device { body(&devices[device, default: NodeSubject()]) } else { body(&node) }
    }

    /// Notes that new births are needed.
    mutating func want(_ reason: RebirthReason, into outcome: inout NodeOutcome) {
        guard rebirthReason == nil else { return }
        rebirthReason = reason
        outcome.effects.append(.rebirthWanted(reason))
    }
}
