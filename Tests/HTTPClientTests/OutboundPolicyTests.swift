import Primitives
import Testing

@testable import HTTPClient

@Suite struct OutboundPolicyTests {
    private func refusal(
        _ address: String,
        host: String = "erp.example",
        allow: [String] = []
    ) throws -> OutboundRefusal.Reason? {
        let policy = try OutboundPolicy(allow: allow)
        return policy.refusal(of: try #require(IPAddress(address)), host: host)?.reason
    }

    @Test(arguments: [
        "10.1.2.3", "192.168.0.9", "172.16.0.1", "93.184.216.34", "2001:db8::1", "fd00::1", "::ffff:10.0.0.1",
    ])
    func ordinaryAndPrivateAddressesAreAllowed(_ address: String) throws {
        #expect(try refusal(address) == nil)
    }

    @Test(arguments: [
        "169.254.169.254", "169.254.0.1", "fe80::1", "febf::1", "fd00:ec2::254", "fd20:ce::254", "100.100.100.200",
        "0.0.0.0", "0.1.2.3", "::", "224.0.0.1", "239.255.255.255", "255.255.255.255", "240.0.0.1", "ff02::1",
        "::ffff:169.254.169.254", "::ffff:0.0.0.0", "64:ff9b::a9fe:a9fe", "2002:a9fe:a9fe::1", "::169.254.169.254",
    ])
    func neverAllowedNotEvenWhenListed(_ address: String) throws {
        #expect(try refusal(address) == .forbidden)
        #expect(try refusal(address, host: "listed", allow: ["0.0.0.0/0", "::/0", address, "listed"]) == .forbidden)
    }

    @Test(arguments: [
        "127.0.0.1", "127.255.0.9", "::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "::127.0.0.1",
    ])
    func loopbackIsRefusedUnlessListed(_ address: String) throws {
        #expect(try refusal(address) == .loopback)
        #expect(try refusal(address, host: "erp.local", allow: ["erp.local"]) == nil)
        #expect(try refusal(address, host: "other.local", allow: ["erp.local"]) == .loopback)
        #expect(try refusal(address, allow: ["10.0.0.0/8"]) == .loopback)
    }

    @Test func loopbackIsListedByAddressOrBlock() throws {
        #expect(try refusal("127.0.0.1", allow: ["127.0.0.1"]) == nil)
        #expect(try refusal("127.0.0.2", allow: ["127.0.0.1"]) == .loopback)
        #expect(try refusal("127.9.9.9", allow: ["127.0.0.0/8"]) == nil)
        #expect(try refusal("127.0.0.7", allow: ["127.0.0.0/29"]) == nil)
        #expect(try refusal("127.0.0.8", allow: ["127.0.0.0/29"]) == .loopback)
        #expect(try refusal("::1", allow: ["[::1]"]) == nil)
        #expect(try refusal("::ffff:127.0.0.1", allow: ["127.0.0.1"]) == nil)
    }

    @Test func everyMalformedEntryIsReported() {
        #expect(
            throws: InvalidOutboundEntries(
                entries: ["10.0.0.0/33", "http://erp", "a b/c"].map { $0.filter { $0 != " " } }
            )
        ) {
            try OutboundPolicy(allow: ["10.0.0.0/33", " erp.example ", "", "http://erp", "a b/c", "127.0.0.1"])
        }
    }

    @Test(
        arguments: [
            ("https://erp.example.com/api", nil), ("http://10.0.0.5:8069", nil), ("http://localhost:9000", .loopback),
            ("http://a.localhost", .loopback), ("http://LOCALHOST./", .loopback), ("http://127.0.0.1/", .loopback),
            ("http://127.1/", .loopback), ("http://0x7f000001/", .loopback), ("http://2130706433/", .loopback),
            ("http://[::1]/", .loopback), ("http://[::ffff:7f00:1]/", .loopback),
            ("http://169.254.169.254/latest", .forbidden),
            ("http://0/", .forbidden), ("ftp://erp.example/", .malformed), ("erp.example.com", .malformed),
            ("", .malformed),
            ("http://", .malformed), ("http://user:secret@erp.example/", .credentials),
            ("http://erp.example/a b", .malformed),
            ("http://erp.example/\r\nX: y", .malformed), ("http://erp.example:99999/", .malformed),
        ] as [(String, OutboundRefusal.Reason?)]
    )
    func formsAreCheckedWithoutResolving(_ url: String, _ expected: OutboundRefusal.Reason?) {
        #expect(OutboundPolicy.standard.check(url)?.reason == expected)
    }

    @Test func listedLocalNamesPassTheFormCheck() throws {
        #expect(try OutboundPolicy(allow: ["localhost"]).check("http://localhost:9000") == nil)
        #expect(try OutboundPolicy(allow: ["127.0.0.1"]).check("http://localhost:9000") == nil)
        #expect(try OutboundPolicy(allow: ["127.0.0.1"]).check("http://127.0.0.1:9000") == nil)
    }

    @Test func urlsAreTakenApart() throws {
        let url = try #require(OutboundURL("https://ERP.example:8443/a?b=c#d"))
        #expect(url.scheme == "https" && url.host == "erp.example" && url.port == 8443 && url.hasQueryOrFragment)
        #expect(OutboundURL("http://erp.example")?.port == 80)
        #expect(OutboundURL("https://[2001:db8::1]/")?.host == "2001:db8::1")
    }
}

@Suite struct AdmissionTests {
    @Test func runsUpToTheBoundsInOrderOfArrival() {
        var admission = Admission<Int>(maximumTotal: 3, maximumPerHost: 2)
        #expect(admission.add(1, host: "a") == true)
        #expect(admission.add(2, host: "a") == true)
        #expect(admission.add(3, host: "a") == false, "host a is full")
        #expect(admission.add(4, host: "a") == false)
        #expect(admission.add(5, host: "b") == true, "a full host does not hold up others")
        #expect(admission.add(6, host: "c") == false, "everything is full")
        #expect(admission.remove(5) == [6], "3 and 4 wait for host a")
        #expect(admission.remove(1) == [3])
        #expect(admission.remove(4) == [], "a waiting request is forgotten")
        #expect(admission.remove(2) == [])
        #expect(admission.remove(3) == [])
        #expect(admission.remove(6) == [])
        #expect(admission.remove(6) == [], "removing twice does no harm")
        #expect(admission.add(7, host: "a") == true)
    }
}
