import Assets
import PostgreSQL
import Primitives

/// Reads what a chart of one device needs, in one snapshot of the store and in few statements.
struct ChartReading: Sendable {
    /// What was found.
    enum Found: Sendable {
        /// Every reading.
        case raw(SlotColumns)
        /// Buckets, and what most of them were read from; nil for readings.
        case buckets(ChartColumns, source: RollupSpan?)

        /// The codes that will be shown of those metrics that are states.
        func states(of metrics: [Metric]) -> Set<Int32> {
            var codes: Set<Int32> = []
            var place = 0
            for metric in metrics {
                defer { place += metric.width }
                if metric.kind != .state { continue }
                switch self {
                case .raw(let readings): for value in readings.columns[place] { codes.insert(state: value) }
                case .buckets(let columns, _): for one in columns.columns[place] { codes.insert(state: one.last) }
                }
            }
            return codes
        }
    }

    let rows: ReadingRows
    /// The slots of the metrics, in their order.
    let slots: [Int]
    /// Which of them belong to gauges.
    let areGauges: [Bool]
    /// Where counters roll over.
    let rollovers: SlotRollovers
    /// The range, its end exclusive.
    let from: Timestamp
    let to: Timestamp
    /// Most points.
    let points: Int

    /// Reads; `session` shows one state of the store.
    func read(in session: some PostgresSession) async throws -> Found {
        if try await !rows.exceeds(points, from: from, to: to, in: session) {
            var readings = SlotColumns(places: slots.count)
            try await rows.stream(slots: slots, from: from, to: to, in: session) { readings.append($0) }
            return .raw(readings)
        }
        let reach = try await session.first(RollupQueries.reach(device: rows.device, from: from))
        let resolution = try await resolution(reach, in: session)
        var columns = ChartColumns(
            width: resolution.width,
            // One bucket for all ends where the range does; others stand on the clock.
            origin: points < 2 ? to.adding(microseconds: -resolution.width) : Timestamp(microseconds: 0),
            slots: slots,
            rollovers: rollovers
        )
        try await add(resolution.source, through: reach?.through, to: &columns, in: session)
        return .buckets(columns, source: resolution.source)
    }

    private func resolution(_ reach: RollupReach?, in session: some PostgresSession) async throws -> ChartResolution {
        let start = try await firstTime(reach, in: session)
        let span = max(1, to.microseconds - start.microseconds)
        var source = ChartResolution.source(span: span, points: points)
        if source == nil {
            let isMuch = try await rows.exceeds(ChartResolution.mostReadings, from: from, to: to, in: session)
            if isMuch, span / RollupSpan.minute.width >= 2 { source = .minute }
        }
        let width = ChartResolution.width(span: to.microseconds - start.microseconds, points: points, source: source)
        return ChartResolution(source: source, width: width)
    }

    /// Where the data of the range begin, about: a span that begins long before would be drawn coarsely for nothing.
    private func firstTime(_ reach: RollupReach?, in session: some PostgresSession) async throws -> Timestamp {
        let hour = reach?.firstHour
        // Buckets from the first hour on.
        if let hour, hour <= from.raised(to: RollupSpan.hour.width) { return from }
        for stretch in rows.retention.stretches(from: from, to: to) {
            let first = RollupQueries.first(device: rows.device, retention: stretch.retention, from: stretch.from)
            if let found = try await session.first(first) ?? nil, found < stretch.to {
                return max(from, min(found, hour ?? to))
            }
        }
        return max(from, min(to, hour ?? to))
    }

    /// Adds the readings of the range from the widest rollups up to `widest` that there are.
    private func add(
        _ widest: RollupSpan?,
        through: Timestamp?,
        to columns: inout ChartColumns,
        in session: some PostgresSession
    ) async throws {
        var pieces = SpanCover.pieces(
            from: from,
            to: to,
            widest: widest,
            through: through ?? Timestamp(microseconds: .min / 2)
        )
        if pieces.contains(where: { $0.span.map { $0 != .hour } ?? false }) {
            let density = RollupDensity(retention: rows.retention)
            let sparse = try await session.query(RollupQueries.sparse(device: rows.device, pieces))
                .filter { density.isSparse($0.span, $0.bucket, readings: $0.readings) }
            pieces = SpanCover.withReadings(in: sparse.map { ($0.span, $0.bucket) }, pieces: pieces)
        }
        var stored = try await StoredSlots(slots, areGauges, device: rows.device, pieces, in: session)
        for piece in pieces {
            if piece.span == nil {
                try await rows.stream(slots: slots, from: piece.from, to: piece.to, in: session) { columns.add($0) }
            } else {
                stored.move(before: piece.to, to: &columns)
            }
        }
    }
}

/// What the buckets of pieces know of some slots, handed on in the order of time.
private struct StoredSlots {
    private let rows: [[SlotRow]]
    /// By place, how many were handed on.
    private var done: [Int]

    init(
        _ slots: [Int],
        _ areGauges: [Bool],
        device: Int32,
        _ pieces: [SpanCover.Piece],
        in session: some PostgresSession
    ) async throws {
        var rows: [[SlotRow]] = []
        if pieces.contains(where: { $0.span != nil }) {
            for (slot, isGauge) in zip(slots, areGauges) {
                let slot = Int32(clamping: slot)
                var found = try await session.query(
                    RollupQueries.slot(slot, isGauge: isGauge, device: device, pieces)
                )
                // They nearly always come in order.
                let isInOrder = zip(found, found.dropFirst()).allSatisfy { $0.bucket < $1.bucket }
                if !isInOrder { found.sort { $0.bucket < $1.bucket } }
                rows.append(found)
            }
        }
        self.rows = rows
        done = Array(repeating: 0, count: rows.count)
    }

    /// Hands on the buckets that begin before a time.
    mutating func move(before end: Timestamp, to columns: inout ChartColumns) {
        while true {
            var earliest = end
            for place in rows.indices where done[place] < rows[place].count {
                earliest = min(earliest, rows[place][done[place]].bucket)
            }
            if earliest >= end { return }
            for place in rows.indices where done[place] < rows[place].count {
                let row = rows[place][done[place]]
                if row.bucket > earliest { continue }
                columns.add(row.statistics, place: place, at: row.bucket)
                done[place] += 1
            }
        }
    }
}
