import Testing

@testable import MQTT

@Suite("MQTT's small rules")
struct RulesTests {
    @Test(arguments: ["a", "a/b", "/", "a//b", "+", "+/a/#", "#", "größe/+", "$SYS/#", " "])
    func filterIsValid(filter: String) {
        #expect(TopicRules.isValidFilter(filter))
    }

    @Test(arguments: ["", "a#", "#/a", "a/#/b", "a+", "+a/b", "a/b#"])
    func filterIsInvalid(filter: String) {
        #expect(!TopicRules.isValidFilter(filter))
    }

    @Test func textsHaveLimits() {
        #expect(TopicRules.isValidFilter(String(repeating: "x", count: 65_535)))
        #expect(!TopicRules.isValidFilter(String(repeating: "x", count: 65_536)))
        #expect(!TopicRules.isValidName("a\0b"))
    }

    @Test func namesHaveNoWildcards() {
        #expect(TopicRules.isValidName("plant/größe"))
        #expect(!TopicRules.isValidName("plant/+"))
        #expect(!TopicRules.isValidName("plant/#"))
        #expect(!TopicRules.isValidName(""))
    }

    @Test func waitsDoubleUpToTheLongest() {
        var backoff = Backoff()
        #expect(
            (0..<7).map { _ in backoff.next() } == [
                .milliseconds(200), .milliseconds(400), .milliseconds(800),
                .milliseconds(1_600), .milliseconds(3_200), .seconds(5), .seconds(5),
            ]
        )
        backoff.reset()
        #expect(backoff.next() == .milliseconds(200))
    }

    @Test func aHandlerMayUseItsLimitWithoutLosingTheSession() {
        var configuration = ConsumerConfiguration(
            broker: BrokerAddress(host: "h", port: 1),
            clientID: "c",
            filters: []
        )
        for seconds in [1, 10, 20, 60, 3_600] {
            configuration.handlerLimit = .seconds(seconds)
            // The broker's patience is one and a half intervals; the handler may start when one is over.
            #expect(Double(configuration.keepAlive) * 1.5 > Double(Int(configuration.keepAlive) + seconds))
        }
        configuration.handlerLimit = .seconds(100_000)
        #expect(configuration.keepAlive == 65_535)
    }

    @Test func credentialRefusalsAreTold() {
        #expect(ReasonCode.badUserNameOrPassword.concernsCredentials)
        #expect(ReasonCode.notAuthorized.concernsCredentials)
        #expect(!ReasonCode.serverBusy.concernsCredentials)
        #expect(ReasonCode.serverBusy.isFailure)
        #expect(!ReasonCode(rawValue: 0x10).isFailure)
        #expect(ReasonCode(rawValue: 0xA2).description == "reason 162")
        #expect(MosquittoCode.connectionLost.description.contains("lost"))
    }

    @Test func packetsAreFoundHoweverTheStreamIsCut() {
        let packets: [UInt8] =
            [0x10, 2, 1, 1, 0x40, 2, 0, 1, 0xC0, 0, 0x32, 0x80, 0x01] + Array(repeating: 9, count: 128)
        for size in 1...packets.count {
            var framer = PacketFramer()
            var types: [UInt8] = []
            for start in stride(from: 0, to: packets.count, by: size) {
                types += framer.types(in: packets[start..<min(start + size, packets.count)])
            }
            #expect(types == [1, 4, 12, 3])
        }
    }
}
