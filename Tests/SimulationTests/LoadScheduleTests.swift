import MQTT
import Primitives
import Testing

@testable import Simulation

@Suite("Load")
struct LoadScheduleTests {
    @Test func aFixedNumberOfMessagesEndsNow() {
        var schedule = LoadSchedule(devices: 3, messages: 10, rate: 0, now: 1_000)
        let turns = (0..<10).compactMap { _ in schedule.next(now: 1_000) }
        #expect(turns.map(\.device) == [0, 1, 2, 0, 1, 2, 0, 1, 2, 0])
        #expect(turns.filter { $0.device == 0 }.map(\.milliseconds) == [997, 998, 999, 1_000])
        #expect(turns.filter { $0.device == 2 }.map(\.milliseconds) == [997, 998, 999])
    }

    @Test func anEndlessLoadFollowsTheClockAndStaysStrictlyIncreasing() {
        var schedule = LoadSchedule(devices: 1, messages: 0, rate: 0, now: 1_000)
        #expect(schedule.next(now: 1_000)?.milliseconds == 1_000)
        #expect(schedule.next(now: 1_000)?.milliseconds == 1_001)
        #expect(schedule.next(now: 1_000)?.milliseconds == 1_002)
        #expect(schedule.next(now: 5_000)?.milliseconds == 5_000)
        #expect(schedule.next(now: 4_000)?.milliseconds == 5_001)
    }

    @Test func sourceTimesWaitForTheClockBeforeTheyAreAnHourAhead() {
        var schedule = LoadSchedule(devices: 1, messages: 0, rate: 0, now: 0)
        var newest: Int64 = 0
        while let turn = schedule.next(now: 0) { newest = turn.milliseconds }
        #expect(newest == LoadSchedule.maximumLead)
        #expect(newest < 3_600_000)
        #expect(schedule.next(now: 0) == nil)
        #expect(schedule.next(now: 1)?.milliseconds == newest + 1)
    }

    @Test func payloadsAreWhatTheDecoderOfJSONReads() throws {
        let payloads = LoadPayload(metrics: 3)
        for number in [0, 1, 999, 1_000, 1_500, 1_999, 123_456_789] {
            let bytes = payloads.bytes(device: 12, milliseconds: 1_763_827_200_123, number: number)
            let value = try JSONValue(parsing: bytes)
            #expect(value.object?.names == ["ts", "m1", "m2", "m3"])
            #expect(value["ts"] == 1_763_827_200_123)
            for metric in ["m1", "m2", "m3"] {
                #expect((0...100).contains(try #require(value[metric]?.double)))
            }
        }
        #expect(
            String(decoding: LoadPayload(metrics: 2).bytes(device: 0, milliseconds: 5, number: 7), as: UTF8.self)
                == #"{"ts":5,"m1":0.7,"m2":21.8}"#
        )
    }

    @Test func optionsKeepToTheirRangesAndTheDocumentsFit() {
        let options = SimulateOptions(
            broker: .init(host: "localhost", port: 1),
            devices: 0,
            rate: -.infinity,
            metrics: 9_999,
            messages: -1
        )
        #expect(options.devices == 1)
        #expect(options.rate == 0)
        #expect(options.metrics == 500)
        #expect(options.messages == 0)
        let few = SimulateOptions(broker: .init(host: "localhost", port: 1), devices: 3, metrics: 2)
        let devices = LoadGenerator.deviceDocuments(few)
        #expect(devices.map(\.key) == ["sim-000001", "sim-000002", "sim-000003"])
        let profile = LoadGenerator.profileDocument(metrics: 2)
        #expect(devices.allSatisfy { $0.document["profile"]?.string == profile.key })
        #expect(devices.allSatisfy { ResourceKey($0.key) != nil } && ResourceKey(profile.key) != nil)
        #expect(profile.document["metrics"]?.array?.compactMap { $0["key"]?.string } == ["m1", "m2"])
    }
}
