/// Certificate, key and rules of a TLS listener.
///
/// The files are looked at again while the server runs: new connections use a new pair as soon as it is whole, and one
/// that cannot be used leaves the old one in force.
public struct ServerTLS: Hashable, Sendable {
    /// Whether clients show certificates of their own.
    public enum ClientCertificates: Hashable, Sendable {
        /// They are not asked.
        case none
        /// They are asked, and may have none; one that does not verify ends the handshake.
        case optional(authoritiesPath: String)
        /// Without one that verifies there is no connection.
        case required(authoritiesPath: String)

        /// The PEM file of the authorities that sign clients' certificates.
        var authoritiesPath: String? {
            switch self {
            case .none: nil
            case .optional(let path), .required(let path): path
            }
        }
    }

    /// The least version that is spoken.
    public enum Version: Hashable, Sendable {
        /// TLS 1.2 (RFC 5246) with forward secrecy and authenticated encryption only.
        case tls12
        /// TLS 1.3 (RFC 8446).
        case tls13
    }

    /// The PEM file of the server's certificate, followed by those that lead to its authority.
    public var certificatePath: String
    /// The PEM file of the certificate's private key, without passphrase.
    public var keyPath: String
    /// Whether clients show certificates.
    public var clientCertificates = ClientCertificates.none
    /// The least version.
    public var minimumVersion = Version.tls12
    /// How long a handshake may take.
    public var handshakeTimeout = Duration.seconds(10)
    /// How often the files are looked at.
    public var checkInterval = Duration.seconds(5)

    /// Names certificate and key.
    public init(certificatePath: String, keyPath: String) {
        self.certificatePath = certificatePath
        self.keyPath = keyPath
    }

    /// Reads the files, to tell early whether they can be used.
    ///
    /// Blocks while reading: call it at start.
    ///
    /// - Returns: what the certificate says of itself.
    /// - Throws: the first reason why not.
    @discardableResult
    public func check() throws(TLSFileError) -> CertificateSummary {
        try TLSCredentials.load(self).summary
    }
}

/// What a certificate in use says of itself.
public struct CertificateSummary: Hashable, Sendable {
    /// The serial number in hexadecimal digits.
    public let serialNumber: String
    /// The first second at which it is not valid any more, since 1970.
    public let notValidAfter: Int64
}

/// Why certificate and key cannot be used; names files, never their contents.
public enum TLSFileError: Error, Hashable, Sendable {
    /// The certificate's file cannot be read, or holds no PEM certificate.
    case certificate(path: String)
    /// The key's file cannot be read, or holds no PEM key, or the key has a passphrase.
    case key(path: String)
    /// The key is not that of the certificate.
    case mismatch(certificate: String, key: String)
    /// The file of the clients' authorities cannot be read, or holds no PEM certificate.
    case authorities(path: String)

    /// One sentence for people.
    public var message: String {
        switch self {
        case .certificate(let path): "\(path) cannot be read as a PEM certificate chain."
        case .key(let path): "\(path) cannot be read as a PEM private key without passphrase."
        case .mismatch(let certificate, let key): "The key \(key) does not belong to the certificate \(certificate)."
        case .authorities(let path): "\(path) cannot be read as PEM certificates of authorities."
        }
    }
}

/// What happens on a TLS listener beside requests: for logs and metrics.
public enum TLSEvent: Hashable, Sendable {
    /// A certificate is in use from now on: at start, and after its files changed.
    case certificateInUse(CertificateSummary)
    /// Changed files cannot be used; the certificate before stays in use.
    case certificateRefused(TLSFileError)
    /// A client did not come through the handshake.
    case handshakeFailed(HandshakeFailure, remoteAddress: String)

    /// Why a handshake failed.
    public enum HandshakeFailure: String, Hashable, Sendable {
        /// It took too long.
        case timedOut = "timed-out"
        /// The client went away.
        case closed
        /// The client spoke something else, such as plain HTTP.
        case notTLS = "not-tls"
        /// The client knows no version that is spoken here.
        case version
        /// The client's certificate is missing or does not verify, or it refused the server's.
        case certificate
        /// Too many connections are open.
        case tooManyConnections = "too-many-connections"
        /// Anything else.
        case other
    }
}
