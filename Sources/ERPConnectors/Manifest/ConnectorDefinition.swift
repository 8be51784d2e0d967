import Primitives

/// What a connector is made of.
public struct ConnectorSetup: Sendable {
    /// The ERP's address, without a slash at its end.
    public var base: String
    /// The options as an admin wrote them.
    public var options: JSONValue
    /// Makes the calls, with the credentials.
    public var caller: ERPCaller

    /// Makes a set-up.
    public init(url: String, options: JSONValue, caller: ERPCaller) {
        var rest = url[...]
        while rest.last == "/" { rest.removeLast() }
        base = String(rest)
        self.options = options
        self.caller = caller
    }
}

/// A kind of connector: its manifest and how one is made.
public struct ConnectorDefinition: Sendable {
    /// What it can do.
    public var manifest: ConnectorManifest
    /// Makes one; what is wrong with the options has pointers under `/options`, with the credentials under
    /// `/credentials`.
    public var make: @Sendable (ConnectorSetup) throws(InvalidInput) -> any ERPConnector

    /// Makes a definition.
    public init(
        _ manifest: ConnectorManifest,
        make: @escaping @Sendable (ConnectorSetup) throws(InvalidInput) -> any ERPConnector
    ) {
        self.manifest = manifest
        self.make = make
    }

    /// All kinds, in the order of the forms; one line for each kind.
    public static let all: [ConnectorDefinition] = [
        .rest,
        .odoo,
        .erpnext,
        .tryton,
        .dolibarr,
        .inventree,
        .sapS4HANA,
        .businessCentral,
        .fieldService,
        .supplyChain,
        .oracle,
        .maximo,
    ]

    /// The definition of a kind; nil when there is none as yet.
    public static func of(_ kind: ConnectorKind) -> ConnectorDefinition? {
        all.first { $0.manifest.kind == kind }
    }
}
