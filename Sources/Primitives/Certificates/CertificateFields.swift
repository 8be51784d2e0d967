/// The parts of a certificate's signed body (RFC 5280 section 4.1), undecoded.
struct CertificateFields {
    var validity: ArraySlice<UInt8>
    var subject: ArraySlice<UInt8>
    var publicKey: ArraySlice<UInt8>

    /// Finds them; nil when the certificate is malformed.
    init?(_ certificate: [UInt8]) {
        var outer = DERReader(certificate[...])
        guard var signed = outer.next(DERReader.sequence), var body = signed.next(DERReader.sequence),
            let first = body.next()
        else { return nil }
        // The version has a tag of its own and may be left out; then come serial number, algorithm, issuer, validity.
        let isVersion = first.tag == 0xA0
        for _ in 0..<(isVersion ? 3 : 2) where body.next() == nil { return nil }
        guard let validity = body.content(DERReader.sequence), let subject = body.content(DERReader.sequence),
            let publicKey = body.content(DERReader.sequence)
        else { return nil }
        self.validity = validity
        self.subject = subject
        self.publicKey = publicKey
    }
}
