import Expressions
import Primitives

/// One ERP system's way of doing things: the seam that every kind of connector implements.
///
/// Implementations hold no state that a crash could lose, and never repeat a change by themselves: ``perform(_:)`` sends
/// each changing request at most once. An operation of several requests is one whose first change carries the key, and
/// whose later ones are safe to repeat from what ``lookUp(_:)`` finds.
public protocol ERPConnector: Sendable {
    /// What its kind can do, and what it must be told.
    var manifest: ConnectorManifest { get }

    /// How an operation behaves as this connector is set up; nil when it cannot be done.
    func traits(of operation: ERPOperation) -> OperationTraits?

    /// Seconds after the start of a change within which the ERP may still commit it: "not found" counts only later.
    var settle: Double { get }

    // MARK: What the outbox does

    /// Does the operation once.
    func perform(_ order: DeliveryOrder) async -> CallReport<CallOutcome>

    /// Asks whether the ERP has what an earlier attempt may have made, and takes it through steps that are still missing.
    func lookUp(_ order: DeliveryOrder) async -> CallReport<LookUpOutcome>

    /// Asks for an order's state.
    func state(ofOrder externalID: String) async -> OrderStateOutcome

    // MARK: What configuration needs

    /// The requests that an operation would send, in order: exact, without credentials.
    ///
    /// Pure: no I/O, no clock. What only an earlier answer can tell stands as `‹equipment PUMP-7›`.
    ///
    /// - Throws: ``CallFailure`` with reason `template-failed`, `not-configured` or `field-missing`.
    func preview(_ order: DeliveryOrder) throws(CallFailure) -> [RenderedRequest]

    /// Finds out whether orders can be expected to arrive, without changing anything in the ERP.
    ///
    /// - Parameter key: a fresh key that no document has.
    /// - Returns: the checks in the order in which they were made.
    func preflight(key: String) async -> [PreflightCheck]

    /// Does a step that a preflight proposed and an admin consented to, such as creating a custom field.
    func prepare(_ step: String) async -> PreflightCheck

    /// What is wrong with a mapping whose fields have these types.
    func issues(operation: ERPOperation, fields: [MappingFieldType]) -> [InputIssue]

    /// The address of a document in the ERP's own pages; nil when none is known.
    func link(externalID: String) -> String?

    // MARK: What the ERP knows

    /// The values of a live pick list that a field of the manifest names.
    func choices(_ list: String) async throws(CallFailure) -> [Choice]

    /// Equipment, in a stable order.
    func equipment(after cursor: String?) async throws(CallFailure) -> ERPPage<EquipmentRecord>

    /// Stock items, in a stable order.
    func items(after cursor: String?) async throws(CallFailure) -> ERPPage<ItemRecord>

    /// How much there is of an item.
    ///
    /// - Parameters:
    ///   - item: as ``ItemRecord/reference``.
    ///   - location: where; nil for the connector's usual place.
    /// - Returns: the figure, 0 for an item that is known and not there.
    /// - Throws: ``CallFailure``; reason `unknown-item`.
    func stock(of item: String, at location: String?) async throws(CallFailure) -> StockFigure

    /// Orders that changed since a time, whoever made them, oldest change first.
    ///
    /// - Parameters:
    ///   - since: by the ERP's clock; callers overlap and drop what they have seen.
    ///   - cursor: where the page before ended; nil for the first.
    /// - Returns: a page of changes.
    /// - Throws: ``CallFailure``.
    func changes(since: Timestamp, after cursor: String?) async throws(CallFailure) -> ERPPage<OrderChange>
}

// What a kind does not have.
extension ERPConnector {
    /// As the manifest says.
    public func traits(of operation: ERPOperation) -> OperationTraits? { manifest.operation(operation)?.traits }

    /// A minute.
    public var settle: Double { 60 }

    /// Nothing is proposed.
    public func prepare(_ step: String) async -> PreflightCheck {
        PreflightCheck(step, step, .failed, "There is no such step.")
    }

    /// What the manifest says about fields.
    public func issues(operation: ERPOperation, fields: [MappingFieldType]) -> [InputIssue] {
        manifest.operation(operation)?.issues(fields) ?? []
    }

    /// None is known.
    public func link(externalID: String) -> String? { nil }

    /// There are none.
    public func choices(_ list: String) async throws(CallFailure) -> [Choice] { throw .unsupported("pick lists") }

    /// There is none.
    public func equipment(after cursor: String?) async throws(CallFailure) -> ERPPage<EquipmentRecord> {
        throw .unsupported("equipment lists")
    }

    /// There are none.
    public func items(after cursor: String?) async throws(CallFailure) -> ERPPage<ItemRecord> {
        throw .unsupported("item lists")
    }

    /// There is none.
    public func stock(of item: String, at location: String?) async throws(CallFailure) -> StockFigure {
        throw .unsupported("stock figures")
    }

    /// There are none.
    public func changes(since: Timestamp, after cursor: String?) async throws(CallFailure) -> ERPPage<OrderChange> {
        throw .unsupported("lists of changed orders")
    }
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
