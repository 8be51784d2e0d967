import Primitives
import Testing

@testable import Decoders

/// Uplinks of both LoRaWAN stacks.
@Suite struct LoRaWANTests {
    /// The example of ChirpStack's documentation (chirpstack-docs, src/chirpstack/integrations/events.md, `up`).
    static let documentedChirpStack = """
        {"deduplicationId":"3ac7e3c4-4401-4b8d-9386-a5c902f9202d","time":"2022-07-18T09:34:15.775023242+00:00",
        "deviceInfo":{"tenantId":"52f14cd4-c6f1-4fbd-8f87-4025e1d49242","tenantName":"ChirpStack",
        "applicationId":"17c82e96-be03-4f38-aef3-f83d48582d97","applicationName":"Test application",
        "deviceProfileId":"14855bf7-d10d-4aee-b618-ebfcb64dc7ad","deviceProfileName":"Test device-profile",
        "deviceName":"Test device","devEui":"0101010101010101","tags":{"key":"value"}},
        "devAddr":"00189440","dr":1,"fPort":1,"data":"qg==",
        "rxInfo":[{"gatewayId":"0016c001f153a14c","uplinkId":4217106255,"rssi":-36,"snr":10.5,"context":"E3OWOQ==",
        "metadata":{"region_name":"eu868","region_common_name":"EU868"}}],
        "txInfo":{"frequency":867100000,"modulation":{"lora":{"bandwidth":125000,"spreadingFactor":11,
        "codeRate":"CR_4_5"}}}}
        """

    /// The example of The Things Stack's documentation (lorawan-stack-docs, integrations/data-formats, "Uplink message
    /// example"), with the comma that is missing there before the last member.
    static let documentedTheThingsStack = """
        {"end_device_ids":{"device_id":"dev1","application_ids":{"application_id":"app1"},
        "dev_eui":"0004A30B001C0530","join_eui":"800000000000000C","dev_addr":"00BCB929"},
        "correlation_ids":["as:up:01E0WZGT6Y7657CPFPE5WEYDSQ","gs:conn:01E0WDEC6T5T4XXBAX7S1VMFKE"],
        "received_at":"2020-02-12T15:15:46.014773143Z",
        "uplink_message":{"session_key_id":"AXA50tHUGUucuzS/bCGMNw==","f_cnt":1,"frm_payload":"gkHe",
        "decoded_payload":{"temperature":1.0,"luminosity":0.64},
        "rx_metadata":[{"gateway_ids":{"gateway_id":"gtw1","eui":"9C5C8E00001A05C4"},
        "time":"2020-02-12T15:15:45.787Z","timestamp":2463457000,"rssi":-35,"channel_rssi":-35,"snr":5,
        "uplink_token":"ChIKEAoEZ3R3MRIInFyOAAAaBcQQ6L3Vlgk=","channel_index":2}],
        "settings":{"data_rate":{"lora":{"bandwidth":125000,"spreading_factor":7}},"coding_rate":"4/6",
        "frequency":"868300000","timestamp":2463457000,"time":"2020-02-12T15:15:45.787Z"},
        "consumed_airtime":"0.056576s","locations":{"user":{"latitude":37.97155556731436,
        "longitude":23.72678801175413,"altitude":10,"source":"SOURCE_REGISTRY"}},
        "version_ids":{"brand_id":"the-things-products","model_id":"the-things-uno","hardware_version":"1.0",
        "firmware_version":"quickstart","band_id":"US_902_928"},
        "network_ids":{"net_id":"000013","tenant_id":"tenant1","cluster_id":"nam1"},
        "attributes":{"key1":"value1","key2":"value2"},"received_at":"2020-02-12T15:15:45.789585559Z"}}
        """

