import Crypto
import Primitives

/// A private key as people paste it, to tell whether it belongs to a certificate.
///
/// Reads PKCS #8 (RFC 5958), PKCS #1 (RFC 8017) and SEC 1 (RFC 5915) in PEM form.
public struct PrivateKey: Sendable {
    /// Why a text is no key that can be used.
    public enum Fault: Error, Hashable, Sendable {
        /// It is under a pass phrase.
        case encrypted
        /// It holds no key, or more than one.
        case missing
        /// The key is malformed, or of a kind that is unknown here.
        case unreadable
    }

    private enum Material: Sendable {
        /// Modulus and exponent.
        case rsa(modulus: [UInt8], exponent: [UInt8])
        case ellipticCurve(curve: [UInt8]?, secret: Redacted<[UInt8]>, point: [UInt8]?)
        case edwards(Redacted<[UInt8]>)
    }

    private let material: Material

    /// Reads a key.
    public init(pem text: String) throws(Fault) {
        guard let blocks = PEMBlock.all(in: text) else { throw .unreadable }
        let keys = blocks.filter { $0.label.hasSuffix("PRIVATE KEY") }
        guard keys.count == 1, let block = keys.first else { throw .missing }
        if block.label.hasPrefix("ENCRYPTED") || block.hasHeaders { throw .encrypted }
        let material: Material? =
            switch block.label {
            case "PRIVATE KEY": Self.pkcs8(block.bytes)
            case "RSA PRIVATE KEY": Self.pkcs1(block.bytes[...])
            case "EC PRIVATE KEY": Self.sec1(block.bytes[...], curve: nil)
            default: nil
            }
        guard let material else { throw .unreadable }
        self.material = material
    }

    /// Whether a certificate was made for this key.
    public func belongs(to certificate: X509Certificate) -> Bool {
        let key = certificate.publicKey
        switch material {
        case .rsa(let modulus, let exponent):
            var outer = DERReader(key.bytes[...])
            guard key.algorithm == ObjectIdentifier.rsa, var numbers = outer.next(DERReader.sequence) else {
                return false
            }
            return numbers.content(DERReader.integer).map { Array($0) } == modulus
                && numbers.content(DERReader.integer).map { Array($0) } == exponent
        case .ellipticCurve(let curve, let secret, let point):
            guard key.algorithm == ObjectIdentifier.ellipticCurve, curve == nil || curve == key.curve else {
                return false
            }
            return (Self.point(of: secret.reveal(), on: key.curve) ?? point) == key.bytes
        case .edwards(let seed):
            guard key.algorithm == ObjectIdentifier.ed25519 else { return false }
            let made = try? Curve25519.Signing.PrivateKey(rawRepresentation: seed.reveal())
            return made.map { Array($0.publicKey.rawRepresentation) } == key.bytes
        }
    }

    /// The public point of a secret, for the curves that swift-crypto knows.
    private static func point(of secret: [UInt8], on curve: [UInt8]?) -> [UInt8]? {
        switch curve {
        case ObjectIdentifier.p256:
            (try? P256.Signing.PrivateKey(rawRepresentation: secret)).map { Array($0.publicKey.x963Representation) }
        case ObjectIdentifier.p384:
            (try? P384.Signing.PrivateKey(rawRepresentation: secret)).map { Array($0.publicKey.x963Representation) }
        case ObjectIdentifier.p521:
            (try? P521.Signing.PrivateKey(rawRepresentation: secret)).map { Array($0.publicKey.x963Representation) }
        default: nil
        }
    }

    private static func pkcs8(_ bytes: [UInt8]) -> Material? {
        var outer = DERReader(bytes[...])
        guard var key = outer.next(DERReader.sequence), key.content(DERReader.integer) != nil,
            var algorithm = key.next(DERReader.sequence),
            let identifier = algorithm.content(DERReader.objectIdentifier),
            let content = key.content(DERReader.octetString)
        else { return nil }
        switch Array(identifier) {
        case ObjectIdentifier.rsa: return pkcs1(content)
        case ObjectIdentifier.ellipticCurve:
            return sec1(content, curve: algorithm.content(DERReader.objectIdentifier).map { Array($0) })
        case ObjectIdentifier.ed25519:
            var inner = DERReader(content)
            return inner.content(DERReader.octetString).map { .edwards(Redacted(Array($0))) }
        default: return nil
        }
    }

    private static func pkcs1(_ content: ArraySlice<UInt8>) -> Material? {
        var outer = DERReader(content)
        guard var key = outer.next(DERReader.sequence), key.content(DERReader.integer) != nil,
            let modulus = key.content(DERReader.integer), let exponent = key.content(DERReader.integer)
        else { return nil }
        return .rsa(modulus: Array(modulus), exponent: Array(exponent))
    }

    private static func sec1(_ content: ArraySlice<UInt8>, curve: [UInt8]?) -> Material? {
        var outer = DERReader(content)
        guard var key = outer.next(DERReader.sequence), key.content(DERReader.integer) != nil,
            let secret = key.content(DERReader.octetString)
        else { return nil }
        var curve = curve
        var point: [UInt8]?
        while let element = key.next() {
            var inner = DERReader(element.content)
            switch element.tag {
            case 0xA0: curve = inner.content(DERReader.objectIdentifier).map { Array($0) }
            case 0xA1: point = inner.content(DERReader.bitString).map { Array($0.dropFirst()) }
            default: break
            }
        }
        return .ellipticCurve(curve: curve, secret: Redacted(Array(secret)), point: point)
    }

    /// Encoded object identifiers of algorithms and curves.
    private enum ObjectIdentifier {
        // 1.2.840.113549.1.1.1
        static let rsa: [UInt8] = [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x01]
        // 1.2.840.10045.2.1
        static let ellipticCurve: [UInt8] = [0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01]
        // 1.3.101.112
        static let ed25519: [UInt8] = [0x2B, 0x65, 0x70]
        // 1.2.840.10045.3.1.7
        static let p256: [UInt8] = [0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07]
        // 1.3.132.0.34
        static let p384: [UInt8] = [0x2B, 0x81, 0x04, 0x00, 0x22]
        // 1.3.132.0.35
        static let p521: [UInt8] = [0x2B, 0x81, 0x04, 0x00, 0x23]
    }
}
