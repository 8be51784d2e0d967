/// What a birth said about one metric.
public struct MetricDefinition: Hashable, Sendable {
    /// Its name.
    public var name: String
    /// The number that stands for the name in later messages.
    public var alias: UInt64?
    /// Its type; nil when the birth told none that is known.
    public var dataType: SparkplugDataType?
    /// Its engineering unit, from the property `engUnit`.
    public var unit: String?

    /// Makes a definition.
    public init(name: String, alias: UInt64? = nil, dataType: SparkplugDataType? = nil, unit: String? = nil) {
        self.name = name
        self.alias = alias
        self.dataType = dataType
        self.unit = unit
    }
}

/// The metrics that one birth defined.
public struct MetricTable: Hashable, Sendable {
    /// When the birth was sent, in milliseconds since 1970-01-01 UTC.
    public private(set) var birthTimestamp: UInt64
    /// The definitions in the birth's order.
    public private(set) var definitions: [MetricDefinition]
    private var byName: [String: Int]
    private var byAlias: [UInt64: Int]

    /// Makes a table; of several definitions with one name or alias the last counts.
    public init(birthTimestamp: UInt64, definitions: [MetricDefinition]) {
        self.birthTimestamp = birthTimestamp
        self.definitions = definitions
        byName = [:]
        byAlias = [:]
        byName.reserveCapacity(definitions.count)
        for (index, definition) in definitions.enumerated() {
            byName[definition.name] = index
            if let alias = definition.alias { byAlias[alias] = index }
        }
    }

    /// The table of a birth.
    init(birth payload: SparkplugPayload, at birthTimestamp: UInt64) {
        self.init(
            birthTimestamp: birthTimestamp,
            definitions: payload.metrics.compactMap { metric in
                metric.name.map {
                    MetricDefinition(name: $0, alias: metric.alias, dataType: metric.dataType, unit: metric.unit)
                }
            }
        )
    }

    /// What is known of a metric in a message: by its name if it has one, else by its alias.
    ///
    /// A metric with a name and a type of its own needs no birth.
    ///
    /// - Returns: nil when it is unknown.
    func definition(of metric: SparkplugMetric) -> MetricDefinition? {
        if let name = metric.name {
            if let index = byName[name] { return definitions[index] }
            return metric.dataType.map { MetricDefinition(name: name, dataType: $0) }
        }
        return metric.alias.flatMap { byAlias[$0] }.map { definitions[$0] }
    }
}
