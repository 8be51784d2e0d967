import Foundation
import NIOCore
import NIOSSL
import Primitives

#if canImport(Glibc)
import Glibc
#endif

/// A certificate and key that belong together, ready for handshakes; and which files they came from.
struct TLSCredentials: Sendable {
    /// What tells that a file was changed or replaced.
    struct FileMark: Hashable, Sendable {
        var device: UInt64 = 0
        var inode: UInt64 = 0
        var size: Int64 = 0
        var changed: [Int] = []

        /// Looks at a file; all zero when there is none.
        init(_ path: String) {
            var status = stat()
            guard stat(path, &status) == 0 else { return }
            device = UInt64(status.st_dev)
            inode = UInt64(status.st_ino)
            size = Int64(status.st_size)
            changed = [status.st_mtim.tv_sec, status.st_mtim.tv_nsec, status.st_ctim.tv_sec, status.st_ctim.tv_nsec]
        }
    }

    let context: NIOSSLContext
    let summary: CertificateSummary

    /// Marks of all files that credentials are made of.
    static func marks(_ tls: ServerTLS) -> [FileMark] {
        [tls.certificatePath, tls.keyPath, tls.clientCertificates.authoritiesPath].compactMap { $0 }.map(FileMark.init)
    }

    /// Reads the files; blocks.
    static func load(_ tls: ServerTLS) throws(TLSFileError) -> TLSCredentials {
        guard let chain = try? NIOSSLCertificate.fromPEMFile(tls.certificatePath), let first = chain.first else {
            throw .certificate(path: tls.certificatePath)
        }
        guard let key = try? NIOSSLPrivateKey(file: tls.keyPath, format: .pem) else { throw .key(path: tls.keyPath) }
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) },
            privateKey: .privateKey(key)
        )
        configuration.minimumTLSVersion = tls.minimumVersion == .tls13 ? .tlsv13 : .tlsv12
        configuration.cipherSuiteValues = ciphers
        configuration.curves = [.x25519_MLKEM768, .x25519, .secp256r1, .secp384r1]
        configuration.applicationProtocols = ["http/1.1"]
        configuration.renegotiationSupport = .none
        configuration.shutdownTimeout = .seconds(2)
        if let path = tls.clientCertificates.authoritiesPath {
            guard let authorities = try? NIOSSLCertificate.fromPEMFile(path), !authorities.isEmpty else {
                throw .authorities(path: path)
            }
            configuration.trustRoots = .certificates(authorities)
            configuration.sendCANameList = true
            if case .required = tls.clientCertificates {
                configuration.certificateVerification = .noHostnameVerification
            } else {
                configuration.certificateVerification = .optionalVerification
            }
        }
        guard let context = try? NIOSSLContext(configuration: configuration) else {
            // Both were read: what is left to fail is that they do not belong together.
            throw .mismatch(certificate: tls.certificatePath, key: tls.keyPath)
        }
        return TLSCredentials(context: context, summary: CertificateSummary(first))
    }

    /// Those of TLS 1.2 with ephemeral keys and authenticated encryption; all of TLS 1.3 qualify.
    private static let ciphers: [NIOTLSCipher] = [
        .TLS_AES_128_GCM_SHA256, .TLS_AES_256_GCM_SHA384, .TLS_CHACHA20_POLY1305_SHA256,
        .TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, .TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
        .TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, .TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
        .TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, .TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
    ]
}

extension CertificateSummary {
    init(_ certificate: NIOSSLCertificate) {
        serialNumber = Hexadecimal.text(certificate.serialNumber)
        notValidAfter = Int64(certificate.notValidAfter)
    }
}
