import Foundation
import HTTPTypes
import Primitives
import Testing

@testable import HTTPServer

@Suite struct TLSFileTests {
    @Test func tellsWhatIsWrongWithTheFiles() throws {
        let certificates = try TestCertificates()
        let good = try certificates.issue("good")
        let other = try certificates.issue("other")
        let nowhere = certificates.directory + "/nowhere"
        func failure(_ certificate: String, _ key: String) -> TLSFileError? {
            do throws(TLSFileError) {
                try ServerTLS(certificatePath: certificate, keyPath: key).check()
                return nil
            } catch {
                return error
            }
        }
        #expect(failure(good.certificate, good.key) == nil)
        #expect(failure(nowhere, good.key) == .certificate(path: nowhere))
        #expect(failure(good.key, good.key) == .certificate(path: good.key))
        #expect(failure(good.certificate, nowhere) == .key(path: nowhere))
        #expect(failure(good.certificate, good.certificate) == .key(path: good.certificate))
        let mismatch = TLSFileError.mismatch(certificate: good.certificate, key: other.key)
        #expect(failure(good.certificate, other.key) == mismatch)
        #expect(mismatch.message.contains("does not belong"))
        var tls = ServerTLS(certificatePath: good.certificate, keyPath: good.key)
        tls.clientCertificates = .required(authoritiesPath: nowhere)
        #expect(throws: TLSFileError.authorities(path: nowhere)) { try tls.check() }
    }

    @Test func readsNumberAndEndOfACertificate() throws {
        let certificates = try TestCertificates()
        let pair = try certificates.issue("one")
        let summary = try ServerTLS(certificatePath: pair.certificate, keyPath: pair.key).check()
        let inTwoDays = Date().timeIntervalSince1970 + 2 * 86_400
        #expect(abs(Double(summary.notValidAfter) - inTwoDays) < 3_600)
        #expect(summary.serialNumber.count >= 16)
        #expect(summary.serialNumber.allSatisfy { $0.isHexDigit && !$0.isUppercase })
    }
}

@Suite struct DistinguishedNameTests {
    @Test(arguments: [
        ("/CN=press-7", "CN=press-7", "press-7"),
        ("/C=AT/O=Plant/OU=Hall 3/CN=press-7", "CN=press-7,OU=Hall 3,O=Plant,C=AT", "press-7"),
        ("/O=A, B \\+ C/CN=#1", "CN=\\#1,O=A\\, B \\+ C", "#1"),
        ("/O=Süd/CN= x ", "CN=\\ x\\ ,O=Süd", " x "),
        ("/O=only/UID=7", "UID=7,O=only", nil),
        ("/CN=first/CN=last", "CN=last,CN=first", "last"),
        ("/emailAddress=a@b/CN=x", "CN=x,1.2.840.113549.1.9.1=#1603614062", "x"),
    ])
    func writesNamesAsText(subject: String, text: String, commonName: String?) throws {
        let certificates = try TestCertificates()
        let encoded = try TestCertificates.encoded(try certificates.issue("name", subject: subject))
        let name = try #require(DistinguishedName(subjectOf: encoded))
        #expect(name.text == text)
        #expect(name.commonName == commonName)
    }

    @Test func refusesCutAndChangedBytesWithoutTrapping() throws {
        let certificates = try TestCertificates()
        let encoded = try TestCertificates.encoded(try certificates.issue("name", subject: "/O=Plant/CN=x"))
        #expect(DistinguishedName(subjectOf: []) == nil)
        for count in 0..<encoded.count {
            #expect(DistinguishedName(subjectOf: Array(encoded.prefix(count))) == nil)
        }
        for index in encoded.indices {
            for value: UInt8 in [0, 0x7F, 0x80, 0x84, 0xFF] {
                var changed = encoded
                changed[index] = value
                _ = DistinguishedName(subjectOf: changed)?.text
            }
        }
    }
}

@Suite struct LiveTLSTests {
    private static func router() -> Router {
        var router = Router()
        router.get("/who") { request in
            .text("\(request.isSecure) \(request.clientCertificate?.subject ?? "nobody")")
        }
        router.get("/certificate") { request in
            .text("\(request.clientCertificate?.commonName ?? "-") \(request.clientCertificate?.serialNumber ?? "-")")
        }
        router.get("/large") { _ in Response(body: .bytes([UInt8](repeating: 0x61, count: 1_000_000))) }
        return router
    }

    private static func tls(_ pair: TestCertificates.Pair) -> ServerTLS {
        var tls = ServerTLS(certificatePath: pair.certificate, keyPath: pair.key)
        tls.checkInterval = .milliseconds(20)
        return tls
    }

