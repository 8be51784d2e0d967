import HTTPClient
import Primitives
import Testing

@testable import ERPConnectors

@Suite struct TrytonRequestTests {
    private func connector(_ options: JSONValue) throws -> any ERPConnector {
        try ConnectorDefinition.tryton.make(
            ConnectorSetup(url: "https://tryton.example/", options: options, caller: .silent(.none))
        )
    }

    private func issues(_ options: JSONValue) -> [String] {
        do throws(InvalidInput) {
            _ = try TrytonOptions(options)
            return []
        } catch {
            return error.issues.map(\.pointer)
        }
    }

    @Test func optionsAreCheckedWithPointers() throws {
        #expect(issues([:]) == ["/options/database"])
        #expect(issues(["database": "plant", "orderModel": "sale.sale"]) == ["/options/orderModel"])
        #expect(issues(["database": "a/b", "settle": -1]) == ["/options/database", "/options/settle"])
        #expect(issues(["database": "plant", "equipment": "project"]) == ["/options/equipment"])
        #expect(issues(["database": "plant", "company": 1, "unheard": true]) == ["/options/unheard"])
        #expect(try TrytonOptions(["database": "plant", "company": 7]).company == "7")
    }

    @Test func onlyANameAndAPasswordWillDo() throws {
        let caller = ERPCaller(credentials: .bearer(Redacted("x"))) { (_) throws(OutboundError) in
            throw OutboundError(.closed, mayHaveReachedServer: false, detail: "")
        }
        let setup = ConnectorSetup(url: "https://tryton.example", options: ["database": "plant"], caller: caller)
        #expect(throws: InvalidInput.self) { try ConnectorDefinition.tryton.make(setup) }
    }

    @Test func aProductionCarriesTheKeyAndItsPartsInOneRequest() throws {
        let order = DeliveryOrder(
            idempotencyKey: "pw-0123456789abc",
            operation: .workOrderCreate,
            fields: [
                "title": "Check the bearing", "equipment": "PUMP-7", "dueDate": "2026-12-01T10:00:00Z",
                "item": "BRG-6204", "quantity": 2,
            ]
        )
        let requests = try connector(["database": "plant", "company": 1]).preview(order)
        #expect(
            requests.map { $0.body?["method"]?.string ?? "" } == [
                "model.production.create", "model.ir.note.create", "model.production.wait",
                "model.production.assign_try",
            ]
        )
        #expect(requests.allSatisfy { $0.url == "https://tryton.example/plant/" && $0.method == "POST" })
        let parameters = try #require(requests[0].body?["params"]?.array)
        #expect(parameters.last == ["company": 1, "language": "en"])
        let values = try #require(parameters.first?.array?.first)
        #expect(values["reference"] == "pw-0123456789abc")
        #expect(values["planned_date"] == values["planned_start_date"] && values["planned_date"]?["day"] == 1)
        let move = try #require(values["inputs"]?.array?.first?.array?.last?.array?.first)
        #expect(move["product"] == "‹product BRG-6204›" && move["quantity"] == 2.0)
        let note = try #require(requests[1].body?["params"]?.array?.first?.array?.first?["message"]?.string)
        #expect(note == "Check the bearing\n\nEquipment: PUMP-7\nDue: 2026-12-01T10:00:00Z\n\npw-0123456789abc")
    }

    @Test func aTaskIsOneRequestBelowItsProject() throws {
        let options: JSONValue = [
            "database": "plant", "company": 1, "orderModel": "project.work", "equipment": "project",
        ]
        let order = DeliveryOrder(
            idempotencyKey: "pw-0123456789abc",
            operation: .workOrderCreate,
            fields: ["title": "Check the bearing", "equipment": "Pump 7"]
        )
        let requests = try connector(options).preview(order)
        let values = try #require(requests.first?.body?["params"]?.array?.first?.array?.first)
        #expect(
            requests.count == 1 && values["parent"] == "‹equipment Pump 7›" && values["name"] == "Check the bearing"
        )
        #expect(values["comment"]?.string?.hasSuffix("\n\npw-0123456789abc") == true)
    }

    @Test func tasksAreCancelledOnlyWhereAStatusSaysSo() throws {
        let tasks: JSONValue = ["database": "plant", "orderModel": "project.work"]
        #expect(try connector(tasks).traits(of: .workOrderCancel) == nil)
        #expect(try connector(["database": "plant"]).traits(of: .workOrderCancel) != nil)
        #expect(try connector(tasks).traits(of: .meterRecord) == nil)
    }

    @Test func theLinkOpensTheRecord() throws {
        let connector = try connector(["database": "plant"])
        #expect(connector.link(externalID: "production,12") == "https://tryton.example/#plant/model/production/12")
        #expect(connector.link(externalID: "project.work,3") == "https://tryton.example/#plant/model/project.work/3")
        #expect(connector.link(externalID: "res.user,1") == nil && connector.link(externalID: "x") == nil)
    }

    @Test func textsAreReadAsTheyWereWritten() {
        let read = TrytonTexts.parts(of: "Check it\n\nHot\n\nEquipment: PUMP-7\nPriority: high\n\npw-abc")
        #expect(read.title == "Check it" && read.equipment == "PUMP-7" && read.key == "pw-abc")
        #expect(TrytonTexts.key(of: "Replaced, see pw-abc.") == nil && TrytonTexts.key(of: "") == nil)
        #expect(TrytonTexts.key(of: "pw-0123456789abcdef0") == nil)
    }

    @Test func quantitiesGetTheUnitsDigits() {
        #expect(TrytonConnector.rounded(2.345, 2) == 2.35 || TrytonConnector.rounded(2.345, 2) == 2.34)
        #expect(TrytonConnector.rounded(2.5, 0) == 3 && TrytonConnector.rounded(1e300, 9) == 1e300)
        #expect(TrytonConnector.rounded(0.04, 1) == 0)
    }

    @Test func theLoginShowsNoPassword() throws {
        let requests = TrytonRequests(base: "https://tryton.example", options: try TrytonOptions(["database": "p"]))
        let login = requests.login("robot", Redacted("s3cret"))
        #expect(!login.text.contains("s3cret") && login.text.contains("robot"))
        #expect(String(decoding: login.payload, as: UTF8.self).contains("s3cret"))
    }
}
