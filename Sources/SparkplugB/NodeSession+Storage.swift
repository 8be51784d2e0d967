import Primitives

/// A session as it is stored: two JSON documents, of which the one with the births is large and changes seldom.
extension NodeSession {
    /// The order of messages: numbers, times, what is missing.
    public var orderDocument: JSONValue {
        [
            "bdSeq": .word(bdSeq),
            "next": nextSequence.map { .integer(Int64($0)) } ?? .null,
            "last": .word(lastTimestamp),
            "newest": .word(newestTimestamp),
            "births": .array(births.map { [.word($0.timestamp), .word($0.bdSeq)] }),
            "seen": .time(lastSeen),
            "missing": .array(
                missing.sorted { $0.key < $1.key }.map {
                    [.integer(Int64($0.key)), .time($0.value.since), .word($0.value.after), .word($0.value.before)]
                }
            ),
            "gaps": .integer(gaps),
            "rebirth": .optional(rebirthReason?.rawValue),
        ]
    }

    /// What births and deaths told.
    public var birthsDocument: JSONValue {
        var members = JSONObject()
        for (name, subject) in devices.sorted(by: { $0.key < $1.key }) { members[name] = subject.document }
        return ["node": node.document, "devices": .object(members)]
    }

    /// Makes a session from its documents; what is missing or of a wrong type is as if nothing were known of it.
    public init(name: EdgeNodeName, order: JSONValue, births: JSONValue) {
        self.init(name: name)
        bdSeq = order["bdSeq"]?.word
        nextSequence = order["next"]?.integer.flatMap(UInt8.init(exactly:))
        lastTimestamp = order["last"]?.word
        newestTimestamp = order["newest"]?.word
        isResuming = true
        self.births = (order["births"]?.array ?? []).compactMap { entry in
            guard let parts = entry.array, parts.count == 2, let time = parts[0].word else { return nil }
            return SessionBirth(timestamp: time, bdSeq: parts[1].word)
        }
        lastSeen = order["seen"]?.time
        for entry in order["missing"]?.array ?? [] {
            guard let parts = entry.array, parts.count == 4,
                let number = parts[0].integer.flatMap(UInt8.init(exactly:)),
                let time = parts[1].time
            else { continue }
            missing[number] = MissingMessage(since: time, after: parts[2].word, before: parts[3].word)
        }
        gaps = order["gaps"]?.integer ?? 0
        rebirthReason = order["rebirth"]?.string.flatMap(RebirthReason.init(rawValue:))
        node = NodeSubject(births["node"] ?? .null)
        for member in births["devices"]?.object?.members ?? [] { devices[member.name] = NodeSubject(member.value) }
    }
}

extension NodeSubject {
    fileprivate var document: JSONValue {
        [
            "online": .bool(isOnline), "stale": .time(staleSince), "table": table?.document ?? .null,
            "previous": previous?.document ?? .null,
        ]
    }

    fileprivate init(_ document: JSONValue) {
        self.init(
            isOnline: document["online"]?.bool ?? false,
            staleSince: document["stale"]?.time,
            table: document["table"].flatMap(MetricTable.init),
            previous: document["previous"].flatMap(MetricTable.init)
        )
    }
}

extension MetricTable {
    fileprivate var document: JSONValue {
        [
            "birth": .word(birthTimestamp),
            "metrics": .array(
                definitions.map {
                    [
                        .string($0.name), .word($0.alias), $0.dataType.map { .integer(Int64($0.rawValue)) } ?? .null,
                        .optional($0.unit),
                    ]
                }
            ),
        ]
    }

    fileprivate init?(_ document: JSONValue) {
        guard let birth = document["birth"]?.word else { return nil }
        let definitions = (document["metrics"]?.array ?? []).compactMap { entry -> MetricDefinition? in
            guard let parts = entry.array, parts.count == 4, let name = parts[0].string else { return nil }
            let type = parts[2].integer.flatMap(UInt32.init(exactly:)).flatMap(SparkplugDataType.init(rawValue:))
            return MetricDefinition(name: name, alias: parts[1].word, dataType: type, unit: parts[3].string)
        }
        self.init(birthTimestamp: birth, definitions: definitions)
    }
}

extension JSONValue {
    /// 64 bits as a signed number, since JSON documents here have no larger ones.
    fileprivate static func word(_ number: UInt64?) -> JSONValue {
        number.map { .integer(Int64(bitPattern: $0)) } ?? .null
    }

    fileprivate var word: UInt64? { integer.map(UInt64.init(bitPattern:)) }

    fileprivate static func time(_ time: Timestamp?) -> JSONValue {
        time.map { .integer($0.microseconds) } ?? .null
    }

    fileprivate var time: Timestamp? { integer.map(Timestamp.init(microseconds:)) }
}
