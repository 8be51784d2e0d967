import Expressions
import Primitives

/// What configuration needs of a connector, beside what the outbox does: every kind implements both.
///
/// Previews are pure: no I/O, no clock, the exact request that a call would send.
public protocol ConfiguredConnector: ERPConnector {
    /// Which operations it is set up for.
    func supports(_ operation: ERPOperation) -> Bool

    /// Seconds after the start of a create within which the ERP may still commit it: "not found" counts only later.
    var settle: Double { get }

    /// The request that an operation would send.
    ///
    /// - Throws: ``CallFailure`` with reason `template-failed` or `not-configured`.
    func preview(_ order: DeliveryOrder) throws(CallFailure) -> RenderedRequest

    /// Finds out whether the ERP can be reached with these credentials, without changing anything there.
    ///
    /// - Parameter key: a fresh key that no document has.
    /// - Returns: what was found out.
    func test(key: String) async -> ConnectorTestResult

    /// The address of a document in the ERP's own pages; nil when none is configured.
    func link(externalID: String) -> String?

    /// What is wrong with its templates when a mapping has fields of these types.
    func issues(operation: ERPOperation, fields: [MappingFieldType]) -> [InputIssue]
}

/// A field of a mapping, as far as it is known before it is computed.
public struct MappingFieldType: Hashable, Sendable {
    /// The field's name.
    public var name: String
    /// The type of its values.
    public var type: ValueType

    /// Makes a field type.
    public init(name: String, type: ValueType) {
        self.name = name
        self.type = type
    }
}

/// The result of a connector's test.
public struct ConnectorTestResult: Hashable, Sendable {
    /// Whether orders can be expected to arrive.
    public var isOK: Bool
    /// What was asked and answered, in a sentence or two.
    public var detail: String

    /// Makes a result.
    public init(isOK: Bool, detail: String) {
        self.isOK = isOK
        self.detail = detail
    }

    /// The API's form: `{ok, detail}`.
    public var json: JSONValue { ["ok": .bool(isOK), "detail": .string(detail)] }
}
