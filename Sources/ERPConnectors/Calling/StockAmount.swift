import Primitives

/// Amounts of stock in the words of notes.
enum StockAmount {
    /// A number as people write it.
    static func text(_ number: Double) -> String { JSONValue.text(of: number) }

    /// What a question for parts came to: a shortage is an answer, no failure.
    static func note(item: String, needed: Double?, available: Double?) -> String {
        guard let available else { return "The ERP did not say how much there is of “\(item)”." }
        let there = "\(text(available)) of “\(item)” are there"
        guard let needed else { return there + "." }
        return available >= needed
            ? "\(there); \(text(needed)) are needed." : "Only \(there); \(text(needed)) are needed."
    }
}