    @Test func readsChirpStacksExample() throws {
        let samples = try decode(.chirpstack, Self.documentedChirpStack)
        #expect(samples.map(\.identifier) == ["0101010101010101"])
        #expect(samples[0].timestamp == Timestamp(rfc3339: "2022-07-18T09:34:15.775023Z"))
        #expect(
            samples[0].summary == [
                "fPort=1", "dr=1", "rssi=-36", "snr=10.5", "gateway='0016c001f153a14c'", "gateways=1",
                "deviceName='Test device'", "tags.key='value'",
            ]
        )
    }

    @Test func readsChirpStacksDecodedObjectAndTheBestGateway() throws {
        let samples = try decode(
            .chirpstack,
            """
            {"deviceInfo":{"devEui":"0102030405060708"},"fCnt":7,"fPort":2,
             "object":{"temperature":24.73,"door":{"open":true},"state":"ok","rssi":1,
                       "gps":{"latitude":52.1,"longitude":4.9}},
             "rxInfo":[{"gatewayId":"a","rssi":-110,"snr":9},
                       {"gatewayId":"b","rssi":-60,"snr":1,"location":{"latitude":52.5,"longitude":4.5,"altitude":3}},
                       {"gatewayId":"c","rssi":-60,"snr":-3},{}]}
            """
        )
        let sample = samples[0]
        #expect(sample["temperature"] == .number(24.73) && sample["door.open"] == .flag(true))
        #expect(sample["gps"] == .location(latitude: 52.1, longitude: 4.9))
        #expect(sample["rssi"] == .number(1), "the device's own values come first")
        #expect(sample["snr"] == .number(1) && sample["gateway"] == .text("b") && sample["gateways"] == .number(4))
        #expect(sample["gatewayLocation"] == .location(latitude: 52.5, longitude: 4.5))
        #expect(sample.timestamp == nil)
    }

    @Test func readsTheThingsStacksExample() throws {
        let samples = try decode(.theThingsStack, Self.documentedTheThingsStack)
        #expect(samples.map(\.identifier) == ["dev1"])
        #expect(samples[0].timestamp == Timestamp(rfc3339: "2020-02-12T15:15:45.789585Z"))
        #expect(
            samples[0].summary == [
                "temperature=1", "luminosity=0.64", "f_cnt=1", "rssi=-35", "snr=5", "gateway='gtw1'", "gateways=1",
                "location=@37.97155556731436,23.72678801175413",
            ]
        )
    }

    @Test func prefersTheLocationOfTheDevicesOwnPayload() throws {
        let sample = try decode(
            .theThingsStack,
            """
            {"received_at":"2020-02-12T15:15:46Z","uplink_message":{"last_battery_percentage":{"f_cnt":1,"value":80.5},
             "rx_metadata":[{"channel_rssi":-50,"location":{"latitude":1,"longitude":2}}],
             "locations":{"user":{"latitude":3,"longitude":4},"frm-payload":{"latitude":5,"longitude":6}}}}
            """
        )[0]
        #expect(sample["location"] == .location(latitude: 5, longitude: 6))
        #expect(sample["gatewayLocation"] == .location(latitude: 1, longitude: 2))
        #expect(sample["rssi"] == .number(-50) && sample["battery"] == .number(80.5))
        #expect(sample.identifier == nil)
        #expect(sample.timestamp == Timestamp(rfc3339: "2020-02-12T15:15:46Z"))
    }

    @Test(arguments: [DecoderKind.chirpstack, .theThingsStack])
    func refuseOtherMessages(kind: DecoderKind) throws {
        for payload in ["{}", "[]", "1", #"{"deviceInfo":1}"#, #"{"join_accept":{}}"#, #"{"uplink_message":[]}"#] {
            #expect(failure(kind, payload)?.code == .badShape, "\(payload)")
        }
        #expect(failure(kind, "{")?.code == .badJSON)
        #expect(failure(.chirpstack, #"{"deviceInfo":{},"time":"noon"}"#)?.code == .badTime)
        #expect(failure(.theThingsStack, #"{"uplink_message":{"received_at":5}}"#)?.code == .badTime)
    }
}
