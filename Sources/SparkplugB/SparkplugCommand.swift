import SwiftProtobuf

/// A command to an edge node or one of its devices (Sparkplug 3.0, sections 6.4.24 and 6.4.25): an MQTT message with
/// quality of service 0, not retained, without a sequence number.
public struct SparkplugCommand: Hashable, Sendable {
    /// What a metric is to become.
    public struct Setting: Hashable, Sendable {
        /// The metric's name, as in the birth.
        public var name: String
        /// The type of the birth.
        public var dataType: SparkplugDataType
        /// The value.
        public var value: SparkplugValue

        /// Makes a setting.
        public init(name: String, dataType: SparkplugDataType, value: SparkplugValue) {
            self.name = name
            self.dataType = dataType
            self.value = value
        }
    }

    /// The edge node.
    public var node: EdgeNodeName
    /// Its device, for a DCMD; nil for an NCMD.
    public var device: String?
    /// What is to be set.
    public var settings: [Setting]

    /// Makes a command.
    public init(node: EdgeNodeName, device: String? = nil, settings: [Setting]) {
        self.node = node
        self.device = device
        self.settings = settings
    }

    /// The metric that asks for new births.
    public static let rebirthName = "Node Control/Rebirth"

    /// Asks an edge node to send its NBIRTH and all DBIRTHs again.
    public static func rebirth(of node: EdgeNodeName) -> SparkplugCommand {
        SparkplugCommand(
            node: node,
            settings: [Setting(name: rebirthName, dataType: .boolean, value: .boolean(true))]
        )
    }

    /// Where it is published.
    public var topic: String {
        SparkplugTopic.edge(node, device == nil ? .nodeCommand : .deviceCommand, device: device).text
    }

    /// The bytes to publish.
    ///
    /// - Parameter time: the time of sending, in milliseconds since 1970-01-01 UTC.
    /// - Returns: a protobuf of the schema.
    public func payload(at time: UInt64) -> [UInt8] {
        var wire = WirePayload()
        wire.timestamp = time
        for setting in settings {
            var metric = WireMetric()
            metric.name = setting.name
            metric.timestamp = time
            metric.datatype = setting.dataType.rawValue
            metric.set(setting.value, as: setting.dataType)
            wire.metrics.append(metric)
        }
        // Encoding fails for missing required fields and beyond 2 GiB; there are neither.
        return (try? wire.serializedBytes()) ?? []
    }
}

extension WireMetric {
    /// Puts a value into the field that the reference implementation uses for its type.
    mutating func set(_ value: SparkplugValue, as type: SparkplugDataType) {
        switch value {
        case .signed(let number) where type == .int64: longValue = UInt64(bitPattern: number)
        case .signed(let number): intValue = UInt32(truncatingIfNeeded: number)
        case .unsigned(let number) where type == .uint32 || type == .uint64: longValue = number
        case .unsigned(let number): intValue = UInt32(truncatingIfNeeded: number)
        case .number(let number) where type == .float: floatValue = Float(number)
        case .number(let number): doubleValue = number
        case .boolean(let flag): booleanValue = flag
        case .text(let text): stringValue = text
        case .time(let time): longValue = time
        case .null, .opaque: isNull = true
        }
    }
}
