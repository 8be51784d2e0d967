import Assets
import PostgreSQL
import Primitives
import SeededRandom
import TestSupport
import Testing

@testable import Telemetry

@Suite struct ChartTests {
    @Test(arguments: 0..<300)
    func piecesCoverTheRange(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let base = StoreWorkshop.day
        func time() -> Timestamp { base.adding(microseconds: Int64(random.next(upTo: 20_000)) * 1_000_000) }
        let (from, to, through) = (time(), time(), time().floored(to: RollupSpan.minute.width))
        for widest in [nil, .minute, .tenMinutes, .hour] as [RollupSpan?] {
            let pieces = SpanCover.pieces(from: from, to: to, widest: widest, through: through)
            if from >= to {
                #expect(pieces.isEmpty)
                continue
            }
            #expect(pieces.first?.from == from && pieces.last?.to == to)
            for (left, right) in zip(pieces, pieces.dropFirst()) { #expect(left.to == right.from) }
            for piece in pieces {
                guard let span = piece.span else { continue }
                #expect(
                    piece.from == piece.from.floored(to: span.width) && piece.to == piece.to.floored(to: span.width)
                )
                #expect(piece.from < piece.to && piece.to <= through)
                #expect(span.rawValue <= (widest?.rawValue ?? 0))
            }
        }
    }

