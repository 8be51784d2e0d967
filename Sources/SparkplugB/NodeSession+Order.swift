import Primitives

/// How a message stands to those before it.
enum MessageOrder: Hashable, Sendable {
    /// It is the next one, or one after a gap, or it fills a gap.
    case inSequence
    /// It was processed before, or overtook so much that it counts as old.
    case again
}

extension NodeSession {
    func isOverdue(_ since: Timestamp, at now: Timestamp, _ settings: HostSettings) -> Bool {
        now.seconds(since: since) >= settings.reorderTimeout
    }

    /// Gives up messages that did not come in time.
    mutating func expire(at now: Timestamp, _ settings: HostSettings, into outcome: inout NodeOutcome) {
        guard !missing.isEmpty else { return }
        let overdue = missing.filter { isOverdue($0.value.since, at: now, settings) }
        guard !overdue.isEmpty else { return }
        for number in overdue.keys { missing[number] = nil }
        giveUp(overdue.count, into: &outcome)
        want(.gap, into: &outcome)
    }

    /// Counts messages that will not come any more, and notes whose they may have been.
    mutating func giveUp(_ count: Int, into outcome: inout NodeOutcome) {
        gaps += Int64(count)
        outcome.effects.append(.gap(count))
        let concerned = devices.filter { _, device in
            // The death of the node took them with it.
            device.isOnline || (!node.isOnline && device.staleSince == node.staleSince)
        }
        outcome.devicesInGap += concerned.keys.sorted()
    }

    /// Places a message in the sequence and notes what it left out.
    ///
    /// A number that is not expected means a gap when the message is newer than all before it, else that it comes again:
    /// the broker repeats what was not acknowledged. A message that comes again with the number that happens to be
    /// expected does no harm: the whole tail comes again and ends at the same number.
    mutating func place(_ payload: SparkplugPayload, at now: Timestamp) -> MessageOrder {
        guard let sequence = payload.sequence, let expected = nextSequence else { return .inSequence }
        if sequence == expected {
            advance(past: sequence, payload)
            return .inSequence
        }
        if missing[sequence]?.fits(payload.time) == true {
            missing[sequence] = nil
            return .inSequence
        }
        if let time = payload.time, let lastTimestamp, time <= lastTimestamp { return .again }
        let left = MissingMessage(since: now, after: lastTimestamp, before: payload.time)
        var number = expected
        while number != sequence {
            missing[number] = left
            number &+= 1
        }
        advance(past: sequence, payload)
        return .inSequence
    }

    mutating func advance(past sequence: UInt8?, _ payload: SparkplugPayload) {
        nextSequence = sequence.map { $0 &+ 1 }
        guard let time = payload.time else { return }
        lastTimestamp = time
        newestTimestamp = max(newestTimestamp ?? 0, time)
    }

    /// Whether a message was processed before, or belongs to a session that has ended.
    ///
    /// After a restart that is all that is not newer than what was stored. Else it is what was sent before the node's
    /// birth; a clock that was set back looks the same, but then the numbers go on and the device is online.
    func comesAgain(_ payload: SparkplugPayload, of device: String?) -> Bool {
        guard let time = payload.time else { return false }
        if isResuming, let newestTimestamp, time <= newestTimestamp {
            if let sequence = payload.sequence, missing[sequence]?.fits(time) == true { return false }
            return time < newestTimestamp || payload.sequence != nextSequence
        }
        guard let birth = node.table?.birthTimestamp, time < birth else { return false }
        let subject = subject(device)
        return payload.sequence != nextSequence || subject?.isOnline != true || subject?.isAmbiguous(payload) == true
    }

    /// Whether a node's birth comes again.
    func isKnown(birth payload: SparkplugPayload) -> Bool {
        guard let time = payload.time, isResuming || (node.isOnline && rebirthReason == nil) else { return false }
        return births.contains(SessionBirth(timestamp: time, bdSeq: payload.birthDeathSequence))
    }

    /// The metrics that were in force for a message that comes again: those of the last birth before it, in the same
    /// session of the node.
    func table(of device: String?, at time: UInt64) -> MetricTable? {
        guard let table = subject(device)?.table(at: time) else { return nil }
        let session = births.last { $0.timestamp <= time }?.timestamp ?? 0
        return table.birthTimestamp >= session ? table : nil
    }
}

extension SparkplugPayload {
    /// The time of sending; nil when there is none, or one that only a device without a clock can tell.
    var time: UInt64? { timestamp.flatMap(Timestamp.plausible) }
}

extension SparkplugMetric {
    /// The time of acquisition; nil when there is none, or one that only a device without a clock can tell.
    var time: UInt64? { timestamp.flatMap(Timestamp.plausible) }
}

extension Timestamp {
    fileprivate static func plausible(_ milliseconds: UInt64) -> UInt64? {
        milliseconds >= UInt64(clamping: earliestAccepted.milliseconds) ? milliseconds : nil
    }
}
