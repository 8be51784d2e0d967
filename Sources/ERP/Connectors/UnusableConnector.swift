import Primitives

/// Stands for a connector that cannot be used until an admin changes something: its deliveries wait.
struct UnusableConnector: ConfiguredConnector {
    let failure: CallFailure

    var settle: Double { 60 }
    var canReadStatus: Bool { false }

    // Says yes, so that an uncertain delivery waits for its look-up instead of being given up.
    func canLookUp(operation: String) -> Bool { true }

    func isRepeatable(operation: String) -> Bool { false }

    func supports(_ operation: ERPOperation) -> Bool { operation.isImplemented }

    func perform(_ order: DeliveryOrder) async -> (outcome: CallOutcome, record: CallRecord) {
        (failure.transient, CallRecord(request: "", response: failure.detail))
    }

    func lookUp(_ order: DeliveryOrder) async -> (outcome: LookUpOutcome, record: CallRecord) {
        (failure.failedLookUp, CallRecord(request: "", response: failure.detail))
    }

    func status(externalID: String) async -> StatusOutcome { .failed(reason: failure.reason) }

    func preview(_ order: DeliveryOrder) throws(CallFailure) -> RenderedRequest { throw failure }

    func test(key: String) async -> ConnectorTestResult { ConnectorTestResult(isOK: false, detail: failure.detail) }

    func link(externalID: String) -> String? { nil }

    func issues(operation: ERPOperation, fields: [MappingFieldType]) -> [InputIssue] { [] }
}
