import Primitives

/// What a kind of connector can do and must be told: forms, checks and the documentation are made of it.
public struct ConnectorManifest: Hashable, Sendable {
    /// A list that a kind can read from its ERP.
    public enum Capability: String, CaseIterable, Sendable {
        /// ``ERPConnector/equipment(after:)``
        case equipment
        /// ``ERPConnector/items(after:)``
        case items
        /// ``ERPConnector/stock(of:at:)``
        case stock
        /// ``ERPConnector/state(ofOrder:)``
        case orderState = "order-state"
        /// ``ERPConnector/changes(since:after:)``
        case changes
    }

    /// The kind.
    public var kind: ConnectorKind
    /// What people call the system: “Odoo”.
    public var title: String
    /// Which versions and parts of it, in a sentence.
    public var summary: String
    /// An example of the address: `https://odoo.example.com`.
    public var addressExample: String
    /// How the server may show who it is.
    public var credentials: [CredentialForm]
    /// The options.
    public var options: [FormField]
    /// The operations.
    public var operations: [OperationManifest]
    /// What else it can read.
    public var capabilities: Set<Capability>

    /// Makes a manifest.
    public init(
        kind: ConnectorKind,
        title: String,
        summary: String,
        addressExample: String,
        credentials: [CredentialForm],
        options: [FormField],
        operations: [OperationManifest],
        capabilities: Set<Capability>
    ) {
        self.kind = kind
        self.title = title
        self.summary = summary
        self.addressExample = addressExample
        self.credentials = credentials
        self.options = options
        self.operations = operations
        self.capabilities = capabilities
    }

    /// The operation as this kind has it; nil when it has none.
    public func operation(_ operation: ERPOperation) -> OperationManifest? {
        operations.first { $0.operation == operation }
    }

    /// The API's form.
    public var json: JSONValue {
        [
            "kind": .string(kind.rawValue), "title": .string(title), "summary": .string(summary),
            "addressExample": .string(addressExample), "credentials": .array(credentials.map(\.json)),
            "options": .array(options.map(\.json)), "connection": ConnectionForm.json,
            "operations": .array(operations.map(\.json)),
            "capabilities": .array(
                Capability.allCases.filter(capabilities.contains).map { .string($0.rawValue) }
            ),
        ]
    }
}

/// A way to show who the server is, with what its form asks for.
public struct CredentialForm: Hashable, Sendable {
    /// The form of the `credentials` document.
    public enum Scheme: String, Sendable {
        /// `{}`
        case none
        /// `{username, password}`
        case basic
        /// `{bearer}`
        case bearer
        /// `{header, value}`
        case header
        /// `{tokenUrl, clientId, clientSecret, scope}`
        case oauth2
    }

    /// The form of the document.
    public var scheme: Scheme
    /// What the ERP calls it: “API key and secret”.
    public var label: String
    /// Where the admin finds it in the ERP.
    public var help: String
    /// What the ERP calls the members, such as `["username": "API key"]`.
    public var labels: [String: String]

    /// Makes a form.
    public init(_ scheme: Scheme, _ label: String, _ help: String, labels: [String: String] = [:]) {
        self.scheme = scheme
        self.label = label
        self.help = help
        self.labels = labels
    }

    /// The API's form.
    public var json: JSONValue {
        var names = JSONObject()
        for (name, label) in labels.sorted(by: { $0.key < $1.key }) { names[name] = .string(label) }
        return [
            "scheme": .string(scheme.rawValue), "label": .string(label), "help": .string(help),
            "labels": .object(names),
        ]
    }
}
