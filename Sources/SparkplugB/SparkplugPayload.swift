import SwiftProtobuf

/// A metric as a payload holds it; what its birth declared is not filled in.
public struct SparkplugMetric: Hashable, Sendable {
    /// The name; births always have it, other messages may have the alias alone.
    public var name: String?
    /// A number that stands for the name, unique in the edge node's whole set of metrics.
    public var alias: UInt64?
    /// When the value was acquired, in milliseconds since 1970-01-01 UTC.
    public var timestamp: UInt64?
    /// The declared type; nil when the message leaves it to the birth or the number is unknown.
    public var dataType: SparkplugDataType?
    /// Whether the value is history that must not change what counts as current.
    public var isHistorical = false
    /// Whether the sender asks not to store the value.
    public var isTransient = false
    /// Whether the metric has no value, said explicitly.
    public var isNull = false
    /// The property `Quality`: 192 good, 0 bad, 500 stale; nil when not told.
    public var quality: Int64?
    /// The property `engUnit`; nil when not told.
    public var unit: String?
    var value = WireValue.absent

    /// Makes a metric without a value.
    public init(name: String? = nil, alias: UInt64? = nil, timestamp: UInt64? = nil, dataType: SparkplugDataType? = nil)
    {
        self.name = name
        self.alias = alias
        self.timestamp = timestamp
        self.dataType = dataType
    }

    /// The value, read as a type.
    ///
    /// - Returns: nil when the value does not fit the type.
    public func value(as type: SparkplugDataType) -> SparkplugValue? {
        isNull ? .null : SparkplugValue(value, as: type)
    }
}

/// A payload that cannot be read.
public struct SparkplugPayloadError: Error, Hashable, Sendable {
    /// What is wrong.
    public var detail: String
}

/// A Sparkplug B payload (Sparkplug 3.0, section 6.4).
public struct SparkplugPayload: Hashable, Sendable {
    /// Largest accepted payload, in bytes.
    public static let maximumBytes = 4 << 20
    /// Most metrics in one payload.
    public static let maximumMetrics = 50_000
    /// Longest metric name, in bytes.
    public static let maximumName = 1_024

    /// When it was sent, in milliseconds since 1970-01-01 UTC.
    public var timestamp: UInt64?
    /// The sequence number; nil in deaths of nodes and in commands.
    public var sequence: UInt8?
    /// The metrics in their order.
    public var metrics: [SparkplugMetric]

    /// Makes a payload.
    public init(timestamp: UInt64? = nil, sequence: UInt8? = nil, metrics: [SparkplugMetric] = []) {
        self.timestamp = timestamp
        self.sequence = sequence
        self.metrics = metrics
    }

    /// Reads a payload.
    ///
    /// - Throws: when it is no protobuf of the schema, or exceeds a limit.
    public init(decoding bytes: [UInt8]) throws(SparkplugPayloadError) {
        guard bytes.count <= Self.maximumBytes else {
            throw SparkplugPayloadError(detail: "The payload has more than \(Self.maximumBytes) bytes.")
        }
        let wire: WirePayload
        do {
            wire = try WirePayload(serializedBytes: bytes)
        } catch {
            throw SparkplugPayloadError(detail: "Not a Sparkplug B payload: \(error).")
        }
        guard wire.metrics.count <= Self.maximumMetrics else {
            throw SparkplugPayloadError(detail: "The payload has more than \(Self.maximumMetrics) metrics.")
        }
        if wire.hasSeq {
            guard let number = UInt8(exactly: wire.seq) else {
                throw SparkplugPayloadError(detail: "The sequence number is \(wire.seq), beyond 255.")
            }
            sequence = number
        }
        timestamp = wire.hasTimestamp ? wire.timestamp : nil
        metrics = []
        metrics.reserveCapacity(wire.metrics.count)
        for metric in wire.metrics { metrics.append(try SparkplugMetric(metric)) }
    }

    /// The value of `bdSeq`, which tells which session a node's birth or death belongs to.
    public var birthDeathSequence: UInt64? {
        metrics.first { $0.name == Self.birthDeathName }.flatMap { metric in
            switch metric.value(as: metric.dataType ?? .uint64) {
            case .signed(let number): UInt64(exactly: number)
            case .unsigned(let number): number
            default: nil
            }
        }
    }

    static let birthDeathName = "bdSeq"
}

extension SparkplugMetric {
    init(_ wire: WireMetric) throws(SparkplugPayloadError) {
        guard wire.name.utf8.count <= SparkplugPayload.maximumName else {
            throw SparkplugPayloadError(detail: "A metric's name has more than \(SparkplugPayload.maximumName) bytes.")
        }
        name = wire.hasName && !wire.name.isEmpty ? wire.name : nil
        alias = wire.hasAlias ? wire.alias : nil
        timestamp = wire.hasTimestamp ? wire.timestamp : nil
        dataType = wire.hasDatatype && wire.datatype != 0 ? SparkplugDataType(rawValue: wire.datatype) : nil
        isHistorical = wire.isHistorical
        isTransient = wire.isTransient
        isNull = wire.isNull
        value =
            switch wire.value {
            case .intValue(let number): .int(number)
            case .longValue(let number): .long(number)
            case .floatValue(let number): .float(number)
            case .doubleValue(let number): .double(number)
            case .booleanValue(let flag): .boolean(flag)
            case .stringValue(let text): .string(text)
            case .bytesValue, .datasetValue, .templateValue, .extensionValue: .opaque
            case nil: .absent
            }
        guard wire.hasProperties else { return }
        for (key, property) in zip(wire.properties.keys, wire.properties.values) where !property.isNull {
            switch (key.lowercased(), property.value) {
            case ("quality", .intValue(let number)): quality = Int64(number)
            case ("quality", .longValue(let number)): quality = Int64(clamping: number)
            case ("engunit", .stringValue(let text)): unit = text
            default: break
            }
        }
    }
}
