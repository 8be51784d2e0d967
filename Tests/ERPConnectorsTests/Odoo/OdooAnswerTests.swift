import HTTPClient
import Primitives
import Testing

@testable import ERPConnectors

/// Answers as real servers gave them: Odoo 11 and 19 (recorded), and what their source says.
@Suite struct OdooAnswerTests {
    private func read(_ status: Int, _ body: String, _ wire: OdooWire = .jsonRPC(user: 2)) -> OdooAnswer {
        OdooAnswer(.success(OutboundResponse(status: status, headers: [], body: Array(body.utf8))), over: wire)
    }

    private func reason(_ answer: OdooAnswer) -> String {
        switch answer {
        case .result(let value): "result \(value.text)"
        case .refused(let failure): "refused \(failure.reason)"
        case .transient(let failure): "transient \(failure.reason)"
        case .uncertain(let failure): "uncertain \(failure.reason)"
        }
    }

    private func error(_ name: String, _ message: String, code: Int = 200) -> String {
        let data: JSONValue = ["name": .string(name), "message": .string(message), "debug": "Traceback"]
        let error: JSONValue = ["code": .integer(Int64(code)), "message": "Odoo Server Error", "data": data]
        return (["jsonrpc": "2.0", "id": 1, "error": error] as JSONValue).text
    }

    @Test func anErrorWithStatus200IsNoSuccess() {
        let cases = [
            ("odoo.exceptions.AccessDenied", "Access denied", "refused credentials-refused"),
            ("odoo.exceptions.AccessError", "Sorry, you are not allowed", "refused not-allowed"),
            ("odoo.exceptions.ValidationError", "A mandatory field is not set", "refused odoo-ValidationError"),
            ("builtins.ValueError", "Invalid field 'nofield'", "refused odoo-ValueError"),
            ("psycopg2.OperationalError", "FATAL:  database \"nodb\" does not exist\n", "refused no-database"),
            ("psycopg2.OperationalError", "server closed the connection", "uncertain odoo-database"),
            (
                "psycopg2.extensions.TransactionRollbackError",
                "could not serialize access due to concurrent update\n", "transient concurrent-update"
            ),
            ("builtins.Exception", "CPU time limit exceeded.", "transient concurrent-update"),
        ]
        for (name, message, expected) in cases {
            #expect(reason(read(200, error(name, message))) == expected, "\(name)")
            #expect(reason(read(200, error(name, message, code: 0))) == expected, "\(name), as 19 numbers errors")
            let body: JSONValue = [
                "name": .string(name), "message": .string(message), "arguments": [], "context": [:],
                "debug": "Traceback",
            ]
            #expect(reason(read(500, body.text, .json2)) == expected, "\(name), /json/2")
        }
    }

    @Test func aMethodThatReturnsNothingIsDone() {
        #expect(read(200, #"{"jsonrpc":"2.0","id":1}"#) == .result(.null))
        #expect(read(200, "null", .json2) == .result(.null))
        #expect(read(200, #"{"jsonrpc":"2.0","id":1,"result":7}"#) == .result(7))
        #expect(read(200, "[7]", .json2) == .result([7]))
    }

    @Test func whatIsNotOdooSaysNothing() {
        #expect(reason(read(200, "<html>Sign in</html>")) == "uncertain not-json")
        #expect(reason(read(200, #"{"ok":true}"#)) == "uncertain not-json-rpc")
        #expect(reason(read(502, "<html>")) == "uncertain http-502")
        #expect(reason(read(500, "oops", .json2)) == "uncertain http-500")
        #expect(reason(read(503, "")) == "transient http-503")
        #expect(reason(read(401, "{}", .json2)) == "refused credentials-refused")
        #expect(reason(read(404, "<h1>Not Found</h1>")) == "refused http-404")
    }

    @Test func aRefusedRowOfLoadIsNoSuccess() throws {
        func loaded(_ text: String) throws -> String { reason(OdooAnswer.loaded(try JSONValue(parsing: text))) }
        #expect(try loaded(#"{"ids":[3],"messages":[],"nextrow":0}"#) == "result 3")
        let race =
            #"{"ids":false,"messages":[{"rows":{"from":0,"to":0},"record":0,"type":"error","#
            + #""message":"could not serialize access due to concurrent update\n"}]}"#
        #expect(try loaded(race) == "transient concurrent-update")
        let unique =
            #"{"ids":false,"messages":[{"type":"error","message":"duplicate key value violates unique "#
            + #"constraint \"ir_model_data_module_name_uniq_index\""}]}"#
        #expect(try loaded(unique) == "transient concurrent-update")
        let selection =
            #"{"ids":false,"messages":[{"type":"error","record":0,"field":"priority","#
            + #""message":"Value '9' not found in selection field 'Priority'"}]}"#
        #expect(try loaded(selection) == "refused odoo-import")
        let access =
            #"{"ids":false,"messages":[{"type":"error","message":"Unknown error during import: "#
            + #"<class 'odoo.exceptions.AccessError'>: ('Sorry, you are not allowed.\\nAsk.', None)"}]}"#
        let answer = OdooAnswer.loaded(try JSONValue(parsing: access))
        guard case .refused(let failure) = answer else {
            Issue.record("\(answer)")
            return
        }
        #expect(failure.reason == "not-allowed" && failure.detail.hasSuffix("Sorry, you are not allowed. Ask."))
        #expect(try loaded(#"{"messages":[]}"#) == "uncertain no-id")
    }

    @Test func versionsAreRead() {
        for (text, major) in [("11.0", 11), ("17.0+e", 17), ("saas~18.2", 18), ("19.0-20260101", 19)] {
            #expect(OdooFlavour.major(in: text) == major)
        }
        #expect(OdooFlavour.major(in: "master") == nil)
    }

    @Test func htmlBecomesText() {
        let html = "<p>Bearing replaced<br>at 71 &lt; 80 &amp;amp; rising</p><p>Done</p>"
        #expect(OdooConnector.plainText(html) == "Bearing replaced at 71 < 80 &amp; rising Done")
        #expect(OdooConnector.plainText("a < b") == "a")
    }
}
