import Primitives

/// Stands for a connector that cannot be used until an admin changes something: its deliveries wait.
public struct UnusableConnector: ERPConnector {
    /// What its kind would have.
    public let manifest: ConnectorManifest
    private let failure: CallFailure

    /// Makes one that tells what stands in the way.
    public init(_ kind: ConnectorKind, failure: CallFailure) {
        manifest = ConnectorDefinition.of(kind)?.manifest ?? .rest
        self.failure = failure
    }

    // Can be looked up, so that an uncertain delivery waits instead of being given up.
    public func traits(of operation: ERPOperation) -> OperationTraits? { OperationTraits(canLookUp: true) }

    public func perform(_ order: DeliveryOrder) async -> CallReport<CallOutcome> { CallReport(failure.transient) }

    public func lookUp(_ order: DeliveryOrder) async -> CallReport<LookUpOutcome> { CallReport(failure.failedLookUp) }

    public func state(ofOrder externalID: String) async -> OrderStateOutcome { .failed(reason: failure.reason) }

    public func preview(_ order: DeliveryOrder) throws(CallFailure) -> [RenderedRequest] { throw failure }

    public func preflight(key: String) async -> [PreflightCheck] {
        [PreflightCheck("configuration", "The connector is configured", .failed, failure.detail)]
    }

    public func issues(operation: ERPOperation, fields: [MappingFieldType]) -> [InputIssue] { [] }
}
