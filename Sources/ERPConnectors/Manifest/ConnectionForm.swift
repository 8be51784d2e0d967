import Primitives

/// What every kind's form asks for about the way to the ERP, beside the address.
public enum ConnectionForm {
    /// Members of `options`.
    public static let options = [
        FormField(
            "proxy",
            "Proxy",
            "Scheme, host and port of a forward proxy; empty for none. The proxy must allow CONNECT to the ERP’s host and port.",
            maximumLength: 500
        ),
        FormField(
            "certificateAuthority",
            "Certificate authority",
            "PEM text of your own certificate authority. It is trusted beside those of the system, by this connector only.",
            kind: .multiline,
            maximumLength: 65_536
        ),
    ]

    /// Members of `credentials`: kept encrypted, and never shown again.
    public static let credentials = [
        FormField("proxyUsername", "User at the proxy", "For proxies that want one.", maximumLength: 255),
        FormField("proxyPassword", "Password at the proxy", "", maximumLength: 4_096),
        FormField(
            "clientCertificate",
            "Client certificate",
            "PEM text of the certificate that the ERP asks for; those between it and its authority stand behind it.",
            kind: .multiline,
            maximumLength: 65_536
        ),
        FormField(
            "clientKey",
            "Client key",
            "PEM text of the certificate’s key, without pass phrase.",
            kind: .multiline,
            maximumLength: 65_536
        ),
    ]

    /// The API's form.
    static var json: JSONValue {
        ["options": .array(options.map(\.json)), "credentials": .array(credentials.map(\.json))]
    }
}