    @Test func servesAndSaysHowLongToStaySecure() async throws {
        let certificates = try TestCertificates()
        let pair = try certificates.issue("server")
        try await TestServer.run(Self.router(), middleware: [SecurityHeaders()]) {
            $0.tls = Self.tls(pair)
        } body: { server in
            let client = try await TestClient(port: server.port, tls: try certificates.client())
            let response = try await client.exchange("GET", "/who")
            #expect(response.body == "true nobody")
            #expect(response["Strict-Transport-Security"] == "max-age=31536000")
            #expect(try await client.exchange("GET", "/large").body.utf8.count == 1_000_000)
            let summary = try Self.tls(pair).check()
            #expect(server.tlsEvents.values == [.certificateInUse(summary)])
            #expect(try await server.server.bind().url == "https://127.0.0.1:\(server.port)")
        }
    }

    @Test func sendsFilesEncrypted() async throws {
        let certificates = try TestCertificates()
        let pair = try certificates.issue("server")
        let bytes = (0..<500_000).map { UInt8(truncatingIfNeeded: $0 / 251 &+ $0) }
        let temporary = try TemporaryFile(bytes)
        let file = try OpenFile(path: temporary.path)
        var router = Router()
        router.get("/file") { _ in Response(body: .file(file)) }
        try await TestServer.run(router) {
            $0.tls = Self.tls(pair)
        } body: { server in
            let client = try await TestClient(port: server.port, tls: try certificates.client())
            for _ in 0..<2 {
                try await client.send(.request("GET /file HTTP/1.1", "Host: h"))
                #expect(try await client.readResponse(toHead: true)["Content-Length"] == "500000")
                #expect(try await client.readBytes(500_000) == bytes)
            }
        }
    }

    @Test func takesNewCertificatesOverAndKeepsOldConnections() async throws {
        let certificates = try TestCertificates()
        let used = try certificates.issue("server")
        let second = try certificates.issue("second")
        let next = try ServerTLS(certificatePath: second.certificate, keyPath: second.key).check()
        try await TestServer.run(Self.router()) {
            $0.tls = Self.tls(used)
        } body: { server in
            let established = try await TestClient(port: server.port, tls: try certificates.client())
            #expect(try await established.exchange("GET", "/who").status == 200)
            try certificates.replace(used, by: second)
            while !server.tlsEvents.values.contains(.certificateInUse(next)) {
                await server.tlsEvents.wait(for: server.tlsEvents.values.count + 1)
            }
            #expect(try await established.exchange("GET", "/who").status == 200)
            let fresh = try await TestClient(port: server.port, tls: try certificates.client())
            #expect(try await fresh.exchange("GET", "/who").status == 200)
        }
    }

    @Test func keepsTheOldCertificateWhenTheNewOneIsBroken() async throws {
        let certificates = try TestCertificates()
        let used = try certificates.issue("server")
        try await TestServer.run(Self.router()) {
            $0.tls = Self.tls(used)
            $0.tls?.checkInterval = .seconds(3_600)
        } body: { server in
            try "nonsense".write(toFile: used.key, atomically: true, encoding: .utf8)
            await server.server.reloadCertificate()
            #expect(server.tlsEvents.values.last == .certificateRefused(.key(path: used.key)))
            let client = try await TestClient(port: server.port, tls: try certificates.client())
            #expect(try await client.exchange("GET", "/who").status == 200)
        }
    }

