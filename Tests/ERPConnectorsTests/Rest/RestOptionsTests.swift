import Primitives
import Testing

@testable import ERPConnectors

@Suite struct RestOptionsTests {
    private func issues(_ options: JSONValue) -> [String] {
        do {
            _ = try RestOptions(options)
            return []
        } catch {
            return error.issues.map { "\($0.pointer) \($0.code)" }
        }
    }

    @Test func readsEverything() throws {
        let options = try RestOptions([
            "create": ["method": "post", "path": "/o", "id": "data.id", "body": ["a": "${x}"]],
            "find": ["method": "GET", "path": "/o?r=${idempotencyKey}", "items": "data", "id": "id"],
            "status": ["method": "GET", "path": "/o/${id}", "state": "state", "done": ["closed", 4, true]],
            "stock": ["method": "PUT", "path": "/s/${item}", "body": ["q": "${quantity}"]],
            "meter": ["path": "/m", "body": ["v": "${value}"]], "settle": 0, "link": "http://erp.example/${id}",
        ])
        #expect(options.create?.call.method == "POST" && options.create?.id.text == "data.id")
        #expect(options.find?.items.text == "data")
        #expect(options.status?.done == ["closed", "4", "true"])
        #expect(options.meter?.method == "POST" && options.settle == 0 && options.attach == nil)
        #expect(try RestOptions(nil).settle == 60)
    }

    @Test func everyFaultIsFoundWithItsPlace() {
        let options: JSONValue = [
            "create": ["method": "GET", "path": "orders", "body": ["a": ["${"], "b": "${x +}"], "surprise": 1],
            "find": ["path": "/o/../x", "items": "a..b", "id": 3], "status": ["path": "/o/${number}", "state": "s"],
            "stock": "PUT /stock", "settle": -1, "link": "http://erp.example/${nr}", "typo": [:],
        ]
        #expect(
            issues(options) == [
                "/options/link unknown-name", "/options/settle out-of-range", "/options/create/method choice",
                "/options/create/path path", "/options/create/body/a/0 syntax", "/options/create/body/b syntax",
                "/options/create/id required", "/options/create/surprise unknown-field", "/options/find/path path",
                "/options/find/items path", "/options/find/id type", "/options/status/path unknown-name",
                "/options/stock type", "/options/typo unknown-field",
            ]
        )
    }

    @Test func namesThatOnlyAMappingKnowsAreAccepted() {
        let body: JSONValue = [
            "a": "${title} ${round(x, 1)} ${a.b}", "b": "${cost-center}", "c": "${x > 1 and y == 'z'}",
        ]
        #expect(issues(["create": ["path": "/o/${anything}", "id": "id", "body": body]]) == [])
        #expect(
            issues(["create": ["path": "/o", "id": "id", "body": ["a": "${first} and ${second +}"]]]) == [
                "/options/create/body/a syntax"
            ]
        )
    }
}
