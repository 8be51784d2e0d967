import Primitives

/// Covers a time range with the widest buckets that fit, and readings where none do.
enum SpanCover {
    /// A part of the range and where it is read from; nil means readings.
    struct Piece: Hashable {
        var span: RollupSpan?
        var from: Timestamp
        var to: Timestamp
    }

    /// The pieces of `[from, to)` in increasing time, without gap or overlap; `widest` nil means readings only, and buckets
    /// that end after `through` do not exist.
    static func pieces(from: Timestamp, to: Timestamp, widest: RollupSpan?, through: Timestamp) -> [Piece] {
        if from >= to { return [] }
        guard let widest else { return [Piece(span: nil, from: from, to: to)] }
        let start = from.raised(to: widest.width)
        let end = min(to, through).floored(to: widest.width)
        let narrower = RollupSpan.allCases.last { $0.rawValue < widest.rawValue }
        guard start < end else { return pieces(from: from, to: to, widest: narrower, through: through) }
        return pieces(from: from, to: start, widest: narrower, through: through)
            + [Piece(span: widest, from: start, to: end)]
            + pieces(from: end, to: to, widest: narrower, through: through)
    }
}
