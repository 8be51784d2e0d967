import NIOSSL
import Primitives

/// A client's certificate that was verified in the handshake.
public final class ClientCertificate: Sendable {
    /// The subject as text (RFC 4514), such as `CN=press-7,O=Plant`.
    public let subject: String
    /// The subject's last common name, without escapes; nil when it has none.
    public let commonName: String?
    /// The serial number in hexadecimal digits.
    public let serialNumber: String

    /// Describes a certificate without a connection, for tests.
    public init(subject: String, commonName: String?, serialNumber: String) {
        self.subject = subject
        self.commonName = commonName
        self.serialNumber = serialNumber
    }

    /// Reads a verified certificate; nil when its subject cannot be read, which then counts as no certificate.
    convenience init?(_ certificate: NIOSSLCertificate) {
        guard let encoded = try? certificate.toDERBytes(),
            let subject = DistinguishedName(subjectOf: encoded)
        else { return nil }
        self.init(
            subject: subject.text,
            commonName: subject.commonName,
            serialNumber: Hexadecimal.text(certificate.serialNumber)
        )
    }
}
