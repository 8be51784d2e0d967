import HTTPClient
import Primitives
import Testing

@testable import ERPConnectors

/// What SAP's answers mean.
@Suite struct SAPAnswersTests {
    private func refusal(
        _ status: Int,
        _ body: String = "",
        headers: [OutboundHeader] = [],
        isRepeatable: Bool = false
    ) -> SAPRefusal? {
        SAPRefusal(
            .success(OutboundResponse(status: status, headers: headers, body: Array(body.utf8))),
            isRepeatable: isRepeatable
        )
    }

    private static func error(_ code: String, _ text: String, _ details: String = "") -> String {
        #"{"error":{"code":"\#(code)","message":{"lang":"en","value":"\#(text)"},"innererror":{"errordetails":[\#(details)]}}}"#
    }

    @Test func kindsGoByStatusAndMessage() {
        #expect(refusal(201) == nil && refusal(204) == nil)
        #expect(refusal(400, Self.error("IM/140", "Enter a description"))?.kind == .refused)
        #expect(refusal(401)?.kind == .refused && refusal(403)?.kind == .refused)
        #expect(refusal(404)?.kind == .missing)
        #expect(refusal(412)?.kind == .stale && refusal(428)?.kind == .stale)
        #expect(refusal(423)?.kind == .transient && refusal(503)?.kind == .transient)
        #expect(refusal(500)?.kind == .uncertain && refusal(502)?.kind == .uncertain)
        #expect(refusal(500, isRepeatable: true)?.kind == .transient)
        #expect(refusal(502, isRepeatable: true)?.kind == .transient)
        let locked = Self.error("CO/469", "Order 4000001 is already being processed by MILLER")
        #expect(refusal(400, locked)?.kind == .transient)
        let cut = OutboundError(.connectionLost, mayHaveReachedServer: true, detail: "cut")
        #expect(SAPRefusal(.failure(cut), isRepeatable: false)?.kind == .uncertain)
        #expect(SAPRefusal(.failure(cut), isRepeatable: true)?.kind == .transient)
    }

    @Test func reasonsCanBeRead() {
        let detail =
            #"{"code":"IM/140","message":"Enter a description","severity":"error"},"#
            + #"{"code":"IM/141","message":"Enter an object","severity":"error"},"#
            + #"{"code":"IM/142","message":"Saved elsewhere","severity":"info"}"#
        let refused = refusal(400, Self.error("IM/140", "Enter a description", detail))
        #expect(refused?.failure.reason == "http-400")
        #expect(refused?.failure.detail == "SAP answered 400: Enter a description Enter an object (IM/140)")
        let gateway = refusal(400, Self.error("/IWBEP/CM_MGW_RT/021", "Property 'X' is invalid"))
        #expect(gateway?.failure.detail == "SAP answered 400: Property 'X' is invalid")
        #expect(refusal(401)?.failure.detail == "SAP does not accept the user or its password (401).")
        #expect(refusal(404)?.failure.detail == "SAP has no such service or document (404).")
        let busy = refusal(
            503,
            Self.error("/IWFND/CM", "No work process"),
            headers: [OutboundHeader("Retry-After", "7")]
        )
        #expect(busy?.failure.detail == "SAP answered 503: No work process" && busy?.failure.retryAfter == 7)
    }

    @Test func onlyARequiredTokenMeansThatNothingWasDone() {
        let required = OutboundResponse(status: 403, headers: [OutboundHeader("X-CSRF-Token", "Required")])
        #expect(SAPRefusal.needsPass(.success(required)))
        #expect(!SAPRefusal.needsPass(.success(OutboundResponse(status: 403))))
    }

    @Test func aPassHoldsTheTokenAndEveryCookie() {
        let response = OutboundResponse(
            status: 200,
            headers: [
                OutboundHeader("x-csrf-token", "t0ken"),
                OutboundHeader("Set-Cookie", "SAP_SESSIONID=a%3d; path=/; secure"),
                OutboundHeader("set-cookie", "sap-usercontext=sap-client=100; path=/"),
            ]
        )
        let pass = SAPSession.Pass(response)
        #expect(pass.fields.map(\.name) == ["x-csrf-token", "Cookie"])
        #expect(pass.cookies?.reveal() == "SAP_SESSIONID=a%3d; sap-usercontext=sap-client=100")
        #expect(SAPSession.Pass(OutboundResponse(status: 200)).fields.isEmpty)
    }

