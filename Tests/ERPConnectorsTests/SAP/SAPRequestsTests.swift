import HTTPClient
import Primitives
import Testing

@testable import ERPConnectors

@Suite struct SAPRequestsTests {
    private func requests(_ options: JSONValue = [:]) throws -> SAPRequests {
        SAPRequests(base: "https://s4.test", options: try SAPOptions(options))
    }

    private func fields(_ order: DeliveryOrder) throws -> OrderFields { try OrderFields(order, .sapS4HANA) }

    private func order(_ operation: ERPOperation, _ fields: JSONObject) -> DeliveryOrder {
        DeliveryOrder(
            idempotencyKey: "pw-0123456789abc",
            operation: operation,
            fields: fields,
            causedAt: Timestamp(milliseconds: 1_790_000_000_123)
        )
    }

    @Test(arguments: [
        (0.001, "0.001"), (2, "2.000"), (12.25, "12.250"), (0.0005, "0.001"), (9_999_999_999, "9999999999.000"),
    ])
    func quantitiesHaveThreeDecimals(_ number: Double, _ text: String) {
        #expect(ODataLiteral.quantity(number) == text)
    }

    @Test(arguments: [0, -1, 0.0004, 1e10, .infinity, .nan])
    func unusableQuantitiesAreRefused(_ number: Double) {
        #expect(ODataLiteral.quantity(number) == nil)
    }

    @Test func datesAreReadAndWritten() {
        let noon = Timestamp(milliseconds: 1_790_000_000_123)
        #expect(ODataLiteral.day(noon) == "/Date(1789948800000)/")
        #expect(ODataLiteral.day(Timestamp(milliseconds: -1)) == "/Date(-86400000)/")
        #expect(ODataLiteral.offsetTime(noon) == "datetimeoffset'2026-09-21T14:13:20Z'")
        #expect(ODataLiteral.time("/Date(1542801052000+0000)/") == Timestamp(milliseconds: 1_542_801_052_000))
        #expect(ODataLiteral.time("/Date(-86400000)/") == Timestamp(milliseconds: -86_400_000))
        for text in ["/Date()/", "/Date(x)/", "", "/Date(9999999999999999999)/", "/Date(999999999999999999)/"] {
            #expect(ODataLiteral.time(text) == nil, "\(text)")
        }
    }

    @Test func aPictureNamesItsNotificationAsTheDatabaseDoes() throws {
        var order = order(.workOrderAttach, [:])
        order.attachment = OrderAttachment(title: "Chart", mediaType: "image/png", bytes: [0x89, 0x50])
        let request = try requests(["attachmentObject": "pmqmel"]).attach(order, toNotification: "10000001")
        let headers = Dictionary(uniqueKeysWithValues: request.headers.map { ($0.name, $0.value) })
        #expect(request.method == "POST" && request.payload == [0x89, 0x50])
        #expect(request.url.contains("/API_CV_ATTACHMENT_SRV/AttachmentContentSet?"))
        #expect(headers["Slug"] == "plantwright-pw-0123456789abc.png" && headers["Content-Type"] == "image/png")
        #expect(headers["LinkedSAPObjectKey"] == "000010000001" && headers["BusinessObjectTypeName"] == "PMQMEL")
        #expect(SAPRequests.objectKey("000010000001") == "000010000001" && SAPRequests.objectKey("A-1") == "A-1")
        let find = try requests().attachments(ofNotification: "10000001")
        #expect(find.url.contains("GetAllOriginals?BusinessObjectTypeName=%27BUS2038%27&LinkedSAPObjectKey=%270000"))
    }

    @Test func quotesInValuesCannotEndALiteral() throws {
        let request = try requests().findStock("O'Neill' or Plant ne '", plant: nil, storageLocation: nil)
        #expect(request.url.contains("Material%20eq%20%27O%27%27Neill%27%27%20or%20Plant%20ne%20%27%27%27"))
    }

