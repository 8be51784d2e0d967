import HTTPClient
import Primitives
import Testing

@testable import ERPConnectors

/// Answers as a running ERPNext 15 gave them, shortened.
@Suite struct ERPNextAnswerTests {
    private func response(_ status: Int, _ body: String) -> OutboundResponse {
        OutboundResponse(status: status, headers: [], body: Array(body.utf8))
    }

    private func change(_ status: Int, _ body: String) -> ERPNextAnswer.Change {
        ERPNextAnswer.change(ChangeAnswer(.success(response(status, body))))
    }

    @Test func aDocumentIsDone() {
        guard case .done(let document) = change(200, #"{"data":{"name":"ISS-2026-00001","docstatus":0}}"#) else {
            Issue.record("not done")
            return
        }
        #expect(document["name"] == "ISS-2026-00001")
    }

    @Test func aPageIsNoDocument() {
        guard case .uncertain(let failure) = change(200, "<!DOCTYPE html><h1>Login</h1>") else {
            Issue.record("taken for a success")
            return
        }
        #expect(failure.reason == "no-document")
    }

    @Test(arguments: [
        (417, #"{"exception":"frappe.exceptions.UniqueValidationError: Issue","exc_type":"UniqueValidationError"}"#),
        (
            409,
            #"{"exc_type":"DuplicateEntryError","exception":"frappe.exceptions.DuplicateEntryError: ('Issue', 'X')"}"#
        ),
        (
            417,
            #"{"exception":"pymysql.err.IntegrityError: (1062, \"Duplicate entry 'pw-1' for key 'plantwright_ref'\")"}"#
        ),
    ])
    func aDuplicateHasManyFaces(_ status: Int, _ body: String) {
        guard case .duplicate = change(status, body) else {
            Issue.record("not a duplicate: \(body)")
            return
        }
    }

    @Test func aRefusalIsToldInItsOwnWords() {
        let body =
            #"{"exception":"frappe.exceptions.LinkValidationError: Could not find Asset: PUMP-9","exc_type":"LinkValidationError","#
            + #""exc":"[\"Traceback (most recent call last): secret path\"]","_server_messages":"#
            + #""[\"{\\\"message\\\": \\\"Could not find <b>Asset: PUMP-9</b>\\\", \\\"indicator\\\": \\\"red\\\"}\"]"}"#
        guard case .refused(let failure) = change(417, body) else {
            Issue.record("not refused")
            return
        }
        #expect(failure.detail == "The ERP answered 417 (LinkValidationError): Could not find Asset: PUMP-9")
    }

    @Test(arguments: ["TimestampMismatchError", "QueryDeadlockError", "DocumentLockedError"])
    func contentionPasses(_ type: String) {
        for status in [417, 500] {
            guard case .transient = change(status, #"{"exc_type":"\#(type)","exception":"x: y"}"#) else {
                Issue.record("not transient: \(status)")
                continue
            }
        }
    }

    @Test func aFaultOfTheServerIsUncertain() {
        guard case .uncertain = change(500, #"{"exc_type":"TypeError","exception":"TypeError: x"}"#) else {
            Issue.record("not uncertain")
            return
        }
    }

    @Test func nothingToReconcileIsAllRight() {
        let body =
            #"{"exc_type":"EmptyStockReconciliationItemsError","exception":"x: None of the items have any change"}"#
        #expect(change(417, body) == .unchanged)
    }

    @Test func onlyFrappeSaysThatADocumentIsGone() {
        #expect(ERPNextAnswer.saysGone(response(404, #"{"exc_type":"DoesNotExistError"}"#)))
        #expect(!ERPNextAnswer.saysGone(response(404, "<h1>erp.example.com does not exist</h1>")))
    }

    @Test(arguments: [
        (417, #"{"exc_type":"DataError","exception":"frappe.exceptions.DataError: Field not permitted in query: x"}"#),
        (500, #"{"exception":"pymysql.err.OperationalError: (1054, \"Unknown column 'x'\")"}"#),
    ])
    func anUnknownFieldOfAFilterIsRecognised(_ status: Int, _ body: String) {
        #expect(ERPNextAnswer.saysUnknownField(response(status, body)))
    }
}
