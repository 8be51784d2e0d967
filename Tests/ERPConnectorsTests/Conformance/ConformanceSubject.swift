import ERPConnectors
import Primitives
import Testing

@testable import ERPSimulators

/// A kind of connector, as it is set up against a simulated ERP.
///
/// Another kind joins the suite by one more value of this type in ``all``.
struct ConformanceSubject: Sendable, CustomTestStringConvertible {
    /// The kind, with the version where it matters.
    var name: String
    var kind: ConnectorKind
    /// The simulated ERP.
    var simulator: SimulatorDefinition
    /// A `credentials` document that it does not accept.
    var wrongCredentials: JSONValue
    /// Fields for every operation that the connector can do; equipment is `PUMP-7`'s reference, items are those of
    /// ``SimulatedPlant/example``.
    var samples: [ERPOperation: JSONObject]
    /// The member of `work-order.create` that takes equipment; nil when orders do not know any.
    var equipmentField: String? = "equipment"

    /// Whether the secret stands in a request as it is; Basic authorization, for one, hides it.
    var secretsAreSentPlainly = true
    /// An identifier that no order has.
    var unknownOrder = "99999999"

    var testDescription: String { name }

    var secrets: [String] { [Self.account.secret.reveal()] }

    /// How the connector is set up.
    var setup: SimulatorSetup { simulator.setup(Self.account) }

    static let account = SimulatedAccount(name: "plantwright", secret: Redacted("s3cret-of-the-test"))

    static let all: [ConformanceSubject] = [
        .tryton,
        .trytonTasks,
        .rest,
        .restForm,
        .restPut,
        .fieldService,
        .odoo11,
        .odoo14,
        .odoo17,
        .odoo19,
        .erpnext,
        .erpnextIssue,
        .inventree,
        .sap,
        .sapNotifications,
        .maximo,
        .dolibarr,
        .dolibarrTicket,
        .oracle,
        .supplyChain,
        .businessCentral,
    ]
}
