import Primitives
import Testing

@testable import ERPConnectors

@Suite struct RestRequestBuilderTests {
    private func builder(_ options: JSONValue, url: String = "http://erp.example/api") throws -> RestRequestBuilder {
        RestRequestBuilder(url: url, options: try RestOptions(options))
    }

    private func order(_ fields: JSONObject, _ operation: ERPOperation = .workOrderCreate) -> DeliveryOrder {
        DeliveryOrder(idempotencyKey: "pw-abc", operation: operation, fields: fields)
    }

    @Test func rendersACreate() throws {
        let builder = try builder([
            "create": [
                "path": "/orders/${kind}?from=plantwright", "id": "id",
                "body": [
                    "title": "${title}", "temperature": "${temperature}", "hot": "${temperature > 80}", "fixed": 3,
                    "text": "at ${temperature} °C", "tags": ["${kind}", nil, true], "ref": "${idempotencyKey}",
                    "none": "${none}", "nested": ["deep": "${round(temperature, 0)}"],
                ],
            ]
        ])
        let request = try builder.request(
            for: order(["title": "Bearing", "temperature": 81.25, "kind": "a b", "none": nil])
        )
        #expect(request.method == "POST")
        #expect(request.url == "http://erp.example/api/orders/a%20b?from=plantwright")
        #expect(
            request.body == [
                "title": "Bearing", "temperature": 81.25, "hot": true, "fixed": 3, "text": "at 81.25 °C",
                "tags": ["a b", nil, true], "ref": "pw-abc", "none": nil, "nested": ["deep": 81.0],
            ]
        )
        #expect(request.headers.map(\.name) == ["Accept", "Content-Type", "Idempotency-Key"])
        #expect(request.headers.last?.value == "pw-abc")
        #expect(request.text.hasPrefix("POST http://erp.example/api/orders/a%20b?from=plantwright\nAccept: "))
        #expect(request.text.contains("\nIdempotency-Key: pw-abc\n\n{\"title\":\"Bearing\""))
    }

    @Test func onlyCreatesCarryTheKeyInAHeader() throws {
        let builder = try builder([
            "stock": ["path": "/stock/${item}", "body": ["quantity": "${quantity}"]],
            "find": ["path": "/orders?ref=${idempotencyKey}", "items": "items", "id": "id"],
        ])
        let stock = try builder.request(for: order(["item": "PP/7", "quantity": 3.0], .stockSet))
        #expect(stock.method == "PUT" && stock.url == "http://erp.example/api/stock/PP%2F7")
        #expect(stock.body?.text == "{\"quantity\":3}")
        #expect(stock.headers.map(\.name) == ["Accept", "Content-Type"])
        let find = try builder.lookUp(order([:]))
        #expect(find.method == "GET" && find.url == "http://erp.example/api/orders?ref=pw-abc" && find.body == nil)
        #expect(find.headers.map(\.name) == ["Accept"])
    }

    @Test(arguments: [
        ("a/b?c=d&e#f", "a%2Fb%3Fc%3Dd%26e%23f"), ("100 %", "100%20%25"), ("Zürich", "Z%C3%BCrich"),
        ("a-b_c.d~e", "a-b_c.d~e"), ("\r\nX: y", "%0D%0AX%3A%20y"),
    ])
    func valuesCannotChangeThePath(_ value: String, _ encoded: String) throws {
        let builder = try builder(["create": ["path": "/o/${v}/x", "id": "id"]])
        let request = try builder.request(for: order(["v": .string(value)]))
        #expect(request.url == "http://erp.example/api/o/\(encoded)/x")
    }

    @Test(arguments: [".", ".."])
    func valuesCannotLeaveThePath(_ value: String) throws {
        let builder = try builder(["create": ["path": "/o/${v}/x", "id": "id"]])
        #expect(throws: CallFailure.self) { try builder.request(for: order(["v": .string(value)])) }
    }

    @Test func whatAnAddressCannotHoldIsEncodedInTheTemplateToo() throws {
        let builder = try builder(["create": ["path": "/Aufträge neu/${v}?q=%20&\"x\"", "id": "id"]])
        let request = try builder.request(for: order(["v": 1]))
        #expect(request.url == "http://erp.example/api/Auftr%C3%A4ge%20neu/1?q=%20&%22x%22")
    }

    @Test func fieldNamesThatLookLikeExpressionsCanStandBare() throws {
        let body: JSONValue = ["a": "${cost-center}", "b": "x ${cost-center}", "c": "${quantity - 1}"]
        let builder = try builder(["create": ["path": "/o", "id": "id", "body": body]])
        let request = try builder.request(for: order(["cost-center": "C7", "quantity": 3]))
        #expect(request.body == ["a": "C7", "b": "x C7", "c": 2.0])
    }

    @Test func missingFieldsAndNullsInTextFail() throws {
        let builder = try builder(["create": ["path": "/o", "id": "id", "body": ["a": "x ${equipment}"]]])
        for fields in [[:], ["equipment": nil]] as [JSONObject] {
            do {
                _ = try builder.request(for: order(fields))
                Issue.record("no failure")
            } catch {
                #expect(error.reason == "template-failed" && error.detail.contains("equipment"))
            }
        }
    }

    @Test func whatIsNotConfiguredSaysSo() throws {
        let builder = try builder([:])
        for operation in ERPOperation.allCases {
            do {
                _ = try builder.request(for: order([:], operation))
                Issue.record("no failure")
            } catch {
                #expect(error.reason == "not-configured")
            }
        }
    }

    @Test func linksAreAddressesOnly() throws {
        func link(_ template: String) throws -> String? { try builder(["link": .string(template)]).link(id: "WO 7") }
        #expect(try link("https://erp.example/o/${id}") == "https://erp.example/o/WO%207")
        #expect(try link("/o/${id}") == "http://erp.example/api/o/WO%207")
        #expect(try link("javascript:alert(${id})") == nil)
        #expect(try builder([:]).link(id: "7") == nil)
    }
}
