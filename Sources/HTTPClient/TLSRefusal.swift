/// Why no trusted connection came about, from what OpenSSL says.
struct TLSRefusal: Hashable {
    /// Whose certificate it is about.
    enum Party: Hashable {
        case server
        case proxy
    }

    private enum Cause: Hashable {
        case unknownAuthority
        case expired
        case notYetValid
        case otherName
        case other
        /// The other side wants a certificate of ours, or refuses the one it saw.
        case ours(String)
    }

    private let cause: Cause
    private let party: Party

    /// Reads the result of OpenSSL's verification (`X509_V_ERR_…` of x509_vfy.h).
    init(_ verification: Int, by party: Party) {
        self.party = party
        cause =
            switch verification {
            case 2, 18, 19, 20, 21: .unknownAuthority
            case 9: .notYetValid
            case 10: .expired
            case 62, 64: .otherName
            default: .other
            }
    }

    /// Finds the alert (RFC 8446 section 6) by which a server refuses our certificate, or the lack of one, in OpenSSL's
    /// sentence; nil when there is none.
    init?(alertIn text: String) {
        guard let start = text.firstRange(of: " alert ") else { return nil }
        let alert = text[start.upperBound...]
        let known = [
            ("certificate required", "none was shown"), ("handshake failure", "none that it likes was shown"),
            ("bad certificate", "it is not accepted"), ("unsupported certificate", "its kind is not accepted"),
            ("certificate revoked", "it was revoked"), ("certificate expired", "it has expired"),
            ("certificate unknown", "it is not accepted"), ("unknown ca", "its authority is unknown there"),
            ("access denied", "it has no access there"),
        ]
        guard let words = known.first(where: { alert.hasPrefix($0.0) })?.1 else { return nil }
        cause = .ours(words)
        party = .server
    }

    /// Finds in curl's sentence that a certificate is for another name than that of the address; nil otherwise.
    init?(nameIn text: String, by party: Party) {
        guard text.contains("match") && text.contains("name") else { return nil }
        cause = .otherName
        self.party = party
    }

    /// One sentence for people: what is wrong and what to do.
    func detail(hasIdentity: Bool) -> String {
        let whose = party == .server ? "The server's certificate" : "The proxy's certificate"
        switch cause {
        case .unknownAuthority:
            return "\(whose) is signed by an authority that is unknown here. "
                + "If it is your own, enter the authority's certificate in this connector."
        case .expired: return "\(whose) has expired, or one between it and its authority has."
        case .notYetValid: return "\(whose) is not yet valid; check the clocks."
        case .otherName: return "\(whose) is for another name than that of the address."
        case .other: return "\(whose) cannot be verified."
        case .ours(let words):
            let rest = hasIdentity ? "the one of this connector was refused: \(words)" : "this connector has none"
            return "The server wants a client certificate; \(rest)."
        }
    }
}
