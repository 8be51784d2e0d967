import Foundation
import MQTT
import TestSupport
import Testing

@Suite("mqtts", .timeLimit(.minutes(1)))
struct TLSTests {
    /// A throw-away certificate authority with a server certificate for one name.
    private struct Certificates {
        let directory: String

        var caFile: String { directory + "/ca.pem" }

        init(hostName: String) throws {
            directory = NSTemporaryDirectory() + "certificates-" + UUID().uuidString.prefix(8)
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
            try Data("subjectAltName=DNS:\(hostName)\n".utf8).write(to: URL(fileURLWithPath: directory + "/san"))
            let curve = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes"
            try run("req -x509 \(curve) -keyout ca.key -out ca.pem -days 2 -subj /CN=Test-CA")
            try run("req \(curve) -keyout server.key -out server.csr -subj /CN=server")
            try run(
                "x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out server.pem -days 2 "
                    + "-extfile san"
            )
        }

        private func run(_ arguments: String) throws {
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/usr/bin/openssl")
            process.arguments = arguments.split(separator: " ").map(String.init)
            process.currentDirectoryURL = URL(fileURLWithPath: directory)
            process.standardError = FileHandle.nullDevice
            process.standardOutput = FileHandle.nullDevice
            try process.run()
            process.waitUntilExit()
            try #require(process.terminationStatus == 0, "openssl \(arguments)")
        }

        var options: TemporaryMosquitto.Options {
            var options = TemporaryMosquitto.Options()
            options.certificate = (directory + "/server.pem", directory + "/server.key")
            return options
        }
    }

    @Test func aTrustedCertificateIsAcceptedAndNothingWaitsInsideTLS() async throws {
        let certificates = try Certificates(hostName: "localhost")
        defer { try? FileManager.default.removeItem(atPath: certificates.directory) }
        try await TemporaryMosquitto.with(certificates.options) { broker in
            var publishing = PublisherConfiguration(broker: broker.address, clientID: "publisher")
            publishing.caFile = certificates.caFile
            let publisher = Publisher(publishing, logger: quiet)
            try await publisher.connect()
            var configuration = ConsumerConfiguration.test(broker.address)
            configuration.caFile = certificates.caFile
            configuration.batchMessages = 100
            let consumer = DurableConsumer(configuration, logger: quiet)
            let inbox = Inbox()
            try await consumer.running(into: inbox) { await consumer.subscribed() }
            try await publisher.enqueue(
                (0..<3_000).map { OutboundMessage(topic: "plant/a", payload: Array("\($0)".utf8)) }
            )
            try await publisher.drain()
            try await consumer.running(into: inbox) {
                await inbox.wait(forCount: 3_000)
                for number in 3_000..<3_020 {
                    try await publisher.publish("plant/a", "\(number)")
                    await inbox.wait(forCount: number + 1)
                }
            }
            #expect(inbox.payloads == (0..<3_020).map(String.init))
            await publisher.disconnect()
        }
    }

    @Test func anUnknownAuthorityIsRefused() async throws {
        let certificates = try Certificates(hostName: "localhost")
        defer { try? FileManager.default.removeItem(atPath: certificates.directory) }
        try await TemporaryMosquitto.with(certificates.options) { broker in
            let error = await #expect(throws: MQTTError.self) {
                _ = try await Publisher.connected(to: broker.address)
            }
            #expect(error?.kind == .tls)
            #expect(error?.detail.contains("certificate verify failed") == true)
        }
    }

    @Test func anotherHostNameIsRefused() async throws {
        let certificates = try Certificates(hostName: "broker.example")
        defer { try? FileManager.default.removeItem(atPath: certificates.directory) }
        try await TemporaryMosquitto.with(certificates.options) { broker in
            var configuration = PublisherConfiguration(broker: broker.address, clientID: "publisher")
            configuration.caFile = certificates.caFile
            let publisher = Publisher(configuration, logger: quiet)
            let error = await #expect(throws: MQTTError.self) { try await publisher.connect() }
            #expect(error?.kind == .tls)
        }
    }

    @Test func aBrokerMayAskForOurCertificate() async throws {
        let certificates = try Certificates(hostName: "localhost")
        defer { try? FileManager.default.removeItem(atPath: certificates.directory) }
        var options = certificates.options
        options.clientAuthority = certificates.caFile
        try await TemporaryMosquitto.with(options) { broker in
            var address = broker.address
            address.tls.caFile = certificates.caFile
            await #expect(throws: MQTTError.self) { _ = try await Publisher.connected(to: address) }
            address.tls.certificateFile = certificates.directory + "/server.pem"
            address.tls.keyFile = certificates.directory + "/server.key"
            // A broker that knows no ALPN takes no notice of the name.
            address.tls.applicationProtocol = "x-amzn-mqtt-ca"
            let publisher = try await Publisher.connected(to: address)
            try await publisher.publish("plant/a", "1")
            await publisher.disconnect()
        }
    }

    @Test func aPlainBrokerIsNoSecureOne() async throws {
        try await TemporaryMosquitto.with { broker in
            var address = broker.address
            address.isEncrypted = true
            await #expect(throws: MQTTError.self) { _ = try await Publisher.connected(to: address) }
        }
    }
}