    @Test(arguments: [
        ("CRTD MANC NTUP", "03", OrderState.Phase.open), ("REL MANC PRC", "05", .open), ("REL PCNF", "07", .inProgress),
        ("REL CNF", "08", .inProgress), ("TECO PCNF PRC", "09", .done), ("CLSD", "", .done),
        ("TECO DLFL", "", .cancelled),
        ("NCMP NTUP", "", .cancelled), ("FREI RUECK", "07", .inProgress), ("TABG", "09", .done), ("", "", .open),
    ])
    func statusesOfOrdersArePhases(_ statuses: String, _ code: String, _ phase: OrderState.Phase) {
        let order = SAPEntity(["SystemStatusText": .string(statuses), "MaintOrdProcessPhaseCode": .string(code)])
        #expect(SAPState.phase(order) == phase)
    }

    @Test func aNotificationWithoutAnOrderHasPhasesOfItsOwn() {
        func phase(_ values: JSONObject) -> OrderState.Phase {
            SAPState.phase(ofNotification: SAPEntity(.object(values)))
        }
        #expect(phase(["NotifProcessingPhase": "1"]) == .open && phase(["NotifProcessingPhase": "2"]) == .open)
        #expect(phase(["NotifProcessingPhase": "3"]) == .inProgress && phase(["NotifProcessingPhase": "4"]) == .done)
        #expect(phase(["NotifProcessingPhase": "5"]) == .cancelled)
        #expect(phase(["NotifProcessingPhase": "1", "MaintNotifRejectionReasonCode": "DUP"]) == .cancelled)
        let ours: JSONObject = ["NotifProcessingPhase": "4", "MaintNotifLongTextForEdit": "Cancelled: cold [pw-1]"]
        #expect(phase(ours) == .cancelled)
    }

    @Test func aStateTellsWhatWasFound() {
        let item = SAPEntity([
            "MaintNotifItemText": "Bearing replaced", "MaintNotifDamageCodeGroup": "PUMP",
            "MaintNotificationDamageCode": "WEAR", "MaintNotifDamageCodeName": "Worn",
        ])
        let order = SAPEntity([
            "MaintenanceOrder": "4000001", "SystemStatusText": "TECO CNF", "MaintOrdPersonResponsible": "MILLER",
            "MaintOrderReferenceDateTime": "/Date(1790000000000+0000)/",
        ])
        let state = SAPState.state(SAPEntity(["NotifProcessingPhase": "4"]), order, items: [item])
        #expect(state.phase == .done && state.number == "4000001" && state.assignee == "MILLER")
        #expect(state.finishedAt == Timestamp(milliseconds: 1_790_000_000_000))
        #expect(state.outcome == "Worn; Bearing replaced" && state.failureCode == "PUMP/WEAR")
    }

    @Test func aFullSecondOfChangesIsPagedThrough() throws {
        func rows(_ count: Int, from start: Int, at seconds: Int) -> [SAPEntity] {
            (0..<count).map { index in
                SAPEntity([
                    "MaintenanceNotification": .string("N\(start + index)"),
                    "LastChangeDateTime": .string("/Date(\(seconds * 1_000)+0000)/"),
                ])
            }
        }
        let since = Timestamp(milliseconds: 5_000)
        let full = SAPChangePage(notifications: rows(50, from: 0, at: 5), orders: [], cursor: SAPCursor(from: since))
        let next = try #require(full.next)
        #expect(next.from == since && next.skippedNotifications == 50)
        #expect(SAPCursor(next.text) == next)
        let rest = SAPChangePage(
            notifications: rows(10, from: 50, at: 5) + rows(40, from: 60, at: 9),
            orders: [],
            cursor: next
        )
        #expect(rest.next == SAPCursor(from: Timestamp(milliseconds: 9_000)))
        #expect(SAPChangePage(notifications: rows(3, from: 0, at: 9), orders: [], cursor: next).next == nil)
        for text in ["", "x 0 0", "1970-01-01T00:00:05Z -1 0", "1970-01-01T00:00:05Z 0"] {
            #expect(SAPCursor(text) == nil)
        }
    }

    @Test func twoFeedsAreToldInOrderAsFarAsBothAreKnown() {
        func row(_ name: String, _ number: Int, at seconds: Int) -> SAPEntity {
            SAPEntity([name: .string("\(number)"), "LastChangeDateTime": .string("/Date(\(seconds * 1_000))/")])
        }
        let notifications = (0..<50).map { row("MaintenanceNotification", $0, at: $0 + 1) }
        let orders = [row("MaintenanceOrder", 7, at: 20), row("MaintenanceOrder", 8, at: 70)]
        let page = SAPChangePage(
            notifications: notifications,
            orders: orders,
            cursor: SAPCursor(from: Timestamp(milliseconds: 0))
        )
        #expect(page.orders.count == 1, "what comes after the last known notification waits")
        let changes = page.changes(orders: [:], notifications: [:])
        #expect(changes.count == 51 && changes.map(\.changedAt) == changes.map(\.changedAt).sorted())
        #expect(changes.contains { $0.externalID == "order/7" })
    }
}
