import Assets
import PostgreSQL
import Primitives
import SparkplugB
import Synchronization

extension SparkplugHost {
    /// What is known of the edge nodes, for people to look at: nodes and devices with their metrics, what is online,
    /// and a profile that would fit what has no device yet.
    ///
    /// Reads the database when this process does not ingest.
    public func overview(in store: SourceStore) async throws -> JSONValue {
        let plant = store.plant.snapshot
        var (nodes, rebirths, isPresent) = state.withLock { ($0.nodes, $0.rebirths, $0.isPresent) }
        if nodes == nil {
            let rows = try await store.database.query(SparkplugQueries.nodes(ofSource: sourceID))
            nodes = Dictionary(rows.map { ($0.name, $0.session) }) { first, _ in first }
            rebirths = Dictionary(rows.map { ($0.name, $0.rebirths) }) { first, _ in first }
        }
        let sorted = (nodes ?? [:]).values.sorted { $0.name < $1.name }
        return [
            "hostId": .optional(hostID),
            "online": .bool(isPresent),
            "nodes": .array(sorted.map { Self.json($0, rebirths: rebirths[$0.name] ?? 0, plant) }),
        ]
    }

    private static func json(_ session: NodeSession, rebirths: Int64, _ plant: PlantSnapshot) -> JSONValue {
        var members: JSONObject = [
            "group": .string(session.name.group), "node": .string(session.name.node),
            "online": .bool(session.isOnline),
            "bdSeq": session.bdSeq.map { .integer(Int64(clamping: $0)) } ?? .null,
            "seq": session.nextSequence.map { .integer(Int64($0 &- 1)) } ?? .null,
            "lastSeen": .optional(session.lastSeen),
            "gaps": .integer(session.gaps), "missing": .integer(Int64(session.missing.count)),
            "rebirthsRequested": .integer(rebirths),
            "rebirthReason": .optional(session.rebirthReason?.rawValue),
            "staleSince": .optional(session.node.staleSince),
        ]
        describe(session.node, session.name.identifier(), plant, in: &members)
        members["devices"] = .array(
            session.devices.sorted { $0.key < $1.key }.map { name, subject in
                var device: JSONObject = [
                    "device": .string(name), "online": .bool(subject.isOnline),
                    "staleSince": .optional(subject.staleSince),
                ]
                describe(subject, session.name.identifier(device: name), plant, in: &device)
                return .object(device)
            }
        )
        return .object(members)
    }

    private static func describe(
        _ subject: NodeSubject,
        _ identifier: String,
        _ plant: PlantSnapshot,
        in members: inout JSONObject
    ) {
        let known = plant.device(identifier: identifier)
        members["identifier"] = .string(identifier)
        members["plantwrightDevice"] = .optional(known?.key)
        let metrics = (subject.table?.definitions ?? []).filter { !NodeSession.isControl($0.name) }
        members["metrics"] = .array(
            metrics.map { metric in
                [
                    "name": .string(metric.name),
                    "alias": metric.alias.map { .integer(Int64(clamping: $0)) } ?? .null,
                    "dataType": .optional(metric.dataType?.name),
                    "unit": .optional(metric.unit),
                    "value": subject.values[metric.name]?.json ?? .null,
                ]
            }
        )
        members["suggestedProfile"] = known == nil ? SuggestedProfile(metrics).json : .null
    }
}

/// A profile for an edge node or device that has none, guessed from its birth.
struct SuggestedProfile {
    /// Most metrics of a profile.
    static let limit = 500

    private var metrics: [JSONValue] = []

    /// Takes numbers as gauges and booleans and texts as states; metrics whose names would share a key are left out
    /// but for the first.
    init(_ definitions: [MetricDefinition]) {
        var keys: Set<String> = []
        for definition in definitions {
            guard let type = definition.dataType, type.isScalar, metrics.count < Self.limit else { continue }
            let key = MetricKey.of(definition.name)
            guard keys.insert(key).inserted else { continue }
            let kind: MetricKind =
                switch type {
                case .boolean, .string, .text, .uuid: .state
                default: .gauge
                }
            metrics.append([
                "key": .string(key), "name": .string(String(definition.name.prefix(200))),
                "unit": .string(UnitGuess.ucum(definition.unit ?? "")), "kind": .string(kind.rawValue),
            ])
        }
    }

    /// The members of a profile's document; null when there is nothing to measure.
    var json: JSONValue { metrics.isEmpty ? .null : ["metrics": .array(metrics)] }
}

/// UCUM codes for units as people write them; what is unknown stays as it is.
enum UnitGuess {
    private static let known = [
        "°c": "Cel", "degc": "Cel", "deg c": "Cel", "celsius": "Cel", "°f": "[degF]", "degf": "[degF]", "c": "Cel",
        "f": "[degF]", "%": "%", "percent": "%", "rpm": "{rpm}", "psi": "[psi]", "kwh": "kW.h", "m3/h": "m3/h",
        "volt": "V", "volts": "V", "amp": "A", "amps": "A", "hz": "Hz",
    ]

    static func ucum(_ unit: String) -> String {
        known[unit.lowercased()] ?? (unit.utf8.count <= 40 ? unit : "")
    }
}

extension SparkplugValue {
    /// The value as JSON, for people to look at.
    var json: JSONValue {
        switch self {
        case .signed(let number): .integer(number)
        case .unsigned(let number), .time(let number):
            Int64(exactly: number).map(JSONValue.integer) ?? .string(String(number))
        case .number(let number): .number(number)
        case .boolean(let flag): .bool(flag)
        case .text(let text): .string(String(text.prefix(1_024)))
        case .null, .opaque: .null
        }
    }
}
