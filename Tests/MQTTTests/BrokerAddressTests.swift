import MQTT
import Testing

@Suite("BrokerAddress")
struct BrokerAddressTests {
    @Test func readsAllParts() throws {
        let address = try BrokerAddress(url: "mqtts://user%40plant:p%3Aa%2Fs%25%C3%BC@broker.example:8884/")
        #expect(address.host == "broker.example")
        #expect(address.port == 8_884)
        #expect(address.isEncrypted)
        #expect(address.credentials == BrokerCredentials(username: "user@plant", password: "p:a/s%ü"))
    }

    @Test func hasDefaults() throws {
        #expect(try BrokerAddress(url: "mqtt://h") == BrokerAddress(host: "h", port: 1_883))
        #expect(try BrokerAddress(url: "MQTTS://h") == BrokerAddress(host: "h", port: 8_883, isEncrypted: true))
        #expect(
            try BrokerAddress(url: "mqtt://only@h").credentials == BrokerCredentials(username: "only", password: nil)
        )
        #expect(try BrokerAddress(url: "mqtt://u:@h").credentials == BrokerCredentials(username: "u", password: ""))
    }

    @Test func readsIPv6() throws {
        let address = try BrokerAddress(url: "mqtt://[::1]:1884")
        #expect(address == BrokerAddress(host: "::1", port: 1_884))
        #expect(address.description == "mqtt://[::1]:1884")
        #expect(try BrokerAddress(url: "mqtt://[::1]").port == 1_883)
    }

    @Test func lastAtSignEndsTheCredentials() throws {
        let address = try BrokerAddress(url: "mqtt://u:p@ss@h")
        #expect(address.credentials?.password == "p@ss")
        #expect(address.host == "h")
    }

    @Test(arguments: [
        ("http://h", BrokerAddress.ParseError.unknownScheme), ("h:1883", .unknownScheme), ("", .unknownScheme),
        ("mqtt://", .missingHost), ("mqtt://:1883", .missingHost), ("mqtt://u:p@", .missingHost),
        ("mqtt://a b", .badHost), ("mqtt://[::1", .badHost), ("mqtt://[host]", .badHost), ("mqtt://h%41", .badHost),
        ("mqtt://h:", .badPort), ("mqtt://h:0", .badPort), ("mqtt://h:65536", .badPort), ("mqtt://h:+1", .badPort),
        ("mqtt://[::1]1883", .badPort), ("mqtt://:p@h", .badCredentials), ("mqtt://u%zz@h", .badCredentials),
        ("mqtt://u:%ff@h", .badCredentials), ("mqtt://u:%00@h", .badCredentials), ("mqtt://u:%4@h", .badCredentials),
        ("mqtt://h/topic", .unexpectedPath), ("mqtt://h?x", .unexpectedPath), ("mqtt://h#x", .unexpectedPath),
    ])
    func refuses(url: String, error: BrokerAddress.ParseError) {
        #expect(throws: error) { try BrokerAddress(url: url) }
    }

    @Test func neverShowsThePassword() throws {
        let address = try BrokerAddress(url: "mqtt://user:hush@h")
        var dumped = ""
        dump(address, to: &dumped)
        for text in ["\(address)", String(reflecting: address), dumped, "\(String(describing: address.credentials))"] {
            #expect(!text.contains("hush"))
        }
        #expect(!String(reflecting: address.credentials).contains("hush"))
    }
}