    @Test func aNotificationCarriesTheKeyAndKeepsToTheLimits() throws {
        let long = String(repeating: "very long ", count: 200)
        let link = "https://plant.example/evidence/1"
        let order = order(
            .workOrderCreate,
            [
                "title": .string(long), "description": .string(long), "link": .string(link), "equipment": "210100094",
                "priority": "critical", "failureCode": "PUMP/HOT",
            ]
        )
        let options: JSONValue = ["client": "100", "priorities": ["critical": "A"], "notificationType": "m2"]
        let request = try requests(options).createNotification(order, try fields(order))
        let body = try #require(request.body)
        #expect(request.url.hasSuffix("/API_MAINTNOTIFICATION/MaintenanceNotification?sap-client=100&sap-language=EN"))
        #expect(body["MaintNotifExtReferenceNumber"] == "PW-0123456789ABC")
        #expect(body["NotificationType"] == "M2" && body["MaintPriority"] == "A")
        #expect(body["TechnicalObject"] == "000000000210100094" && body["TechObjIsEquipOrFuncnlLoc"] == "EAMS_EQUI")
        #expect(body["MaintNotificationCodeGroup"] == "PUMP" && body["MaintNotificationCode"] == "HOT")
        #expect((body["NotificationText"]?.string?.count ?? 99) <= 40)
        let text = try #require(body["MaintNotifLongTextForEdit"]?.string)
        #expect(text.count <= 1_333 && text.hasSuffix("…\n\n" + link))
    }

    @Test func aCodingIsAGroupAndACode() throws {
        for code in ["HOT", "PUMP/", "TOO-LONG-GROUP/HOT", "A/B/C"] {
            let order = order(.workOrderCreate, ["title": "t", "failureCode": .string(code)])
            #expect(throws: CallFailure.self) { try requests().createNotification(order, try fields(order)) }
        }
    }

    @Test func aGoodsIssueToAnOrderIs261() throws {
        let options: JSONValue = ["plant": "1010", "storageLocation": "101A", "costCenter": "MAINT"]
        let order = order(.stockConsume, ["item": "BRG-6204", "quantity": 2, "order": "4000001", "location": "102B"])
        let fields = try fields(order)
        let requests = try requests(options)
        let movement = try #require(try requests.movement(.stockConsume, fields))
        let body = try #require(try requests.post(movement, order, fields).body)
        let item = try #require(body["to_MaterialDocumentItem"]?["results"]?.array?.first)
        #expect(item["GoodsMovementType"] == "261" && item["ManufacturingOrder"] == "4000001")
        #expect(item["CostCenter"] == nil && item["Plant"] == "1010" && item["StorageLocation"] == "102B")
        #expect(body["GoodsMovementCode"] == "03" && body["PostingDate"] == "/Date(1789948800000)/")
        #expect(body["ReferenceDocument"] == "PW-0123456789ABC")
    }

    @Test func longTextsGrowUntilThereIsNoRoom() throws {
        let mark = SAPConnector.mark("pw-1")
        #expect(SAPConnector.longText(nil, "Still hot.", mark) == "Still hot. [pw-1]")
        #expect(SAPConnector.longText("First.", "Still hot.", mark) == "First.\nStill hot. [pw-1]")
        let nearlyFull = String(repeating: "x", count: 1_280)
        let longer = try #require(SAPConnector.longText(nearlyFull, String(repeating: "y", count: 500), mark))
        #expect(longer.count == 1_333 && longer.hasSuffix("… [pw-1]"))
        #expect(SAPConnector.longText(String(repeating: "x", count: 1_320), "Still hot.", mark) == nil)
    }

    @Test func everyFaultInTheOptionsIsTold() throws {
        let options: JSONValue = [
            "client": "1", "plant": "TOOLONG", "releaseOrder": true, "movementTypes": ["increase": "561"],
            "priorities": ["urgent": "1"], "link": "https://s4.test/ui", "colour": "blue",
        ]
        let error = #expect(throws: InvalidInput.self) { try SAPOptions(options) }
        let pointers = Set(error?.issues.map(\.pointer) ?? [])
        #expect(
            pointers == [
                "/options/client", "/options/plant", "/options/releaseOrder", "/options/movementTypes/decrease",
                "/options/priorities/urgent", "/options/link", "/options/colour",
            ]
        )
    }

    @Test func otherCredentialsAreRefused() throws {
        let setup = ConnectorSetup(
            url: "https://s4.test",
            options: [:],
            caller: ERPCaller(credentials: try ConnectorCredentials(["bearer": "x"]), send: Self.nothing)
        )
        let error = #expect(throws: InvalidInput.self) { try SAPConnector(setup) }
        #expect(error?.issues.map(\.pointer) == ["/credentials"])
    }

    @Test func theAddressOfAServiceIsTakenToo() throws {
        let setup = ConnectorSetup(
            url: "https://s4.test/sap/opu/odata/sap/API_MAINTNOTIFICATION/",
            options: [:],
            caller: ERPCaller(
                credentials: try ConnectorCredentials(["username": "u", "password": "p"]),
                send: Self.nothing
            )
        )
        #expect(try SAPConnector(setup).requests.base == "https://s4.test")
    }

    private static let nothing: ERPCaller.Send = { (_) throws(OutboundError) in
        throw OutboundError(.closed, mayHaveReachedServer: false, detail: "")
    }
}