    @Test(arguments: 0..<200)
    func readingsStandInForSparseBuckets(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let base = StoreWorkshop.day
        func time() -> Timestamp { base.adding(microseconds: Int64(random.next(upTo: 20_000)) * 1_000_000) }
        let (one, other) = (time(), time())
        let pieces = SpanCover.pieces(
            from: min(one, other),
            to: max(one, other),
            widest: [.minute, .tenMinutes, .hour][random.next(upTo: 3)],
            through: time().floored(to: RollupSpan.minute.width)
        )
        let sparse = (0..<random.next(upTo: 20)).map { _ -> (span: RollupSpan, bucket: Timestamp) in
            let span = [RollupSpan.tenMinutes, .hour][random.next(upTo: 2)]
            return (span, time().floored(to: span.width))
        }.sorted { $0.bucket < $1.bucket }
        let result = SpanCover.withReadings(in: sparse, pieces: pieces)
        #expect(result.first?.from == pieces.first?.from && result.last?.to == pieces.last?.to)
        for (left, right) in zip(result, result.dropFirst()) { #expect(left.to == right.from) }
        // Minute by minute: read from the same as before, unless a sparse bucket covers it.
        for minute in stride(from: 30, to: 20_000, by: 60) {
            let time = base.adding(seconds: Double(minute))
            func source(_ pieces: [SpanCover.Piece]) -> RollupSpan?? {
                pieces.first { $0.from <= time && time < $0.to }.map(\.span)
            }
            guard case .some(.some(let span)) = source(pieces) else {
                #expect(source(result) == source(pieces))
                continue
            }
            let isSparse = sparse.contains {
                $0.span.rawValue > span.rawValue && time.floored(to: $0.span.width) == $0.bucket
            }
            #expect(source(result) == .some(isSparse ? nil : span))
        }
    }

    @Test(arguments: [(31_536_000, 2_000), (2_592_000, 2_000), (86_400, 500), (3_600, 100), (7_200, 2)])
    func widthsAreMultiplesOfTheirSource(seconds: Int64, points: Int) {
        let span = seconds * 1_000_000
        let source = ChartResolution.source(span: span, points: points)
        let width = ChartResolution.width(span: span, points: points, source: source)
        #expect(width % (source?.width ?? 1) == 0)
        #expect(span / width + 1 <= points || points < 2)
    }

    @Test func theCoarsestSourceThatMakesEnoughPointsIsRead() {
        let day: Int64 = 86_400_000_000
        #expect(ChartResolution.source(span: 365 * day, points: 2_000) == .hour)
        #expect(ChartResolution.source(span: 7 * day, points: 2_000) == .tenMinutes)
        #expect(ChartResolution.source(span: day, points: 2_000) == .minute)
        #expect(ChartResolution.source(span: day / 24, points: 2_000) == nil)
        #expect(ChartResolution.source(span: day / 24, points: 50) == .minute)
    }

    /// Whatever the resolution, and whatever is rolled up or packed: the same picture.
    @Test(arguments: 0..<4)
    func everyResolutionTellsTheSame(seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        try await StoreWorkshop.with { shop in
            let input = try shop.readings(&random, count: 4_000)
            let device = try shop.device("d1")
            let mine = input.filter { $0.deviceID == device.id }
            let metrics = Array(try #require(shop.plant.snapshot.profile(of: device)).metrics.prefix(2))
            _ = try await shop.writer.importHistory(Array(input.prefix(3_000)))
            try await shop.roller.pass()
            _ = try await shop.writer.importHistory(Array(input.dropFirst(3_000)))
            for points in [20, 100, 400] {
                let from = mine[random.next(upTo: 200)].timestamp
                let to = mine[mine.count - 1 - random.next(upTo: 200)].timestamp
                let chart = try await shop.store.columns(
                    device: device,
                    metrics: metrics,
                    from: from,
                    to: to,
                    points: points
                )
                #expect(chart.times.count <= points && chart.bucket > 0)
                guard case .buckets(let minimum, let maximum, let average, _) = chart.series[0].column else {
                    Issue.record("expected buckets")
                    return
                }
                let width = Int64(chart.bucket * 1_000_000)
                let expected = Dictionary(grouping: mine.filter { $0.timestamp >= from && $0.timestamp < to }) {
                    $0.timestamp.floored(to: width)
                }
                #expect(Set(expected.keys).isSubset(of: chart.times))
                for (index, time) in chart.times.enumerated() {
                    let values = (expected[time] ?? []).compactMap { $0.values[0] }
                    #expect(minimum[index] == values.min() && maximum[index] == values.max())
                    if let average = average[index] {
                        #expect(abs(average - values.reduce(0, +) / Double(values.count)) < 1e-9)
                    }
                }
            }
        }
    }

    @Test func gapsAreMarkedAndCountersRise() {
        var columns = ChartColumns(width: 60_000_000, slots: [0])
        var readings = SlotColumns(places: 1)
        for (minute, value) in [(0, 1.0), (1, 5), (5, 2), (6, 3)] {
            let time = StoreWorkshop.day.adding(seconds: Double(minute) * 60)
            readings.append(.reading(time, MetricValues(slots: [value])), slots: [0])
        }
        columns.add(readings)
        columns.markGaps(tolerance: 120_000_000)
        let first = columns.buckets[0]
        #expect(columns.buckets.map { $0 - first } == [0, 1, 2, 5, 6])
        #expect(columns.columns[0].map(\.count) == [1, 1, 0, 1, 1])
        #expect(columns.increase(place: 0) == [0, 4, nil, 2, 1])
    }

    @Test func tracksAreSimplifiedWithinTheirTolerance() {
        let points = (0..<500).map { step in
            TrackPoint(
                longitude: 4.6 + Double(step) * 1e-4,
                latitude: 52.4 + (step % 100 == 50 ? 0.01 : 0),
                time: StoreWorkshop.day.adding(seconds: Double(step))
            )
        }
        let kept = TrackSimplification.simplify(points, tolerance: 10)
        #expect(kept.count == 17 && kept.first == points.first && kept.last == points.last)
        #expect(TrackSimplification.simplify(points, tolerance: 5_000).count == 2)
        #expect(TrackSimplification.simplify(Array(points.prefix(2)), tolerance: 10).count == 2)
        #expect(TrackSimplification.distance((0, 3), (-1, 0), (1, 0)) == 3)
        #expect(TrackSimplification.distance((5, 0), (-1, 0), (1, 0)) == 4)
    }
}
