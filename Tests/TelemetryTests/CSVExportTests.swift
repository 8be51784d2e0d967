import Primitives
import Testing

@testable import Assets
@testable import Telemetry

@Suite struct CSVExportTests {
    @Test func writesEveryKindAndLeavesAbsentEmpty() {
        let states = StateTexts()
        states.learn([StateText(code: 2, text: "fault, \"hot\"")])
        let profile = Profile(
            id: 1,
            key: "p",
            name: "P",
            reportingInterval: nil,
            metrics: [
                Metric(key: "temperature", name: "", unit: "", kind: .gauge, ordinal: 0),
                Metric(key: "mode", name: "", unit: "", kind: .state, ordinal: 1),
                Metric(key: "place", name: "", unit: "", kind: .location, ordinal: 2),
            ],
            retired: [],
            revision: 1
        )
        let export = CSVExport(profile: profile, states: states)
        func reading(_ slots: [Double]) -> Reading {
            Reading(
                deviceID: 1,
                timestamp: Timestamp(milliseconds: 0),
                receivedAt: Timestamp(milliseconds: 1),
                quality: 0,
                values: MetricValues(slots: slots)
            )
        }
        var bytes: [UInt8] = []
        export.write([reading([71.5, 2, 52.1, 4.6]), reading([.nan, 1, .nan, .nan]), reading([5])], to: &bytes)
        #expect(export.header == "ts,receivedAt,temperature,mode,place\n")
        #expect(
            String(decoding: bytes, as: UTF8.self) == """
                1970-01-01T00:00:00.000Z,1970-01-01T00:00:00.001Z,71.5,"fault, ""hot""\",52.1 4.6
                1970-01-01T00:00:00.000Z,1970-01-01T00:00:00.001Z,,true,
                1970-01-01T00:00:00.000Z,1970-01-01T00:00:00.001Z,5,,

                """
        )
    }
}
