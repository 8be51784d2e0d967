/// Where an evaluation takes the values of names from.
public protocol ValueSource {
    /// The number in a slot; NaN for null.
    ///
    /// A boolean is 0 or 1, a state its stored code, a location its latitude with the longitude in the next slot.
    func number(at slot: Int) -> Double

    /// The text in a slot of type text; nil for null.
    func text(at slot: Int) -> String?
}

/// The slots of one reading, by metric ordinal; NaN, and everything beyond the end, is null.
public struct RowSource: ValueSource {
    private let slots: [Double]

    /// Makes a source of a row.
    public init(_ slots: [Double]) {
        self.slots = slots
    }

    /// The number in a slot.
    public func number(at slot: Int) -> Double {
        slot < slots.count ? slots[slot] : .nan
    }

    /// Null: a row has no texts.
    public func text(at slot: Int) -> String? { nil }
}
