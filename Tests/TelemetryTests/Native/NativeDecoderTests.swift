import Decoders
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
        ("", RefusalReason.badJSON), ("{", .badJSON), (#"{"temperature":NaN}"#, .badJSON), ("5", .badShape),
        ("[]", .badShape), ("[5]", .badShape), (#"{"temperature":"hot"}"#, .wrongType), (#"{"mode":1}"#, .wrongType),
        (#"{"position":{"lat":91,"lon":0}}"#, .wrongType), (#"{"position":[52,4]}"#, .wrongType),
        (#"{"temperature":true}"#, .wrongType), (#"{"ts":1795362847,"temperature":1}"#, .badTime),
        (#"{"ts":"yesterday","temperature":1}"#, .badTime), (#"{"ts":1795373647000,"temperature":1}"#, .badTime),
        (#"{"ts":915148800000,"temperature":1}"#, .badTime), (#"{"ts":1e300,"temperature":1}"#, .badTime),
        (#"{"ts":true,"temperature":1}"#, .badTime), (#"{"ts":1795362846000}"#, .noValues),
        (#"{"x":1}"#, .noValues), (#"[{"temperature":1},{"temperature":"x"}]"#, .wrongType),
    ]) func rejectsWithReason(text: String, reason: RefusalReason) {
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
