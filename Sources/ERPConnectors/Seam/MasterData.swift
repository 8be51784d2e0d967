/// A piece of equipment in the ERP.
public struct EquipmentRecord: Hashable, Sendable {
    /// What orders name it by: the value of an asset's `equipment` reference.
    public var reference: String
    /// Its name there.
    public var name: String
    /// The manufacturer's serial number.
    public var serial: String?
    /// The plant's own tag or inventory number.
    public var tag: String?
    /// Where it is, in words.
    public var location: String?
    /// Whether it is out of use.
    public var isRetired: Bool

    /// Makes a record.
    public init(
        reference: String,
        name: String,
        serial: String? = nil,
        tag: String? = nil,
        location: String? = nil,
        isRetired: Bool = false
    ) {
        self.reference = reference
        self.name = name
        self.serial = serial
        self.tag = tag
        self.location = location
        self.isRetired = isRetired
    }
}

/// An item of stock in the ERP.
public struct ItemRecord: Hashable, Sendable {
    /// What stock operations name it by.
    public var reference: String
    /// Its name there.
    public var name: String
    /// The unit that it is counted in, in the ERP's words.
    public var unit: String?

    /// Makes a record.
    public init(reference: String, name: String, unit: String? = nil) {
        self.reference = reference
        self.name = name
        self.unit = unit
    }
}

/// How much there is of an item.
public struct StockFigure: Hashable, Sendable {
    /// What is on hand.
    public var onHand: Double
    /// What is on hand and not promised to anything else; nil when the ERP does not say.
    public var available: Double?

    /// Makes a figure.
    public init(onHand: Double, available: Double? = nil) {
        self.onHand = onHand
        self.available = available
    }
}

/// One value of a pick list.
public struct Choice: Hashable, Sendable {
    /// What is sent.
    public var value: String
    /// What people read.
    public var label: String

    /// Makes a choice.
    public init(_ value: String, _ label: String) {
        self.value = value
        self.label = label
    }
}
