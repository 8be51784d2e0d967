import Foundation
import NIOSSL

@testable import HTTPServer

/// Throw-away certificates in a directory of their own, made by the `openssl` command.
final class TestCertificates {
    struct Pair {
        let certificate: String
        let key: String
    }

    enum Failure: Error {
        case openssl([String])
    }

    let directory: String
    let authority: Pair

    init() throws {
        directory = NSTemporaryDirectory() + "plantwright-tls-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        authority = Pair(certificate: directory + "/authority.pem", key: directory + "/authority.key")
        try Self.openssl(
            ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
                + ["-subj", "/CN=authority", "-keyout", authority.key, "-out", authority.certificate]
        )
    }

    deinit { try? FileManager.default.removeItem(atPath: directory) }

    /// Issues a certificate; every one has a serial number of its own.
    func issue(_ name: String, subject: String? = nil) throws -> Pair {
        let base = "\(directory)/\(name)"
        let pair = Pair(certificate: base + ".pem", key: base + ".key")
        try "subjectAltName=DNS:localhost\n".write(toFile: base + ".ext", atomically: false, encoding: .utf8)
        try Self.openssl(
            ["req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-utf8"]
                + ["-subj", subject ?? "/CN=\(name)", "-keyout", pair.key, "-out", base + ".csr"]
        )
        try Self.openssl(
            ["x509", "-req", "-in", base + ".csr", "-CA", authority.certificate, "-CAkey", authority.key]
                + ["-days", "2", "-extfile", base + ".ext", "-out", pair.certificate]
        )
        return pair
    }

    private static func openssl(_ arguments: [String]) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/openssl")
        process.arguments = arguments
        process.standardError = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        if process.terminationStatus != 0 { throw Failure.openssl(arguments) }
    }

    /// Copies a pair over the one that a server uses.
    func replace(_ used: Pair, by other: Pair) throws {
        for (from, to) in [(other.key, used.key), (other.certificate, used.certificate)] {
            try Data(contentsOf: URL(fileURLWithPath: from)).write(to: URL(fileURLWithPath: to), options: .atomic)
        }
    }

    /// What a client trusts and shows.
    func client(_ own: Pair? = nil) throws -> NIOSSLContext {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.trustRoots = .file(authority.certificate)
        if let own {
            configuration.certificateChain = try NIOSSLCertificate.fromPEMFile(own.certificate).map {
                .certificate($0)
            }
            configuration.privateKey = .privateKey(try NIOSSLPrivateKey(file: own.key, format: .pem))
        }
        return try NIOSSLContext(configuration: configuration)
    }

    /// The DER bytes of a certificate.
    static func encoded(_ pair: Pair) throws -> [UInt8] {
        try NIOSSLCertificate.fromPEMFile(pair.certificate)[0].toDERBytes()
    }
}
