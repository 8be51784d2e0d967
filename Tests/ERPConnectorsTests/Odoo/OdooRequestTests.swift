import HTTPClient
import Primitives
import Testing

@testable import ERPConnectors

@Suite struct OdooRequestTests {
    private let writer = OdooRequestWriter(base: "https://odoo.test", database: "plant", password: Redacted("s3cret"))
    private let call = OdooCall.write("maintenance.request", [7], ["name": "New"])

    @Test func jsonRPCCarriesThePasswordWhereNothingShowsIt() throws {
        let request = writer.request(call, over: .jsonRPC(user: 2))
        #expect(request.method == "POST" && request.url == "https://odoo.test/jsonrpc")
        #expect(!request.text.contains("s3cret") && request.text.contains("(password)"))
        let sent = try JSONValue(parsing: request.payload)
        #expect(
            sent["params"]?["args"] == [
                "plant", 2, "s3cret", "maintenance.request", "write", [[7], ["name": "New"]], [:],
            ]
        )
    }

    @Test func json2NamesArguments() throws {
        let request = writer.request(call, over: .json2)
        #expect(request.url == "https://odoo.test/json/2/maintenance.request/write")
        #expect(request.body == ["ids": [7], "vals": ["name": "New"]] && request.secretBody == nil)
        #expect(request.headers.contains { $0.name == "X-Odoo-Database" && $0.value == "plant" })
        let create = writer.request(.create("stock.quant", ["product_id": 1]), over: .json2)
        #expect(create.body == ["vals_list": [["product_id": 1]]])
    }

    @Test func aRepeatedLoadIsToldNotToOverwrite() {
        let load = OdooCall.load("maintenance.request", id: "plantwright.pw-1", columns: [("name", "Check")])
        #expect(
            writer.request(load, over: .json2).body == [
                "fields": ["id", "name"], "data": [["plantwright.pw-1", "Check"]],
                "context": ["mode": "update", "noupdate": true],
            ]
        )
    }

    private func connector(_ credentials: JSONValue, _ options: JSONValue) throws -> any ERPConnector {
        let caller = ERPCaller(credentials: try ConnectorCredentials(credentials)) { (_) throws(OutboundError) in
            throw OutboundError(.closed, mayHaveReachedServer: false, detail: "Nothing is sent.")
        }
        return try OdooConnector(ConnectorSetup(url: "https://odoo.test/", options: options, caller: caller))
    }

    @Test func previewsAskNobody() throws {
        let order = DeliveryOrder(
            idempotencyKey: "pw-1",
            operation: .workOrderCreate,
            fields: ["title": "A < B", "equipment": "P-7", "description": "a < b", "priority": "critical"]
        )
        let newer = try connector(["bearer": "key"], [:]).preview(order)
        #expect(newer.map(\.url) == ["https://odoo.test/json/2/maintenance.request/load"])
        let text = newer.first?.text ?? ""
        #expect(
            text.contains("‹equipment P-7›") && text.contains("<p>a &lt; b</p>") && text.contains(#""3""#),
            "\(text)"
        )
        let older = try connector(["username": "u", "password": "s3cret"], ["database": "plant"]).preview(order)
        #expect(older.map(\.url) == ["https://odoo.test/jsonrpc"] && older.first?.text.contains("s3cret") == false)
    }

    @Test func fieldsThatOdooCannotTakeAreRefused() throws {
        let connector = try connector(["bearer": "key"], [:])
        let cases: [(JSONObject, String)] = [
            (["title": "A", "priority": "urgent"], "Priority"),
            (["title": "A", "workType": "repair"], "Maintenance type"),
            (["title": "A", "dueAt": "tomorrow"], "Scheduled date"), (["priority": "high"], "Subject"),
        ]
        for (fields, words) in cases {
            let order = DeliveryOrder(idempotencyKey: "pw-1", operation: .workOrderCreate, fields: fields)
            #expect(
                performing: { _ = try connector.preview(order) },
                throws: { error in
                    (error as? CallFailure)?.detail.contains(words) == true
                }
            )
        }
    }

    @Test func optionsAreChecked() {
        func pointers(_ options: JSONValue, _ credentials: ConnectorCredentials = .bearer(Redacted("key"))) -> [String]
        {
            do throws(InvalidInput) {
                _ = try OdooOptions(options, credentials: credentials)
                return []
            } catch {
                return error.issues.map(\.pointer)
            }
        }
        #expect(pointers([:]).isEmpty)
        #expect(pointers(["database": "plant", "priorities": ["critical": "2"], "doneStages": ["Closed"]]).isEmpty)
        #expect(pointers([:], .basic(username: "u", password: Redacted("p"))) == ["/options/database"])
        #expect(pointers([:], .header(name: "x", value: Redacted("p"))) == ["/credentials"])
        let wrong: JSONValue = [
            "externalIdModule": "my.module", "equipmentField": "X Tag", "priorities": ["low": "9"],
            "doneStages": "Closed",
            "receiveFrom": "moon", "settle": -1, "colour": "red",
        ]
        #expect(
            Set(pointers(wrong)) == [
                "/options/externalIdModule", "/options/equipmentField", "/options/priorities", "/options/doneStages",
                "/options/receiveFrom", "/options/settle", "/options/colour",
            ]
        )
    }
}
