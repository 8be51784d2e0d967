import ERPConnectors
import HTTPClient
import Primitives
import Secrets

/// The way to a connector's ERP: its proxy, whose certificates are trusted, and which certificate is shown there.
struct ConnectorConnection: Sendable {
    /// How requests travel.
    var route = OutboundRoute.direct
    /// The authorities that are trusted beside the system's.
    var authorities: [X509Certificate] = []
    /// The certificate that is shown.
    var certificate: X509Certificate?

    private static let maximumLength = 65_536

    /// Reads the members of ``ConnectionForm`` from options and credentials.
    ///
    /// - Parameters:
    ///   - options: a connector's options, with those of its kind.
    ///   - credentials: the members of the connection; an account at a proxy that is not there has no meaning.
    ///   - isChange: whether members that are missing may be stored already.
    /// - Throws: ``InvalidInput`` with pointers under `/options` and `/credentials`.
    init(options: JSONValue, credentials: JSONObject, isChange: Bool = false) throws(InvalidInput) {
        var issues: [InputIssue] = []
        if options.object != nil {
            var reader = try InputReader(Self.own(of: options), at: "/options")
            route.proxy = Self.proxy(&reader)
            route.authorities = Self.authorities(&reader, &authorities)
            issues += reader.issues
        }
        var reader = try InputReader(.object(credentials), at: "/credentials")
        readAccount(&reader, isChange)
        readIdentity(&reader, isChange)
        issues += reader.issues
        guard issues.isEmpty else { throw InvalidInput(issues) }
    }

    /// The options without those of the connection: what the kind reads.
    static func kindOptions(of options: JSONValue) -> JSONValue {
        guard var object = options.object else { return options }
        for field in ConnectionForm.options { object[field.name] = nil }
        return .object(object)
    }

    /// The options of the connection.
    static func own(of options: JSONValue) -> JSONValue {
        var object = JSONObject()
        for field in ConnectionForm.options { object[field.name] = options[field.name] }
        return .object(object)
    }

    private static func proxy(_ reader: inout InputReader) -> OutboundRoute.Proxy? {
        guard let address = reader.string("proxy", maximumLength: 500), !address.isEmpty else { return nil }
        guard let proxy = OutboundRoute.Proxy(address) else {
            let hasCredentials = OutboundURL(address)?.hasCredentials == true
            reader.note(
                "proxy",
                hasCredentials ? "url-credentials" : "url",
                hasCredentials
                    ? "User and password do not belong in the address; they are fields of their own."
                    : "Expected the scheme, host and port of a proxy, such as http://proxy.example:3128."
            )
            return nil
        }
        return proxy
    }

    private static func authorities(_ reader: inout InputReader, _ found: inout [X509Certificate]) -> String? {
        let name = "certificateAuthority"
        guard let text = reader.string(name, maximumLength: maximumLength), !text.isEmpty else { return nil }
        guard let certificates = certificates(in: text, name, &reader) else { return nil }
        found = certificates
        return text
    }

    private static func certificates(
        in text: String,
        _ name: String,
        _ reader: inout InputReader
    ) -> [X509Certificate]? {
        let blocks = PEMBlock.all(in: text)?.filter { $0.label == "CERTIFICATE" } ?? []
        let certificates = blocks.compactMap { X509Certificate($0.bytes) }
        guard !blocks.isEmpty, certificates.count == blocks.count else {
            let detail =
                "Expected a certificate as PEM text, from -----BEGIN CERTIFICATE----- to -----END CERTIFICATE-----."
            reader.note(name, "pem", detail)
            return nil
        }
        return certificates
    }

    private mutating func readAccount(_ reader: inout InputReader, _ isChange: Bool) {
        let username = reader.string("proxyUsername")
        let password = reader.string("proxyPassword", maximumLength: 4_096)
        if let username, username.contains(":") {
            reader.note("proxyUsername", "invalid", "A user name has no colon.")
        }
        if password != nil, username == nil, !isChange {
            reader.note("proxyUsername", "required", "The password at the proxy needs a user.")
        }
        guard let username, !username.isEmpty else { return }
        route.proxy?.username = username
        route.proxy?.password = Redacted(password ?? "")
    }

    private mutating func readIdentity(_ reader: inout InputReader, _ isChange: Bool) {
        let text = reader.string("clientCertificate", maximumLength: Self.maximumLength) ?? ""
        let key = reader.string("clientKey", maximumLength: Self.maximumLength) ?? ""
        if text.isEmpty, key.isEmpty { return }
        if text.isEmpty || key.isEmpty, !isChange {
            let name = text.isEmpty ? "clientCertificate" : "clientKey"
            return reader.note(name, "required", "A client certificate and its key belong together.")
        }
        let certificates = text.isEmpty ? nil : Self.certificates(in: text, "clientCertificate", &reader)
        certificate = certificates?.first
        if key.isEmpty { return }
        do throws(PrivateKey.Fault) {
            let own = try PrivateKey(pem: key)
            guard let first = certificate else { return }
            guard own.belongs(to: first) else {
                return reader.note("clientKey", "key-mismatch", "This is not the key of the client certificate.")
            }
            route.identity = OutboundRoute.Identity(certificates: text, key: Redacted(key))
        } catch {
            reader.note("clientKey", "pem", Self.words(error))
        }
    }

    private static func words(_ fault: PrivateKey.Fault) -> String {
        switch fault {
        case .encrypted:
            "The key is under a pass phrase. Remove it (openssl pkey -in key.pem), since nobody is there to type it."
        case .missing: "Expected one private key as PEM text, from -----BEGIN PRIVATE KEY----- to its END."
        case .unreadable: "The private key cannot be read; RSA, EC and Ed25519 keys can be used."
        }
    }
}
