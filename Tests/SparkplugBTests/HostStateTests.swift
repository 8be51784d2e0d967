import SparkplugB
import Testing

@Suite struct HostStateTests {
    private let presence = HostPresence(hostID: "plantwright", connectedAt: start)

    @Test(
        .tck(
            "host-topic-phid-death-payload",
            "host-topic-phid-birth-payload",
            "host-topic-phid-birth-payload-timestamp",
            "message-flow-phid-sparkplug-state-publish-payload",
            "message-flow-phid-sparkplug-state-publish-payload-timestamp",
            "operational-behavior-host-application-connect-will-payload",
            "operational-behavior-host-application-connect-birth-payload",
            "payloads-state-will-message-payload",
            "payloads-state-birth-payload"
        )
    )
    func willAndBirthShareTheTimeOfConnect() {
        #expect(
            String(decoding: presence.will.payload, as: UTF8.self) == #"{"online":false,"timestamp":1763827200000}"#
        )
        #expect(
            String(decoding: presence.birth.payload, as: UTF8.self) == #"{"online":true,"timestamp":1763827200000}"#
        )
    }

    @Test(
        .tck(
            "host-topic-phid-birth-topic",
            "host-topic-phid-death-topic",
            "operational-behavior-host-application-connect-will-topic",
            "operational-behavior-host-application-connect-birth-topic",
            "operational-behavior-host-application-death-topic"
        )
    )
    func allIsSaidOnOneTopic() {
        #expect(presence.topic == "spBv1.0/STATE/plantwright")
    }

    @Test(
        .tck(
            "host-topic-phid-death-payload-timestamp-disconnect-clean",
            "host-topic-phid-death-payload-timestamp-disconnect-with-no-disconnect-packet",
            "operational-behavior-host-application-death-payload"
        )
    )
    func anIntendedDeathTellsItsOwnTime() {
        #expect(presence.death(at: start + 9) == HostState(isOnline: false, timestamp: start + 9))
    }

    @Test(.tck("message-flow-hid-sparkplug-state-message-delivered"))
    func whoeverCallsUsOfflineIsContradicted() {
        #expect(presence.answer(to: HostState(isOnline: false, timestamp: start - 5)) == presence.birth)
        #expect(presence.answer(to: HostState(isOnline: false, timestamp: start + 5)) == presence.birth)
        #expect(presence.answer(to: presence.birth) == nil)
    }

    @Test(.tck("operational-behavior-host-application-multi-server-timestamp"))
    func everyConnectionHasATimestampOfItsOwn() {
        let other = HostPresence(hostID: "plantwright", connectedAt: start + 1)
        #expect(other.birth.timestamp == start + 1)
        #expect(presence.birth.timestamp == start)
    }

    @Test func readsWhatOthersWrite() {
        #expect(
            HostState(decoding: Array(#"{"timestamp": 5, "online" : true, "x": 1}"#.utf8))
                == HostState(isOnline: true, timestamp: 5)
        )
        for text in [
            "ONLINE", #"{"online":"true","timestamp":5}"#, #"{"online":true}"#, #"{"online":true,"timestamp":-1}"#, "",
        ] {
            #expect(HostState(decoding: Array(text.utf8)) == nil)
        }
    }
}
