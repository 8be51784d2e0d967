import Primitives
import Testing

@testable import Assets
@testable import Telemetry

@Suite struct NativeDecoderTests {
    static let now = Timestamp(milliseconds: 1_795_362_847_000)
    static let states: StateTexts = {
        let states = StateTexts()
        states.learn([StateText(code: 2, text: "fault")])
        return states
    }()
    static let decoder = NativeDecoder(
        profile: Profile(
            id: 1,
            key: "p",
            name: "P",
            reportingInterval: nil,
            metrics: [
                Metric(key: "temperature", name: "", unit: "Cel", kind: .gauge, ordinal: 0),
                Metric(key: "mode", name: "", unit: "", kind: .state, ordinal: 1),
                Metric(key: "position", name: "", unit: "", kind: .location, ordinal: 2),
                Metric(key: "total", name: "", unit: "", kind: .counter, ordinal: 4),
            ],
            retired: [],
            revision: 1
        ),
        states: states
    )

    private func decode(_ text: String) throws(Rejection) -> NativeDecoder.Result {
        try Self.decoder.decode(Array(text.utf8), receivedAt: Self.now)
    }

    @Test func readsEveryKind() throws {
        let result = try decode(
            #"{"ts":1795362846000,"temperature":71.4,"mode":"fault","position":{"lat":52.4,"lon":4.6},"total":7,"x":1}"#
        )
        let reading = try #require(result.readings.first)
        #expect(reading.timestamp?.milliseconds == 1_795_362_846_000)
        #expect(reading.values == MetricValues(slots: [71.4, 2, 52.4, 4.6, 7]))
        #expect(result.ignoredKeys == 1)
    }

    @Test func readsArraysNullsAndBooleans() throws {
        let result = try decode(#"[{"ts":"2026-11-22T15:54:00Z","mode":true},{"temperature":null,"mode":false}]"#)
        #expect(result.readings.count == 2)
        #expect(result.readings[0].values[1] == 1)
        #expect(result.readings[0].values[0] == nil)
        #expect(result.readings[1].timestamp == nil)
        #expect(result.readings[1].values[1] == 0)
    }

    @Test func tellsUnknownTexts() throws {
        #expect(try decode(#"{"mode":"new"}"#).unknownTexts == ["new"])
    }

    @Test(arguments: [
        ("", Rejection.Reason.badJSON), ("{", .badJSON), (#"{"temperature":NaN}"#, .badJSON), ("5", .badShape),
        ("[]", .badShape), ("[5]", .badShape), (#"{"temperature":"hot"}"#, .wrongType), (#"{"mode":1}"#, .wrongType),
        (#"{"position":{"lat":91,"lon":0}}"#, .wrongType), (#"{"position":[52,4]}"#, .wrongType),
        (#"{"temperature":true}"#, .wrongType), (#"{"ts":1795362847,"temperature":1}"#, .badTime),
        (#"{"ts":"yesterday","temperature":1}"#, .badTime), (#"{"ts":1795373647000,"temperature":1}"#, .badTime),
        (#"{"ts":915148800000,"temperature":1}"#, .badTime), (#"{"ts":1e300,"temperature":1}"#, .badTime),
        (#"{"ts":true,"temperature":1}"#, .badTime), (#"{"ts":1795362846000}"#, .noValues),
        (#"{"x":1}"#, .noValues), (#"[{"temperature":1},{"temperature":"x"}]"#, .wrongType),
    ]) func rejectsWithReason(text: String, reason: Rejection.Reason) {
        let error = #expect(throws: Rejection.self) { try decode(text) }
        #expect(error?.reason == reason)
    }

    @Test func suspectsSeconds() {
        let error = #expect(throws: Rejection.self) { try decode(#"{"ts":1795362846,"temperature":1}"#) }
        #expect(error?.detail.contains("in seconds?") == true)
    }

    @Test func acceptsUpToAnHourAhead() throws {
        #expect(try decode(#"{"ts":1795366446000,"temperature":1}"#).readings.count == 1)
    }

    @Test func findsIdentifiersInTopics() {
        #expect(TelemetryMessage.identifier(inTopic: "plantwright/v1/péče 7/telemetry") == "péče 7")
        for topic in [
            "plantwright/v1//telemetry", "plantwright/v1/a/b/telemetry", "plantwright/v1/a", "x/v1/a/telemetry",
        ] {
            #expect(TelemetryMessage.identifier(inTopic: topic) == nil)
        }
    }
}

@Suite struct BatchPlanTests {
    private func reading(_ milliseconds: Int64, _ slots: [Double]) -> Reading {
        Reading(
            deviceID: 1,
            timestamp: Timestamp(milliseconds: milliseconds),
            receivedAt: Timestamp(milliseconds: 0),
            quality: 0,
            values: MetricValues(slots: slots)
        )
    }

    @Test func mergesDuplicatesAndConflicts() {
        var plan = BatchPlan(capacity: 4)
        var counts = ReadingCounts()
        plan.add(reading(1, [1, .nan]), message: 0, counts: &counts)
        plan.add(reading(1, [.nan, 2]), message: 1, counts: &counts)
        plan.add(reading(1, [1, 2]), message: 2, counts: &counts)
        plan.add(reading(1, [1, 3]), message: 3, counts: &counts)
        plan.add(reading(2, [1, 3]), message: 4, counts: &counts)
        #expect(plan.rows.map(\.values) == [MetricValues(slots: [1, 2]), MetricValues(slots: [1, 3])])
        #expect(plan.origins == [0, 4])
        #expect(counts.merged == 1 && counts.duplicate == 1 && counts.conflict == 1)
        #expect(plan.conflicts.count == 1)
    }

    @Test func givesTimelessReadingsFreePlaces() {
        var plan = BatchPlan(capacity: 2)
        var counts = ReadingCounts()
        plan.addWithoutIdentity(reading(1, [1]), message: 0, counts: &counts)
        plan.addWithoutIdentity(reading(1, [1]), message: 1, counts: &counts)
        #expect(plan.rows.map(\.timestamp.microseconds) == [1_000, 1_001])
        #expect(counts == ReadingCounts())
    }

    /// Whatever the order of partial messages without contradiction, the union is the same row.
    @Test func mergingDoesNotDependOnOrder() {
        let parts = [reading(1, [1, .nan, .nan]), reading(1, [.nan, 2, .nan]), reading(1, [.nan, .nan, 3])]
        for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
            var plan = BatchPlan(capacity: 3)
            var counts = ReadingCounts()
            for index in order { plan.add(parts[index], message: index, counts: &counts) }
            #expect(plan.rows.map(\.values) == [MetricValues(slots: [1, 2, 3])])
        }
    }

    @Test(arguments: [(3_600, 100), (86_400, 500), (2_592_000, 1_000), (7, 3), (1, 2), (31_536_000, 2_000), (100, 1)])
    func bucketsFitIntoTheirNumber(seconds: Int, points: Int) {
        let span = Int64(seconds) * 1_000_000
        let width = ReadingStore.bucketWidth(span: span, points: points)
        for start in [0, 1, width / 2, width - 1] as [Int64] {
            let touched = (start + span - 1) / width - start / width + 1
            #expect(points == 1 ? touched <= 2 : touched <= points, "\(span) \(width) \(start)")
        }
    }
}
