import HTTPClient
import Primitives

/// What the Dataverse Web API's answers mean, by body and status.
///
/// Pure;
/// learn.microsoft.com/power-apps/developer/data-platform/webapi/compose-http-requests-handle-errors
enum DataverseAnswer {
    /// A create that must not change what is there.
    ///
    /// `id` is the column of the new row's identifier, `known` that identifier where we chose it.
    static func creation(_ answer: ChangeAnswer, id: String, is known: String? = nil) -> PlanStepEnd {
        switch answer {
        case .success(let response):
            let document = try? JSONValue(parsing: response.body)
            let header = response.header("odata-entityid").flatMap(DataverseIdentifier.inHeader)
            if let made = known ?? document?[id]?.string?.lowercased() ?? header { return .done(made) }
            let detail = "Dataverse answered \(response.status) without the identifier of the new row."
            return .ended(.uncertain(reason: "no-id", detail: detail))
        case .refused(let failure, let response):
            return saysDuplicate(response) ? .exists : .ended(failure.refused)
        case .transient(let failure): return .ended(failure.transient)
        case .uncertain(let failure, let response):
            if let response, saysDuplicate(response) { return .exists }
            return .ended(failure.uncertain)
        }
    }

    /// A change that may be repeated.
    static func change(_ answer: ChangeAnswer) -> PlanStepEnd {
        switch answer {
        case .success: .done(nil)
        case .refused(let failure, _): .ended(failure.refused)
        case .transient(let failure): .ended(failure.transient)
        case .uncertain(let failure, _): .ended(failure.uncertain)
        }
    }

    /// 412 answers If-None-Match; a chosen primary key that is taken has its own codes, at 412 or 400.
    private static func saysDuplicate(_ response: OutboundResponse) -> Bool {
        if response.status == 412 { return true }
        // DuplicateRecord, and the violation of a unique key.
        let codes = ["0x80040237", "0x80060892"]
        return ODataService.errorCode(response.body).map { codes.contains($0.lowercased()) } ?? false
    }

    /// The row that a list was asked for by key.
    static func found(_ document: JSONValue, id: String, _ isOurs: (JSONValue) -> Bool) -> PlanFinding {
        guard let rows = ODataService.rows(document) else {
            return .unclear(CallFailure(reason: "not-a-list", detail: "The ERP's answer is no list of rows."))
        }
        guard let row = rows.first(where: isOurs) else {
            if rows.isEmpty { return .absent }
            let detail = "The ERP's list does not filter by the key."
            return .unclear(CallFailure(reason: "not-filtered", detail: detail))
        }
        guard let found = JSONPath(id)?.identifier(in: row) else {
            return .unclear(CallFailure(reason: "no-id", detail: "What the look-up found has no identifier."))
        }
        return .found(found)
    }
}

/// `msdyn_systemstatus` of work orders.
///
/// learn.microsoft.com/dynamics365/field-service/work-order-status-booking-status
enum FieldServiceStatus {
    static let cancelled: Int64 = 690_970_005

    static func phase(_ code: Int64) -> OrderState.Phase {
        switch code {
        case 690_970_002: .inProgress
        // Completed; Posted.
        case 690_970_003, 690_970_004: .done
        case cancelled: .cancelled
        // Unscheduled, Scheduled.
        default: .open
        }
    }

    static func text(_ code: Int64) -> String {
        switch code {
        case 690_970_000: "Unscheduled"
        case 690_970_001: "Scheduled"
        case 690_970_002: "In Progress"
        case 690_970_003: "Completed"
        case 690_970_004: "Posted"
        case cancelled: "Canceled"
        default: String(code)
        }
    }

    static func canBeCancelled(_ code: Int64) -> Bool { phase(code) == .open || code == cancelled }
}
