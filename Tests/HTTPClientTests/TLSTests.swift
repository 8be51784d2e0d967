import Foundation
import Primitives
import Testing

@testable import HTTPClient

/// Against `openssl s_server` with certificates made for the test.
@Suite(.timeLimit(.minutes(1))) struct TLSTests {
    private let openssl: OpenSSLCommand
    private let client: HTTPClient

    init() throws {
        openssl = try OpenSSLCommand()
        client = HTTPClient(.init(policy: try OutboundPolicy(allow: ["127.0.0.1"])))
    }

    private func outcome(_ url: String, _ route: OutboundRoute = .direct) async -> OutboundError? {
        do throws(OutboundError) {
            _ = try await client.send(OutboundRequest(method: "GET", url: url, route: route))
            return nil
        } catch {
            return error
        }
    }

    @Test func certificatesAreChecked() async throws {
        try await openssl.make("server")
        let port = try openssl.serve("server")
        let url = "https://localhost:\(port)/"

        let untrusted = await outcome(url)
        #expect(untrusted?.kind == .tls && untrusted?.mayHaveReachedServer == false)
        #expect(untrusted?.detail.contains("signed by an authority that is unknown here") == true)
        let trusting = OutboundRoute(authorities: try openssl.text("server.pem"))
        #expect(await outcome(url, trusting) == nil)
        let otherName = await outcome("https://127.0.0.1:\(port)/", trusting)
        #expect(otherName?.kind == .tls && otherName?.mayHaveReachedServer == false)
        #expect(otherName?.detail == "The server's certificate is for another name than that of the address.")
        // The connection that was trusted is not used by requests that trust nobody.
        #expect(await outcome(url)?.kind == .tls)
    }

    @Test(arguments: ["-tls1_2", "-tls1_3"])
    func aServerThatWantsAClientCertificateGetsIt(_ version: String) async throws {
        try await openssl.make("authority")
        try await openssl.make("stranger")
        try await openssl.make("server", signedBy: "authority")
        try await openssl.make("plant", signedBy: "authority")
        let port = try openssl.serve(
            "server",
            [version, "-Verify", "2", "-verify_return_error", "-CAfile", openssl.path("authority.pem")]
        )
        let url = "https://localhost:\(port)/"
        func route(_ name: String?) throws -> OutboundRoute {
            OutboundRoute(
                authorities: try openssl.text("authority.pem"),
                identity: try name.map {
                    .init(certificates: try openssl.text($0 + ".pem"), key: Redacted(try openssl.text($0 + ".key")))
                }
            )
        }
        let without = await outcome(url, try route(nil))
        #expect(without?.kind == .tls)
        #expect(without?.detail == "The server wants a client certificate; this connector has none.")
        #expect(await outcome(url, try route("plant")) == nil)
        let strange = await outcome(url, try route("stranger"))
        #expect(strange?.kind == .tls)
        #expect(strange?.detail.contains("the one of this connector was refused") == true)
        // Not by the session or the connection of the one before either.
        #expect(await outcome(url, try route(nil))?.kind == .tls)
    }

    @Test func aTunnelCarriesTLSToTheServer() async throws {
        try await openssl.make("server")
        let port = try openssl.serve("server")
        let proxy = try RawHTTPServer { _ in .tunnel(port) }
        defer { proxy.stop() }
        let route = OutboundRoute(
            proxy: OutboundRoute.Proxy(proxy.url()),
            authorities: try openssl.text("server.pem")
        )
        #expect(await outcome("https://localhost:\(port)/", route) == nil)
        var untrusting = route
        untrusting.authorities = nil
        let untrusted = await outcome("https://localhost:\(port)/", untrusting)
        #expect(untrusted?.kind == .tls && untrusted?.mayHaveReachedServer == false)
        #expect(proxy.received.map(\.method) == ["CONNECT", "CONNECT"])
    }
}
