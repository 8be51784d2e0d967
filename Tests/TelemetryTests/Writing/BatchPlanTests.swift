import Primitives
import SeededRandom
import Testing

@testable import Assets
@testable import Telemetry

/// The plan against a model that remembers every row.
@Suite struct BatchPlanTests {
    private static let received = Timestamp(milliseconds: 1_795_362_847_000)

    private static func row(
        _ device: Int32,
        _ second: Int,
        _ slots: [Double],
        isTimed: Bool = true
    ) -> BatchDecoding.Row {
        BatchDecoding.Row(
            reading: Reading(
                deviceID: device,
                timestamp: isTimed ? Timestamp(milliseconds: 1_795_362_000_000 + Int64(second) * 1_000) : received,
                receivedAt: received,
                quality: isTimed ? 0 : 1,
                values: MetricValues(slots: slots)
            ),
            message: 0,
            isTimed: isTimed
        )
    }

    private static func plan(_ rows: [BatchDecoding.Row], newest: [Int32: Int] = [:]) -> BatchPlan {
        var known = NewestTimestamps()
        known.advance(
            newest.map { device, second in
                BatchPlan.Row(reading: row(device, second, [1]).reading, message: 0, retention: .forever)
            }
        )
        return BatchPlan(rows, messages: 1, newest: known, plant: .empty)
    }

    @Test func mergesDuplicatesAndConflicts() {
        let rows = [[1, .nan], [.nan, 2], [1, 2], [1, 3]].map { Self.row(1, 1, $0) } + [Self.row(1, 2, [1, 3])]
        let plan = Self.plan(rows)
        #expect(plan.fresh.map(\.reading.values) == [MetricValues(slots: [1, 2]), MetricValues(slots: [1, 3])])
        #expect(plan.conflicts.count == 1)
        var counts = ReadingCounts()
        counts.merged = 1
        counts.duplicate = 1
        counts.conflict = 1
        #expect(plan.counts == [counts])
    }

    /// Whatever the order of partial messages without contradiction, the union is the same row.
    @Test func mergingDoesNotDependOnOrder() {
        let parts: [[Double]] = [[1, .nan, .nan], [.nan, 2, .nan], [.nan, .nan, 3]]
        for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
            let plan = Self.plan(order.map { Self.row(1, 1, parts[$0]) })
            #expect(plan.fresh.map(\.reading.values) == [MetricValues(slots: [1, 2, 3])])
        }
    }

    @Test func newRowsInOrderAreFresh() {
        let plan = Self.plan([Self.row(1, 5, [1]), Self.row(2, 5, [1]), Self.row(1, 6, [1])], newest: [1: 4])
        #expect(plan.fresh.count == 3)
        #expect(plan.staged.isEmpty)
        #expect(plan.partitions.count == 1)
    }

    @Test func whatTheStoreMayHoldIsStaged() {
        let plan = Self.plan([Self.row(1, 4, [1]), Self.row(1, 3, [1]), Self.row(1, 5, [1])], newest: [1: 4])
        #expect(plan.fresh.map(\.reading.timestamp) == [Self.row(1, 5, [1]).reading.timestamp])
        #expect(plan.staged.count == 2)
    }

    @Test func readingsWithoutTimeGetMicrosecondsOfTheirOwn() {
        let rows = (0..<3).map { Self.row(1, 0, [Double($0)], isTimed: false) }
        let plan = Self.plan(rows)
        #expect(plan.fresh.map { $0.reading.timestamp.microseconds - Self.received.microseconds } == [0, 1, 2])
        // Also when the device's clock is far ahead.
        let ahead = Self.plan([Self.row(1, 4_000, [9])] + rows)
        #expect(Set(ahead.fresh.map(\.reading.timestamp)).count == 4)
    }

    @Test func randomBatchesMatchTheModel() {
        var generator = SeededGenerator(seed: 3)
        for _ in 0..<500 {
            let newest = Int.random(in: 0..<6, using: &generator)
            let rows = (0..<Int.random(in: 1...30, using: &generator)).map { _ in
                let slot = Double(Int.random(in: 0..<2, using: &generator))
                let slots = Bool.random(using: &generator) ? [slot, .nan] : [.nan, slot]
                let device = Int32.random(in: 1...2, using: &generator)
                return Self.row(device, Int.random(in: 0..<12, using: &generator), slots)
            }
            let plan = Self.plan(rows, newest: [1: newest, 2: newest])
            var model: [Reading: MetricValues] = [:]
            var places: [String: MetricValues] = [:]
            var counts = ReadingCounts()
            for row in rows {
                let name = "\(row.reading.deviceID) \(row.reading.timestamp.microseconds)"
                guard let known = places[name] else {
                    places[name] = row.reading.values
                    continue
                }
                switch Meeting(stored: known, incoming: row.reading.values) {
                case .duplicate: counts.duplicate += 1
                case .merged(let union):
                    places[name] = union
                    counts.merged += 1
                case .conflict: counts.conflict += 1
                }
            }
            let written = plan.fresh + plan.staged
            for row in written { model[row.reading] = row.reading.values }
            #expect(written.count == places.count)
            for row in written {
                #expect(places["\(row.reading.deviceID) \(row.reading.timestamp.microseconds)"] == row.reading.values)
            }
            #expect(plan.counts == [counts])
            let limit = Self.row(1, newest, [1]).reading.timestamp
            #expect(plan.fresh.allSatisfy { $0.reading.timestamp > limit })
            #expect(plan.staged.allSatisfy { $0.reading.timestamp <= limit })
            for device: Int32 in 1...2 {
                let times = plan.fresh.map(\.reading).filter { $0.deviceID == device }.map(\.timestamp)
                #expect(times == times.sorted())
            }
            #expect(plan.ledger.values.map(\.received).reduce(0, +) == Int64(rows.count))
        }
    }
}
