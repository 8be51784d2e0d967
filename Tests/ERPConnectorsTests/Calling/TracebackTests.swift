import HTTPClient
import Primitives
import Testing

@testable import ERPConnectors

@Suite struct TracebackTests {
    private func removed(_ text: String) -> String { Traceback.removed(from: Array(text.utf8)) }

    @Test func frappesListOfTracebacksKeepsItsEnding() {
        let traceback =
            #"[\"Traceback (most recent call last):\\n  File \\\"apps/frappe/frappe/app.py\\\", line 114, in application\\n    response = frappe.api.handle(request)\\nfrappe.exceptions.ValidationError: Asset is required\\n\"]"#
        let body =
            #"{"exception":"frappe.exceptions.ValidationError: Asset is required","exc_type":"ValidationError","exc":"\#(traceback)","_exc_source":"erpnext (app)"}"#
        let shown = removed(body)
        #expect(
            shown
                == #"{"exception":"frappe.exceptions.ValidationError: Asset is required","exc_type":"ValidationError","exc":"(traceback removed) frappe.exceptions.ValidationError: Asset is required","_exc_source":"(traceback removed) erpnext (app)"}"#
        )
    }

    @Test func tracebacksOfOdooAndTrytonAreFoundWhereverTheyStand() {
        let traceback =
            #"Traceback (most recent call last):\n  File \"/usr/lib/odoo/http.py\", line 656\n    raise\nodoo.exceptions.AccessError: Not allowed\n"#
        #expect(
            removed(#"{"error":{"code":200,"data":{"debug":"\#(traceback)","message":"Not allowed"}}}"#)
                == #"{"error":{"code":200,"data":{"debug":"(traceback removed) odoo.exceptions.AccessError: Not allowed","message":"Not allowed"}}}"#
        )
        #expect(
            removed(#"{"id":1,"error":["UserError","\#(traceback)"]}"#)
                == #"{"id":1,"error":["UserError","(traceback removed) odoo.exceptions.AccessError: Not allowed"]}"#
        )
        #expect(
            removed("Internal error\nTraceback (most recent call last):\n  File \"a\", line 1\nKeyError: 'x'")
                == "Internal error\n(traceback removed) KeyError: 'x'"
        )
    }

    @Test func stackTracesOfOtherLanguagesAreRemoved() {
        let java =
            "java.lang.IllegalStateException: no\n\tat com.ibm.tivoli.Maximo.run(Maximo.java:12)\n\tat a.b.C.d(C.java)\nend"
        #expect(removed(java) == "java.lang.IllegalStateException: no\nend\n(traceback removed)")
        #expect(
            removed(#"{"error":{"innererror":{"message":"m","stacktrace":"   at Microsoft.Crm.X()\r\n   at Y()"}}}"#)
                == #"{"error":{"innererror":{"message":"m","stacktrace":"(traceback removed)"}}}"#
        )
        #expect(removed("boom\n#0 /var/www/a.php(12): b()\n#1 /var/www/c.php(3): d()") == "boom\n(traceback removed)")
    }

    @Test(arguments: [
        #"{"name":"PO-1","stack":2}"#, "look at this\n  at once", "{\"a\":1", "", "#0 nothing", #"{"exc":null}"#,
    ])
    func otherAnswersStayAsTheyAre(_ text: String) { #expect(removed(text) == text) }

    /// As the time line keeps it: no traceback, and no secret that the cut would have split.
    @Test func whatIsNotedHasNeitherTracebackNorSecret() async throws {
        let secret = "hunter22-hunter22"
        let filler = String(repeating: "x", count: CallRecord.maximumLength - 8)
        let caller = ERPCaller(credentials: .bearer(Redacted(secret))) { (_) throws(OutboundError) in
            let body = "\(filler)\(secret)\nTraceback (most recent call last):\n  File \"secret/path.py\"\nKeyError: 1"
            return OutboundResponse(status: 500, body: Array(body.utf8))
        }
        var trace = CallTrace()
        let request = RenderedRequest(method: "GET", url: "http://erp.test/", headers: [], body: nil)
        _ = await caller.answer(to: request, as: .question, trace: &trace)
        let noted = try #require(trace.records.first?.response)
        #expect(noted.count <= CallRecord.maximumLength)
        #expect(!noted.contains("hunter22") && !noted.contains("path.py"))
    }
}
