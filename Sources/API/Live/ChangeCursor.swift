/// A place in the change feed: a transaction and a row in it.
///
/// Everything at or before it has been seen.
public struct ChangeCursor: Hashable, Comparable, Sendable {
    /// The writing transaction's number.
    public var transaction: Int64
    /// The row.
    public var id: Int64

    /// Makes a cursor.
    public init(transaction: Int64, id: Int64) {
        self.transaction = transaction
        self.id = id
    }

    /// Reads the text form, `transaction.id`.
    public init?(_ text: String) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, let transaction = Int64(parts[0]), let id = Int64(parts[1]), transaction >= 0, id >= 0
        else { return nil }
        self.init(transaction: transaction, id: id)
    }

    /// The text form.
    public var text: String { "\(transaction).\(id)" }

    /// Orders by the natural order.
    public static func < (left: ChangeCursor, right: ChangeCursor) -> Bool {
        (left.transaction, left.id) < (right.transaction, right.id)
    }
}
