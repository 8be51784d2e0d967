import Primitives

extension NodeSession {
    mutating func nodeBirth(_ payload: SparkplugPayload, at now: Timestamp, into outcome: inout NodeOutcome) {
        if isKnown(birth: payload) {
            reread(.nodeBirth, device: nil, payload, into: &outcome)
            return
        }
        // A new birth ends the wait for what the session before it left out; that is lost.
        if !missing.isEmpty {
            giveUp(missing.count, into: &outcome)
            missing = [:]
        }
        let time = payload.time ?? UInt64(clamping: now.milliseconds)
        bdSeq = payload.birthDeathSequence
        births = births.suffix(SessionBirth.limit - 1) + [SessionBirth(timestamp: time, bdSeq: bdSeq)]
        isResuming = false
        rebirthReason = nil
        advance(past: payload.sequence, payload)
        node.beBorn(MetricTable(birth: payload, at: time))
        for device in devices.keys { devices[device]?.die(at: now) }
        hasNewBirths = true
        outcome.effects.append(.nodeOnline)
        read(payload, of: nil, with: node.table, into: &outcome)
        note(payload, of: nil)
    }

    mutating func nodeDeath(_ payload: SparkplugPayload, at now: Timestamp, into outcome: inout NodeOutcome) {
        guard node.isOnline else { return }
        // The will of an earlier session may come after the birth of the next one.
        if let number = payload.birthDeathSequence, let bdSeq, number != bdSeq { return }
        node.die(at: now)
        for device in devices.keys { devices[device]?.die(at: now) }
        hasNewBirths = true
        outcome.effects.append(.nodeOffline)
    }

    mutating func deviceBirth(
        _ device: String,
        _ payload: SparkplugPayload,
        at now: Timestamp,
        _ settings: HostSettings,
        into outcome: inout NodeOutcome
    ) {
        guard admit(payload, of: device, .deviceBirth, at: now, into: &outcome) else { return }
        guard devices[device] != nil || devices.count < settings.maximumDevices else {
            outcome.refusal = .tooManyDevices
            return
        }
        let table = MetricTable(birth: payload, at: payload.time ?? UInt64(clamping: now.milliseconds))
        change(device) { $0.beBorn(table) }
        hasNewBirths = true
        outcome.effects.append(.deviceOnline(device))
        read(payload, of: device, with: table, into: &outcome)
        note(payload, of: device)
    }

    mutating func deviceDeath(
        _ device: String,
        _ payload: SparkplugPayload,
        at now: Timestamp,
        into outcome: inout NodeOutcome
    ) {
        guard admit(payload, of: device, .deviceDeath, at: now, into: &outcome), devices[device]?.isOnline == true
        else {
            return
        }
        let time = payload.time.flatMap(Timestamp.init(sparkplug:)) ?? now
        devices[device]?.die(at: time)
        hasNewBirths = true
        outcome.effects.append(.deviceOffline(device))
    }

    mutating func data(
        of device: String?,
        _ payload: SparkplugPayload,
        at now: Timestamp,
        into outcome: inout NodeOutcome
    ) {
        let verb = device == nil ? SparkplugVerb.nodeData : .deviceData
        guard admit(payload, of: device, verb, at: now, into: &outcome) else { return }
        guard let subject = subject(device), subject.isOnline, let table = subject.table else {
            outcome.refusal = .birthMissing(.unbornDevice)
            // Its birth may be what is still missing.
            if missing.isEmpty { want(.unbornDevice, into: &outcome) }
            return
        }
        let unknown = read(payload, of: device, with: table, into: &outcome)
        note(payload, of: device)
        guard unknown > 0 else { return }
        if unknown == payload.metrics.count { outcome.refusal = .birthMissing(.unknownMetric) }
        if missing.isEmpty { want(.unknownMetric, into: &outcome) }
    }

    /// Decides whether a message goes on; one that comes again has only its values read.
    private mutating func admit(
        _ payload: SparkplugPayload,
        of device: String?,
        _ verb: SparkplugVerb,
        at now: Timestamp,
        into outcome: inout NodeOutcome
    ) -> Bool {
        if comesAgain(payload, of: device) {
            reread(verb, device: device, payload, into: &outcome)
            // Processed before; what it gave then is stored.
            if isResuming { outcome.refusal = nil }
            return false
        }
        guard node.isOnline else {
            outcome.refusal = .birthMissing(.unbornNode)
            want(.unbornNode, into: &outcome)
            return false
        }
        guard place(payload, at: now) == .inSequence else {
            reread(verb, device: device, payload, into: &outcome)
            return false
        }
        return true
    }

    /// Reads a message out of its place, with the birth that was in force when it was sent; changes nothing.
    func reread(_ verb: SparkplugVerb, device: String?, _ payload: SparkplugPayload, into outcome: inout NodeOutcome) {
        switch verb {
        case .nodeBirth, .deviceBirth:
            read(payload, of: device, with: MetricTable(birth: payload, at: 0), into: &outcome)
        case .nodeData, .deviceData:
            guard let table = payload.time.flatMap({ table(of: device, at: $0) }) else {
                outcome.refusal = .tooOld
                return
            }
            let unknown = read(payload, of: device, with: table, into: &outcome)
            if unknown > 0, unknown == payload.metrics.count { outcome.refusal = .birthMissing(.unknownMetric) }
        case .nodeDeath, .deviceDeath, .nodeCommand, .deviceCommand: break
        }
    }
}