    @Test func namesVerifiedClientsOnly() async throws {
        let certificates = try TestCertificates()
        let strangers = try TestCertificates()
        let pair = try certificates.issue("server")
        let own = try certificates.issue("client", subject: "/O=Plant/CN=press-7")
        let number = try ServerTLS(certificatePath: own.certificate, keyPath: own.key).check().serialNumber
        try await TestServer.run(Self.router()) {
            $0.tls = Self.tls(pair)
            $0.tls?.clientCertificates = .optional(authoritiesPath: certificates.authority.certificate)
        } body: { server in
            let known = try await TestClient(port: server.port, tls: try certificates.client(own))
            #expect(try await known.exchange("GET", "/who").body == "true CN=press-7,O=Plant")
            #expect(try await known.exchange("GET", "/certificate").body == "press-7 \(number)")
            let nobody = try await TestClient(port: server.port, tls: try certificates.client())
            #expect(try await nobody.exchange("GET", "/who").body == "true nobody")
            let foreign = try strangers.issue("foreign")
            let stranger = try await TestClient(port: server.port, tls: try certificates.client(foreign))
            await #expect(throws: (any Error).self) { try await stranger.exchange("GET", "/who") }
            await server.tlsEvents.wait(for: 2)
            #expect(
                server.tlsEvents.values.last == .handshakeFailed(.certificate, remoteAddress: "127.0.0.1")
            )
        }
    }

    @Test func endsHandshakesThatTakeTooLong() async throws {
        let certificates = try TestCertificates()
        let pair = try certificates.issue("server")
        try await TestServer.run(Self.router()) {
            $0.tls = Self.tls(pair)
            $0.tls?.handshakeTimeout = .milliseconds(50)
        } body: { server in
            let client = try await TestClient(port: server.port)
            #expect(try await client.endsSilently())
            await server.tlsEvents.wait(for: 2)
            #expect(server.tlsEvents.values.last == .handshakeFailed(.timedOut, remoteAddress: "127.0.0.1"))
        }
    }

    @Test func answersPlainRequestsInPlainText() async throws {
        let certificates = try TestCertificates()
        let pair = try certificates.issue("server")
        try await TestServer.run(Self.router()) {
            $0.tls = Self.tls(pair)
        } body: { server in
            let client = try await TestClient(port: server.port)
            let response = try await client.exchange("GET", "/who")
            #expect(response.status == 400)
            #expect(response.body == "This port speaks HTTPS.\r\n")
            #expect(try await client.endsSilently())
            await server.tlsEvents.wait(for: 2)
            #expect(server.tlsEvents.values.last == .handshakeFailed(.notTLS, remoteAddress: "127.0.0.1"))
        }
    }

    @Test func aClientThatTakesNothingIsCutOff() async throws {
        let certificates = try TestCertificates()
        let pair = try certificates.issue("server")
        var router = Router()
        router.get("/endless") { _ in
            Response(
                body: .stream { writer in
                    while true { try await writer.write([UInt8](repeating: 0x61, count: 64 * 1_024)) }
                }
            )
        }
        try await TestServer.run(router) {
            $0.tls = Self.tls(pair)
            $0.timeouts.write = .milliseconds(300)
        } body: { server in
            let client = try await TestClient(
                port: server.port,
                receiveBuffer: 4_096,
                tls: try certificates.client()
            )
            try await client.send(.request("GET /endless HTTP/1.1", "Host: h"))
            await server.exchanges.wait(for: 1)
            #expect(server.exchanges.values.map(\.outcome) == [.aborted])
            client.close()
        }
    }

    @Test func saysWhenItCannotBegin() async throws {
        let certificates = try TestCertificates()
        let missing = certificates.directory + "/missing.pem"
        let expected = ListenError.credentials(.certificate(path: missing))
        await #expect(throws: expected) {
            try await TestServer.run(Self.router()) {
                $0.tls = ServerTLS(certificatePath: missing, keyPath: missing)
            } body: { _ in
            }
        }
        #expect(expected.message.hasPrefix(missing))
    }
}

@Suite struct UnixSocketTests {
    private static func path() -> String { NSTemporaryDirectory() + "plantwright-\(UUID().uuidString.prefix(8)).sock" }

    private static func router() -> Router {
        var router = Router()
        router.get("/who") { .text("\($0.remoteAddress) \($0.isLoopback)") }
        return router
    }

    @Test func servesAndRemovesItsFile() async throws {
        let path = Self.path()
        try await TestServer.run(Self.router()) {
            $0.address = .unix(path: path)
        } body: { server in
            #expect(try await server.server.bind().url == "unix:\(path)")
            let client = try await TestClient(path: path)
            #expect(try await client.exchange("GET", "/who").body == "unix true")
            let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? NSNumber
            #expect(mode == 0o660)
        }
        #expect(!FileManager.default.fileExists(atPath: path))
    }

    @Test func leavesALiveServerAndOtherFilesAlone() async throws {
        let path = Self.path()
        try await TestServer.run(Self.router()) {
            $0.address = .unix(path: path)
        } body: { _ in
            await #expect(throws: ListenError.addressInUse(.unix(path: path))) {
                try await TestServer.run(Self.router()) {
                    $0.address = .unix(path: path)
                } body: { _ in
                }
            }
            let client = try await TestClient(path: path)
            #expect(try await client.exchange("GET", "/who").status == 200)
        }
        let file = try TemporaryFile([1, 2, 3])
        #expect(throws: ListenError.notASocket(.unix(path: file.path))) { try SocketFile.makeRoom(at: file.path) }
        #expect(FileManager.default.contents(atPath: file.path) == Data([1, 2, 3]))
    }

    @Test func removesOnlyItsOwnFile() throws {
        let file = try TemporaryFile([1])
        let adopted = SocketFile(adopting: file.path)
        // Made before the first is gone: the file system may use a number again.
        let other = try TemporaryFile([2])
        try FileManager.default.removeItem(atPath: file.path)
        try FileManager.default.moveItem(atPath: other.path, toPath: file.path)
        adopted.remove()
        #expect(FileManager.default.contents(atPath: file.path) == Data([2]))
        SocketFile(adopting: file.path).remove()
        #expect(!FileManager.default.fileExists(atPath: file.path))
    }
}
