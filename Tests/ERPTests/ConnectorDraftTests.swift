import ERPConnectors
import HTTPClient
import Primitives
import Secrets
import Testing

@testable import ERP

@Suite struct ConnectorDraftTests {
    private static let now = Timestamp(milliseconds: 1_790_000_000_000)

    private func issues(_ document: JSONValue, allow: [String] = []) throws -> [String] {
        let policy = try OutboundPolicy(allow: allow)
        do throws(InvalidInput) {
            _ = try ConnectorDraft(document, policy: policy, at: Self.now)
            return []
        } catch {
            return error.issues.map { "\($0.pointer) \($0.code)" }
        }
    }

    private func document(_ changes: JSONObject = [:]) -> JSONValue {
        var object: JSONObject = ["name": "ERP", "kind": "rest", "url": "https://erp.example"]
        for member in changes.members { object[member.name] = member.value }
        return .object(object)
    }

    @Test func acceptsTheLeast() throws {
        #expect(try issues(document()) == [])
        #expect(try issues(document(["key": "erp", "hasCredentials": true, "options": nil])) == [])
    }

    @Test func everyFaultIsFoundWithItsPlace() throws {
        #expect(try issues([:]) == ["/name required", "/kind required", "/url required"])
        #expect(
            try issues(["name": "", "kind": "sap", "url": "erp", "options": 3, "colour": "red"]) == [
                "/name required", "/kind choice", "/url url", "/options type", "/colour unknown-field",
            ]
        )
        #expect(try issues("text") == [" type"])
    }

    @Test func everyKindChecksItsOptionsAndCredentials() throws {
        let password: JSONValue = ["username": "u", "password": "p"]
        let odoo = try issues(document(["kind": "odoo", "options": ["anything": 1], "credentials": password]))
        #expect(odoo.contains { $0.hasPrefix("/options/anything") }, "\(odoo)")
        let wrong = try issues(
            document(["kind": "tryton", "options": ["database": "d"], "credentials": ["bearer": "t"]])
        )
        #expect(wrong == ["/credentials credentials"])
        #expect(try issues(document(["kind": "tryton", "options": ["database": "d"]])) == [], "they are kept")
    }

    @Test(arguments: [
        ("http://127.0.0.1:9000", [], ["/url loopback-refused"]), ("http://127.0.0.1:9000", ["127.0.0.1"], []),
        ("http://169.254.169.254", ["0.0.0.0/0"], ["/url address-refused"]),
        ("https://u:p@erp.example", [], ["/url url-credentials"]), ("https://erp.example/?a=b", [], ["/url url"]),
        ("ftp://erp.example", [], ["/url url"]),
    ])
    func addressesAreChecked(_ url: String, _ allow: [String], _ expected: [String]) throws {
        #expect(try issues(document(["url": .string(url)]), allow: allow) == expected)
    }

    @Test(
        arguments: [
            (["bearer": "t"], []), (["username": "u", "password": "p"], []), (["username": "u"], []),
            (["header": "X-Api-Key", "value": "v"], []), ([:], []), (nil, []),
            (["bearer": ""], ["/credentials/bearer required"]), (["bearer": "a\nb"], ["/credentials/bearer invalid"]),
            (["username": "a:b", "password": "p"], ["/credentials/username invalid"]),
            (["header": "Host", "value": "v"], ["/credentials/header header"]),
            (["header": "X Y", "value": "v"], ["/credentials/header header"]),
            (["header": "X-Y"], ["/credentials/value required"]),
            (["token": "t"], ["/credentials/username required", "/credentials/token unknown-field"]),
            (["tokenUrl": "https://x", "clientId": "c", "clientSecret": "s"], []),
            (["tokenUrl": "x", "clientId": "c"], ["/credentials/tokenUrl url", "/credentials/clientSecret required"]),
            (
                ["tokenUrl": "http://169.254.169.254/t", "clientId": "c", "clientSecret": "s"],
                ["/credentials/tokenUrl address-refused"]
            ),
            ("secret", ["/credentials type"]),
        ] as [(JSONValue, [String])]
    )
    func credentialsAreChecked(_ credentials: JSONValue, _ expected: [String]) throws {
        #expect(try issues(document(["credentials": credentials])) == expected)
    }

    @Test func credentialsBecomeHeaders() throws {
        func header(_ value: JSONValue) throws -> String? {
            try ConnectorCredentials(value).header.map { "\($0.name): \($0.value.reveal())" }
        }
        #expect(try header(["bearer": "tok"]) == "authorization: Bearer tok")
        #expect(
            try header(["username": "Aladdin", "password": "open sesame"])
                == "authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="
        )
        #expect(try header(["header": "X-Api-Key", "value": "k"]) == "X-Api-Key: k")
        #expect(try header([:]) == nil)
    }

    @Test func credentialsAreNeverPrintedOrEchoed() throws {
        let credentials = try ConnectorCredentials(["username": "u", "password": "hunter22"])
        #expect(!"\(credentials)".contains("hunter22"))
        #expect(credentials.redact("you sent hunter22 (dTpodW50ZXIyMg==)") == "you sent (redacted) ((redacted))")
    }

    @Test func absentCredentialsAreKeptAndNullOnesRemoved() throws {
        let policy = OutboundPolicy.standard
        #expect(try ConnectorDraft(document(), policy: policy, at: Self.now).credentials == .keep)
        #expect(
            try ConnectorDraft(document(["credentials": nil]), policy: policy, at: Self.now).credentials
                == .replace(.null)
        )
        #expect(
            try ConnectorDraft(document(["credentials": [:]]), policy: policy, at: Self.now).credentials
                == .replace(.null)
        )
        let secret: JSONValue = ["bearer": "t"]
        #expect(
            try ConnectorDraft(document(["credentials": secret]), policy: policy, at: Self.now).credentials
                == .replace(secret)
        )
    }
}
