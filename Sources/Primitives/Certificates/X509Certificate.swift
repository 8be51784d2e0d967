/// What a certificate (RFC 5280) says about its holder, its life and its key; its signature is not checked here.
public struct X509Certificate: Hashable, Sendable {
    /// The holder as text (RFC 4514), such as `CN=press-7,O=Plant`.
    public let subject: String
    /// When it becomes valid.
    public let notBefore: Timestamp
    /// When it ends to be valid.
    public let notAfter: Timestamp
    /// The holder's key.
    public let publicKey: PublicKey

    /// A public key (RFC 5280 section 4.1.2.7), undecoded.
    public struct PublicKey: Hashable, Sendable {
        /// The object identifier of the algorithm, encoded.
        public let algorithm: [UInt8]
        /// The object identifier of its curve, encoded; nil when it has none.
        public let curve: [UInt8]?
        /// The key's bytes.
        public let bytes: [UInt8]
    }

    /// Reads a certificate in DER form; nil when it is malformed.
    public init?(_ encoded: [UInt8]) {
        guard let fields = CertificateFields(encoded), let name = DistinguishedName(fields.subject) else { return nil }
        var validity = DERReader(fields.validity)
        guard let notBefore = validity.next().flatMap(Self.time), let notAfter = validity.next().flatMap(Self.time),
            let publicKey = Self.publicKey(fields.publicKey)
        else { return nil }
        subject = name.text
        self.notBefore = notBefore
        self.notAfter = notAfter
        self.publicKey = publicKey
    }

    private static func publicKey(_ content: ArraySlice<UInt8>) -> PublicKey? {
        var reader = DERReader(content)
        guard var algorithm = reader.next(DERReader.sequence),
            let identifier = algorithm.content(DERReader.objectIdentifier),
            let bits = reader.content(DERReader.bitString), bits.first == 0
        else { return nil }
        return PublicKey(
            algorithm: Array(identifier),
            curve: algorithm.content(DERReader.objectIdentifier).map { Array($0) },
            bytes: Array(bits.dropFirst())
        )
    }

    /// `UTCTime` or `GeneralizedTime` (RFC 5280 section 4.1.2.5), always with seconds and `Z`.
    private static func time(_ element: DERReader.Element) -> Timestamp? {
        guard var text = String(validating: element.content, as: UTF8.self) else { return nil }
        switch element.tag {
        case 0x17: text = (text < "50" ? "20" : "19") + text
        case 0x18: break
        default: return nil
        }
        let digits = Array(text.utf8)
        guard digits.count == 15, digits.last == UInt8(ascii: "Z"),
            digits.dropLast().allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
        else { return nil }
        func part(_ range: Range<Int>) -> String { String(decoding: digits[range], as: UTF8.self) }
        return Timestamp(
            rfc3339: "\(part(0..<4))-\(part(4..<6))-\(part(6..<8))T\(part(8..<10)):\(part(10..<12)):\(part(12..<14))Z"
        )
    }
}
