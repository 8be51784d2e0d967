import Primitives

extension ConnectorDefinition {
    /// Any system with a JSON API, described by templates.
    static let rest = ConnectorDefinition(.rest) { (setup) throws(InvalidInput) in try RestConnector(setup) }
}

extension ConnectorManifest {
    /// What `rest` can do depends on its options: see ``RestConnector/traits(of:)``.
    static let rest = ConnectorManifest(
        kind: .rest,
        title: "REST",
        summary: "Any system with a JSON API over HTTP, described by templates.",
        addressExample: "https://erp.example.com/api",
        credentials: [
            CredentialForm(.none, "None", "The system asks for no credentials."),
            CredentialForm(.bearer, "Bearer token", "Sent as “Authorization: Bearer …”."),
            CredentialForm(.basic, "User name and password", "Sent as “Authorization: Basic …” (RFC 7617)."),
            CredentialForm(.header, "Header field", "A header field of the system's own, such as X-API-Key."),
            CredentialForm(.oauth2, "OAuth 2 client", "A client that shows its own credentials (RFC 6749 §4.4)."),
        ],
        options: [
            FormField("create", "Create an order", "{method, path, body, id}", kind: .object),
            FormField("find", "Find an order by its key", "{method, path, items, id}", kind: .object),
            FormField("status", "Ask for an order's state", "{method, path, state, done}", kind: .object),
            FormField(
                "attach",
                "Attach a picture to an order",
                "{method, path, headers, body, form, find: {method, path, items, key}}",
                kind: .object
            ),
            FormField("stock", "Set a stock figure", "{method, path, body}", kind: .object),
            FormField("meter", "Record a meter reading", "{method, path, body}", kind: .object),
            FormField("link", "Page of an order", "The address of an order's page; ${id} is its number."),
            FormField(
                "settle",
                "Settling time",
                "Seconds after the start of a call within which the system may still carry it out.",
                kind: .number,
                initial: 60
            ),
        ],
        operations: [],
        capabilities: [.orderState]
    )
}
