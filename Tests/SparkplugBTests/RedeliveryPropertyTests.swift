import Primitives
import SeededRandom
import Testing

@testable import SparkplugB

/// A message on its way.
private struct Sent {
    var verb: SparkplugVerb
    var device: String?
    var payload: SparkplugPayload
    var now: Timestamp
}

/// An edge node with devices that come, go, lose messages and are reborn with other aliases.
private struct RandomEdge {
    private var random: SeededGenerator
    private var time: UInt64 = 0
    private var sequence: UInt8 = 0
    private var bdSeq: UInt64 = 0
    private var aliases: [String: UInt64] = [:]
    private var value: UInt64 = 0
    private(set) var log: [Sent] = []

    init(seed: UInt64, messages: Int) {
        random = SeededGenerator(seed: seed)
        bear()
        while log.count < messages {
            switch Int.random(in: 0..<100, using: &random) {
            case 0..<3:
                log.append(Sent(verb: .nodeDeath, payload: death(bdSeq: bdSeq), now: at(Double(time) / 1_000)))
                bdSeq += 1
                bear()
            case 3..<5: bear()
            case 5..<7: sequence &+= UInt8.random(in: 1...3, using: &random)  // lost on the way
            case 7..<10:
                send(.deviceDeath, device: "d1", [])
                bear(device: "d1")
            default:
                let device = ["d1", "d2", nil][Int.random(in: 0..<3, using: &random)]
                value += 1
                send(
                    device == nil ? .nodeData : .deviceData,
                    device: device,
                    [
                        metric(nil, .long(value), alias: aliases[device ?? ""], type: nil)
                    ]
                )
            }
        }
    }

    private mutating func bear() {
        sequence = 0
        let alias = nextAlias()
        aliases[""] = alias
        send(
            .nodeBirth,
            device: nil,
            [metric("bdSeq", .long(bdSeq)), metric("load\(alias)", .long(value), alias: alias)]
        )
        bear(device: "d1")
        bear(device: "d2")
    }

    private mutating func bear(device: String) {
        let alias = nextAlias()
        aliases[device] = alias
        // The alias is the same in every session, the metric behind it is not.
        send(.deviceBirth, device: device, [metric("\(device)-\(time % 7)", .long(value), alias: alias)])
    }

    private mutating func nextAlias() -> UInt64 { UInt64.random(in: 1...3, using: &random) }

    private mutating func send(_ verb: SparkplugVerb, device: String?, _ metrics: [SparkplugMetric]) {
        time += UInt64.random(in: 1...40, using: &random)
        log.append(
            Sent(verb: verb, device: device, payload: payload(sequence, time, metrics), now: at(Double(time) / 1_000))
        )
        sequence &+= 1
    }
}

/// What a store keeps: one value per device, time and name, and every attempt to change one.
private struct Store: Equatable {
    struct Place: Hashable {
        var device: String?
        var time: Timestamp?
        var name: String
    }

    var values: [Place: SparkplugValue] = [:]
    var conflicts = 0

    /// A few of the places that only one of two stores has.
    func differences(from other: Store) -> (missing: [Place], extra: [Place]) {
        (
            Array(other.values.keys.filter { values[$0] == nil }.prefix(3)),
            Array(values.keys.filter { other.values[$0] == nil }.prefix(3))
        )
    }

    mutating func add(_ outcome: NodeOutcome) {
        for reading in outcome.readings {
            for field in reading.fields {
                let place = Place(device: reading.device, time: reading.timestamp, name: field.name)
                if let known = values[place], known != field.value { conflicts += 1 }
                values[place] = field.value
            }
        }
    }
}

/// What of a session must not depend on crashes.
private struct Essence: Equatable {
    var bdSeq: UInt64?
    var next: UInt8?
    var gaps: Int64
    var missing: Set<UInt8>
    var online: [String: Bool]
    var tables: [String: MetricTable?]

    init(_ session: NodeSession) {
        bdSeq = session.bdSeq
        next = session.nextSequence
        gaps = session.gaps
        missing = Set(session.missing.keys)
        online = session.devices.mapValues(\.isOnline)
        tables = session.devices.mapValues(\.table)
        online[""] = session.isOnline
        tables[""] = session.node.table
    }
}

@Suite struct RedeliveryPropertyTests {
    private static let settings = HostSettings(reorderTimeout: 1_000_000)

    private func process(_ sent: ArraySlice<Sent>, _ session: inout NodeSession, _ store: inout Store) {
        for message in sent {
            store.add(
                session.receive(message.verb, device: message.device, message.payload, at: message.now, Self.settings)
            )
        }
    }

    /// Batches fail before or after COMMIT, and what was not acknowledged comes again, also several batches of it.
    @Test(arguments: 0..<40 as Range<UInt64>)
    func killsChangeNeitherValuesNorState(seed: UInt64) {
        let log = RandomEdge(seed: seed, messages: 500).log
        var quiet = NodeSession(name: press)
        var expected = Store()
        process(log[...], &quiet, &expected)
        #expect(expected.conflicts == 0)

        var random = SeededGenerator(seed: seed ^ 0xDEAD)
        var committed = NodeSession(name: press)
        var store = Store()
        var acknowledged = 0
        while acknowledged < log.count {
            let end = min(log.count, acknowledged + Int.random(in: 1...120, using: &random))
            var working = committed
            var batch = store
            process(log[acknowledged..<end], &working, &batch)
            switch Int.random(in: 0..<4, using: &random) {
            case 0: committed = restart(committed)  // killed before COMMIT
            case 1:  // killed after COMMIT, before the acknowledgement
                committed = restart(working)
                store = batch
            default:
                committed = working
                store = batch
                acknowledged = end
            }
        }
        let (missing, extra) = store.differences(from: expected)
        #expect(missing.isEmpty)
        #expect(extra.isEmpty)
        #expect(store.conflicts == 0)
        #expect(Essence(committed) == Essence(quiet))
    }

    /// The process starts anew with what was stored.
    private func restart(_ session: NodeSession) -> NodeSession {
        NodeSession(name: session.name, order: session.orderDocument, births: session.birthsDocument)
    }
}
