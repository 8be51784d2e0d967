import Primitives

/// Stands for a connector that cannot be used until an admin changes something: its deliveries wait.
struct UnusableConnector: ERPConnector {
    let manifest: ConnectorManifest
    private let failure: CallFailure

    init(_ kind: ConnectorKind, failure: CallFailure) {
        manifest = ConnectorDefinition.of(kind)?.manifest ?? .rest
        self.failure = failure
    }

    // Can be looked up, so that an uncertain delivery waits instead of being given up.
    func traits(of operation: ERPOperation) -> OperationTraits? { OperationTraits(canLookUp: true) }

    func perform(_ order: DeliveryOrder) async -> CallReport<CallOutcome> { CallReport(failure.transient) }

    func lookUp(_ order: DeliveryOrder) async -> CallReport<LookUpOutcome> { CallReport(failure.failedLookUp) }

    func state(ofOrder externalID: String) async -> OrderStateOutcome { .failed(reason: failure.reason) }

    func preview(_ order: DeliveryOrder) throws(CallFailure) -> [RenderedRequest] { throw failure }

    func preflight(key: String) async -> [PreflightCheck] {
        [PreflightCheck("configuration", "The connector is configured", .failed, failure.detail)]
    }

    func issues(operation: ERPOperation, fields: [MappingFieldType]) -> [InputIssue] { [] }
}

extension ConnectorDefinition {
    /// A connector that cannot be used: its calls tell what stands in the way, and its deliveries wait.
    public static func unusable(_ kind: ConnectorKind, _ failure: CallFailure) -> any ERPConnector {
        UnusableConnector(kind, failure: failure)
    }
}
