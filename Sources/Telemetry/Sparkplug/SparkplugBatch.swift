import Decoders
import PostgreSQL
import Primitives
import SparkplugB

/// The working copy of a ``SparkplugHost`` for one batch.
struct SparkplugBatch: StatefulDecoding {
    let host: SparkplugHost
    private var nodes: [EdgeNodeName: NodeSession]
    private var touched: Set<EdgeNodeName> = []
    private(set) var sequenceGaps: [String: Int64] = [:]

    init(host: SparkplugHost, nodes: [EdgeNodeName: NodeSession]) {
        self.host = host
        self.nodes = nodes
    }

    mutating func decode(_ message: SourceMessage) throws(DecodeFailure) -> [Sample] {
        guard let topic = SparkplugTopic(message.topic) else {
            throw DecodeFailure(
                .badShape,
                "The topic is none of Sparkplug B: spBv1.0/{group}/{NBIRTH, NDATA …}/{node}[/{device}]."
            )
        }
        guard case .edge(let name, let verb, let device) = topic, !verb.isCommand else { return [] }
        let payload: SparkplugPayload
        do throws(SparkplugPayloadError) {
            payload = try SparkplugPayload(decoding: message.payload)
        } catch {
            throw DecodeFailure(.badPayload, error.detail)
        }
        let identifier = try DeviceTemplate.checked(name.identifier(device: device), pointer: "")
        guard nodes[name] != nil || nodes.count < SparkplugHost.maximumNodes else {
            throw DecodeFailure(.tooLarge, "There are more than \(SparkplugHost.maximumNodes) edge nodes.")
        }
        let outcome = nodes[name, default: NodeSession(name: name)].receive(
            verb,
            device: device,
            payload,
            at: message.receivedAt,
            isKept: message.isReplay,
            host.settings
        )
        if !message.isReplay { touched.insert(name) }
        if !outcome.effects.isEmpty { count(outcome, of: name) }
        if let refusal = outcome.refusal { throw DecodeFailure(refusal, of: name) }
        return outcome.readings.compactMap { Sample($0, identifier: identifier) }
    }

    /// Counts gaps for the edge node and for each of its devices that may have lost something by them.
    private mutating func count(_ outcome: NodeOutcome, of name: EdgeNodeName) {
        let missed = outcome.effects.reduce(Int64(0)) { sum, effect in
            if case .gap(let count) = effect { sum + Int64(count) } else { sum }
        }
        if missed == 0 { return }
        sequenceGaps[name.identifier(), default: 0] += missed
        for device in Set(outcome.devicesInGap) { sequenceGaps[name.identifier(device: device), default: 0] += missed }
    }

    mutating func write(in transaction: Transaction) async throws -> @Sendable () -> Void {
        let changed = touched.sorted().compactMap { nodes[$0] }
        let born = changed.filter(\.hasNewBirths)
        let others = changed.filter { !$0.hasNewBirths }
        if !born.isEmpty { _ = try await transaction.execute(SparkplugQueries.store(born, ofSource: host.sourceID)) }
        if !others.isEmpty {
            _ = try await transaction.execute(SparkplugQueries.storeOrder(others, ofSource: host.sourceID))
        }
        for session in born { nodes[session.name]?.hasNewBirths = false }
        return { [host, nodes, isChanged = !changed.isEmpty] in
            if isChanged { host.committed(nodes) }
        }
    }
}

extension DecodeFailure {
    /// Says why an edge node's message gives no values.
    fileprivate init(_ refusal: NodeRefusal, of name: EdgeNodeName) {
        switch refusal {
        case .birthMissing(.unbornNode):
            self.init(.birthMissing, "No NBIRTH of \(name.identifier()) is known; a rebirth was asked for.")
        case .birthMissing(.unbornDevice):
            self.init(.birthMissing, "No DBIRTH of the device is known in this session; a rebirth was asked for.")
        case .birthMissing(.unknownMetric), .birthMissing(.gap):
            self.init(.birthMissing, "No birth has defined the metrics of the message; a rebirth was asked for.")
        case .tooOld:
            self.init(.birthMissing, "The message is older than the births that are known.")
        case .tooManyDevices:
            self.init(.tooLarge, "The edge node has too many devices.")
        }
    }
}

extension Sample {
    /// The quality of readings that the source calls bad or stale.
    static let degraded: Int16 = 2

    /// Turns values of an edge node into a sample: by their names, and by keys where a name is no key.
    ///
    /// - Returns: nil when there are no values.
    fileprivate init?(_ reading: NodeReading, identifier: String) {
        if reading.fields.isEmpty { return nil }
        var fields: [Field] = []
        fields.reserveCapacity(reading.fields.count)
        for field in reading.fields {
            let value = FieldValue(field.value)
            fields.append(Field(field.name, value))
            let key = MetricKey.of(field.name)
            if key != field.name { fields.append(Field(key, value)) }
        }
        self.init(
            identifier: identifier,
            timestamp: reading.timestamp,
            fields: fields,
            quality: reading.isDegraded ? Self.degraded : 0
        )
    }
}

extension FieldValue {
    fileprivate init(_ value: SparkplugValue) {
        switch value {
        case .boolean(let flag): self = .flag(flag)
        case .text(let text): self = .text(text)
        case .null, .opaque: self = .absent
        case .signed, .unsigned, .number, .time: self = value.double.map(FieldValue.number) ?? .absent
        }
    }
}
