import SwiftProtobuf
import Testing

@testable import SparkplugB

@Suite struct CommandTests {
    private func decode(_ command: SparkplugCommand) throws -> WirePayload {
        try WirePayload(serializedBytes: command.payload(at: start))
    }

    @Test(
        .tck(
            "operational-behavior-data-commands-ncmd-verb",
            "operational-behavior-data-commands-ncmd-rebirth-verb",
            "operational-behavior-data-commands-ncmd-rebirth-name",
            "operational-behavior-data-commands-ncmd-rebirth-value",
            "topics-ncmd-topic",
            "topics-ncmd-timestamp",
            "topics-ncmd-payload",
            "payloads-ncmd-timestamp",
            "payloads-ncmd-seq",
            "payloads-name-cmd-requirement"
        )
    )
    func aRebirthRequestIsAnNCMDWithoutSequence() throws {
        let command = SparkplugCommand.rebirth(of: press)
        let payload = try decode(command)
        #expect(command.topic == "spBv1.0/plant/NCMD/press")
        #expect(payload.timestamp == start)
        #expect(!payload.hasSeq)
        #expect(payload.metrics.count == 1)
        #expect(payload.metrics[0].name == "Node Control/Rebirth")
        #expect(payload.metrics[0].datatype == SparkplugDataType.boolean.rawValue)
        #expect(payload.metrics[0].booleanValue)
        #expect(payload.metrics[0].timestamp == start)
    }

    @Test(
        .tck(
            "operational-behavior-data-commands-ncmd-metric-name",
            "operational-behavior-data-commands-ncmd-metric-value"
        )
    )
    func anNCMDNamesTheMetricOfTheBirth() throws {
        let command = SparkplugCommand(
            node: press,
            settings: [.init(name: "Output/Speed", dataType: .int16, value: .signed(-200))]
        )
        let metric = try #require(try decode(command).metrics.first)
        #expect(metric.name == "Output/Speed")
        #expect(metric.intValue == UInt32(bitPattern: -200))
        #expect(metric.datatype == SparkplugDataType.int16.rawValue)
    }

    @Test(
        .tck(
            "operational-behavior-data-commands-dcmd-verb",
            "operational-behavior-data-commands-dcmd-metric-name",
            "operational-behavior-data-commands-dcmd-metric-value",
            "topics-dcmd-topic",
            "topics-dcmd-timestamp",
            "topics-dcmd-payload",
            "payloads-dcmd-timestamp",
            "payloads-dcmd-seq"
        )
    )
    func aDCMDNamesDeviceAndMetric() throws {
        let command = SparkplugCommand(
            node: press,
            device: "motor",
            settings: [.init(name: "Setpoint", dataType: .float, value: .number(1.5))]
        )
        let payload = try decode(command)
        #expect(command.topic == "spBv1.0/plant/DCMD/press/motor")
        #expect(payload.timestamp == start)
        #expect(!payload.hasSeq)
        #expect(payload.metrics.map(\.name) == ["Setpoint"])
        #expect(payload.metrics.map(\.floatValue) == [1.5])
    }

    @Test func valuesSurviveARoundTrip() throws {
        let cases: [(SparkplugDataType, SparkplugValue)] = [
            (.int8, .signed(-1)), (.int32, .signed(.init(Int32.min))), (.int64, .signed(.min)),
            (.uint8, .unsigned(255)),
            (.uint32, .unsigned(4_294_967_295)), (.uint64, .unsigned(.max)), (.double, .number(0.1)),
            (.boolean, .boolean(false)), (.text, .text("a")), (.dateTime, .time(start)), (.double, .null),
        ]
        for (type, value) in cases {
            let command = SparkplugCommand(node: press, settings: [.init(name: "m", dataType: type, value: value)])
            let decoded = try SparkplugPayload(decoding: command.payload(at: 1))
            #expect(decoded.metrics.first?.value(as: type) == value)
        }
    }
}
