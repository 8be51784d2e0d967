import Primitives

extension SpanCover {
    /// Puts readings in the place of rollups where these are left out because there are so few readings.
    ///
    /// The pieces are in increasing time without overlap; the sparse buckets, which have nothing narrower, are in
    /// increasing time and may overlap.
    static func withReadings(in sparse: [(span: RollupSpan, bucket: Timestamp)], pieces: [Piece]) -> [Piece] {
        var result: [Piece] = []
        for piece in pieces {
            guard let span = piece.span else {
                append(piece, to: &result)
                continue
            }
            var place = piece.from
            for one in sparse where one.span.rawValue > span.rawValue {
                let start = max(place, one.bucket)
                let end = min(piece.to, one.bucket.adding(microseconds: one.span.width))
                if start >= end { continue }
                if place < start { append(Piece(span: span, from: place, to: start), to: &result) }
                append(Piece(span: nil, from: start, to: end), to: &result)
                place = end
            }
            if place < piece.to { append(Piece(span: span, from: place, to: piece.to), to: &result) }
        }
        return result
    }

    /// Appends a piece, joined with the last one when both are read from the same.
    private static func append(_ piece: Piece, to result: inout [Piece]) {
        if let last = result.last, last.span == piece.span, last.to == piece.from {
            result[result.count - 1].to = piece.to
        } else {
            result.append(piece)
        }
    }
}
