import HTTPTypes
import Primitives
import Testing

@testable import HTTPServer

@Suite struct TrustedProxyTests {
    private func client(
        _ peer: String,
        trusting list: String = "10.0.0.0/8, 127.0.0.1, fd00::/8",
        forwarded: String? = nil,
        addresses: String? = nil,
        scheme: String? = nil,
        host: String? = nil
    ) throws -> Request {
        var headers = HTTPFields()
        headers[.forwarded] = forwarded
        headers[.xForwardedFor] = addresses
        headers[.xForwardedProto] = scheme
        headers[.xForwardedHost] = host
        var request = try Request(method: .get, target: "/", headers: headers, remoteAddress: peer)
        if let problem = request.applyForwarding(TrustedProxies(list)) { throw problem }
        return request
    }

    @Test func onlyTrustedPeersAreRead() throws {
        #expect(try client("192.0.2.9", forwarded: "for=198.51.100.1").remoteAddress == "192.0.2.9")
        #expect(try client("192.0.2.9", forwarded: "junk").remoteAddress == "192.0.2.9")
        #expect(try client("10.1.2.3", forwarded: "for=198.51.100.1").remoteAddress == "198.51.100.1")
        #expect(try client("10.1.2.3").remoteAddress == "10.1.2.3")
        #expect(try client("unix", addresses: "198.51.100.1").remoteAddress == "unix")
        #expect(try client("unix", trusting: "unix", addresses: "198.51.100.1").remoteAddress == "198.51.100.1")
    }

    @Test func theRightMostUntrustedAddressWins() throws {
        #expect(try client("10.0.0.1", addresses: "1.1.1.1, 198.51.100.1, 10.0.0.2").remoteAddress == "198.51.100.1")
        #expect(try client("10.0.0.1", addresses: "10.0.0.3, 10.0.0.2").remoteAddress == "10.0.0.3")
        let field = "for=1.1.1.1;proto=http, for=\"[2001:DB8::1]:4711\";proto=https;host=plant.example, for=10.0.0.2"
        let request = try client("10.0.0.1", forwarded: field)
        #expect(request.remoteAddress == "2001:db8::1")
        #expect(request.isSecure && request.authority == "plant.example")
        #expect(try client("10.0.0.1", forwarded: "for=1.1.1.1, for=_hidden").remoteAddress == "_hidden")
        #expect(try client("10.0.0.1", forwarded: "for=1.1.1.1, for=unknown").remoteAddress == "unknown")
    }

    @Test func aClientBehindALocalProxyIsNotLocal() throws {
        let request = try client(
            "127.0.0.1",
            addresses: "198.51.100.1:5000",
            scheme: "https",
            host: "plant.example:8443"
        )
        #expect(!request.isLoopback && request.isSecure && request.authority == "plant.example:8443")
        #expect(try client("127.0.0.1").isLoopback)
        #expect(try client("10.0.0.1", addresses: "::ffff:198.51.100.1").remoteAddress == "198.51.100.1")
    }

    @Test func schemesAndHostsBelongToTheirHop() throws {
        let aligned = try client("10.0.0.1", addresses: "1.1.1.1, 198.51.100.1, 10.0.0.2", scheme: "http, https, http")
        #expect(aligned.isSecure)
        let single = try client("10.0.0.1", addresses: "1.1.1.1, 198.51.100.1", scheme: "https")
        #expect(single.isSecure)
    }

    @Test func whatCannotBeReadIsRefused() throws {
        for field in [
            "for", "for=a b", "for=999.1.1.1", "for=\"[::1\"", "for=1.1.1.1;proto=gopher", "for=1.1.1.1;host=\"a b\"",
            "for=1.1.1.1;for=2.2.2.2", "for=\"1.1.1.1\\", "for=1.1.1.1:x", "", "for=\"1.1.1.1:123456\"",
        ] {
            #expect(throws: HTTPProblem.self, "\(field)") { try client("10.0.0.1", forwarded: field) }
        }
        for addresses in ["", "junk", "1.1.1.1;2.2.2.2", "1.1.1.1, x"] {
            #expect(throws: HTTPProblem.self, "\(addresses)") { try client("10.0.0.1", addresses: addresses) }
        }
        #expect(throws: HTTPProblem.self) {
            try client("10.0.0.1", forwarded: "for=1.1.1.1", addresses: "2.2.2.2")
        }
        #expect(try client("10.0.0.1", forwarded: "for=1.1.1.1", addresses: "1.1.1.1").remoteAddress == "1.1.1.1")
    }

    @Test func theServerAppliesIt() async throws {
        var router = Router()
        router.get("/who") { request in .text("\(request.remoteAddress) \(request.isSecure)") }
        try await TestServer.run(router) {
            $0.trustedProxies = TrustedProxies("127.0.0.1")
        } body: { server in
            let client = try await server.connect()
            let fields = "X-Forwarded-For: 198.51.100.7\r\nX-Forwarded-Proto: https\r\n"
            #expect(try await client.exchange("GET", "/who", fields: fields).body == "198.51.100.7 true")
            #expect(try await client.exchange("GET", "/who").body == "127.0.0.1 false")
            let refused = try await client.exchange("GET", "/who", fields: "Forwarded: for=\r\n")
            #expect(refused.status == 400 && refused.body.contains("invalid-forwarding"))
            await server.exchanges.wait(for: 3)
            #expect(server.exchanges.values.map(\.remoteAddress) == ["198.51.100.7", "127.0.0.1", "127.0.0.1"])
            #expect(server.exchanges.values.last?.refusal == "invalid-forwarding")
        }
    }

    @Test func readsBlocks() throws {
        func contains(_ block: String, _ address: String) throws -> Bool {
            let address = try #require(IPAddress(address))
            return try #require(AddressBlock(block)).contains(address)
        }
        #expect(try contains("192.0.2.0/25", "192.0.2.127"))
        #expect(try !contains("192.0.2.0/25", "192.0.2.128"))
        #expect(try contains("0.0.0.0/0", "255.1.2.3"))
        #expect(try !contains("0.0.0.0/0", "::1"))
        #expect(try contains("2001:db8::/33", "2001:db8:7fff::1"))
        #expect(try !contains("2001:db8::/33", "2001:db8:8000::1"))
        #expect(try contains("192.0.2.1", "::ffff:192.0.2.1"))
        for text in [
            "", "1.2.3", "1.2.3.4/33", "1.2.3.4/-1", "1.2.3.4/8", "1.2.3.4/", "::/129", "a", "1.2.3.4/+8", "::1%lo",
        ] {
            #expect(AddressBlock(text) == nil, "\(text)")
        }
        #expect(TrustedProxies("10.0.0.0/8,x") == nil)
        #expect(TrustedProxies("") != nil)
    }
}
