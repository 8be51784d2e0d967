import Primitives

/// A kind of simulated ERP and how one is made.
public struct SimulatorDefinition: Sendable {
    /// The kind of connector that talks to it, with the version where it matters: `odoo`, `odoo-11`.
    public var name: String
    /// How a connector for it is set up: the `kind`, and the `credentials` and `options` documents, for an account.
    public var setup: @Sendable (SimulatedAccount) -> SimulatorSetup
    /// Whether a request changes something, so that it meets faults.
    public var isChange: @Sendable (SimulatedRequest) -> Bool
    /// Makes one that holds a plant and knows an account.
    public var make:
        @Sendable (SimulatedPlant, SimulatedAccount, @escaping @Sendable () -> Timestamp) -> any SimulatedERP

    /// All of them; one line for each.
    public static let all: [SimulatorDefinition] = [
        .tryton,
        .rest,
        .fieldService,
        .odoo,
        .odoo11,
        .odoo14,
        .odoo17,
        .erpnext,
        .erpnextIssue,
        .inventree,
        .sapS4HANA,
        .maximo,
        .dolibarr,
        .dolibarrTicket,
        .oracle,
        .supplyChain,
        .businessCentral,
    ]

    /// The definition of that name; nil when there is none.
    public static func named(_ name: String) -> SimulatorDefinition? { all.first { $0.name == name } }
}

/// How a connector for a simulated ERP is set up.
public struct SimulatorSetup: Hashable, Sendable {
    /// The connector's kind.
    public var kind: String
    /// The `credentials` document.
    public var credentials: JSONValue
    /// The `options` document.
    public var options: JSONValue
}
