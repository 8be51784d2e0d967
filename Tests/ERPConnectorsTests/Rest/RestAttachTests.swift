import HTTPClient
import Primitives
import Testing

@testable import ERPConnectors

/// The option `attach` of a `rest` connector: what may stand in it, what is sent, what an answer means.
@Suite struct RestAttachTests {
    private static let picture = OrderAttachment(
        title: "Temperature before “hot”",
        mediaType: "image/png",
        bytes: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x00, 0xFF]
    )
    private static let base64 = "iVBORw0KAP8="

    private let order = DeliveryOrder(
        idempotencyKey: "pc-0123456789abc",
        operation: .workOrderAttach,
        fields: [:],
        target: "WO 7/1",
        attachment: picture
    )

    private func issues(_ attach: JSONValue) -> [String] {
        do {
            _ = try RestOptions(["attach": attach])
            return []
        } catch {
            return error.issues.map { "\($0.pointer) \($0.code)" }
        }
    }

    private func builder(_ attach: JSONValue) throws -> RestRequestBuilder {
        RestRequestBuilder(url: "http://erp.example/api", options: try RestOptions(["attach": attach]))
    }

    @Test func readsEveryWay() throws {
        let json = try RestOptions([
            "attach": [
                "path": "/o/${id}/files", "body": ["name": "${fileName}", "data": "data:image/png;base64,${picture}"],
                "find": ["path": "/o/${id}/files", "items": "data.files", "key": "attributes.name"],
            ]
        ])
        #expect(json.attach?.call.method == "POST" && json.attach?.form == nil)
        #expect(json.attach?.find?.items.text == "data.files" && json.attach?.find?.key?.text == "attributes.name")
        let form = try RestOptions([
            "attach": ["path": "/f", "form": "files[0].file", "body": ["note": "${title}", "order": "${id}"]]
        ])
        #expect(form.attach?.form == "files[0].file" && form.attach?.find == nil)
        let put = try RestOptions(["attach": ["method": "put", "path": "/o/${id}/${fileName}"]])
        #expect(put.attach?.call.method == "PUT" && put.attach?.call.body == nil)
    }

    @Test(
        arguments: [
            (["method": "GET", "path": "/f"], ["/attach/method choice"]),
            (["path": "/f/${title}/${number}"], ["/attach/path unknown-name"]),
            (["path": "/f/${picture}"], ["/attach/path unknown-name"]),
            (["path": "/f", "body": ["a": "x"]], ["/attach/body picture"]),
            (["path": "/f", "body": ["a": "${picture}", "b": ["${picture}"]]], ["/attach/body picture"]),
            (["path": "/f", "body": ["a": "${upper(picture)}"]], ["/attach/body picture"]),
            (["path": "/f", "body": ["a": "${picture} ${x}"]], ["/attach/body/a unknown-name"]),
            (["path": "/f", "form": "file", "body": ["a": "${picture}"]], ["/attach/body picture"]),
            (["path": "/f", "form": "file", "body": ["a": ["b": "c"]]], ["/attach/body form"]),
            (["path": "/f", "form": "file", "body": ["a\"b": "c"]], ["/attach/body form"]),
            (["path": "/f", "form": "file", "body": "a"], ["/attach/body form"]),
            (["path": "/f", "form": "a\"b"], ["/attach/form invalid"]),
            (["path": "/f", "form": 7], ["/attach/form type"]),
            (["path": "/f", "find": ["path": "/f/${id}"]], ["/attach/find/key required"]),
            (
                ["path": "/f", "find": ["path": "f?n=${fileName}", "key": "a..b"]],
                ["/attach/find/path path", "/attach/find/key path"]
            ),
            (["path": "/f", "find": "/f"], ["/attach/find type"]),
            (["path": "/f", "find": ["path": "/f?n=${fileName}", "more": 1]], ["/attach/find/more unknown-field"]),
            (["path": "/f", "headers": ["a"]], ["/attach/headers type"]),
            (["path": "/f", "headers": ["X-A": 1]], ["/attach/headers type"]),
            (["path": "/f", "headers": ["X A": "1"]], ["/attach/headers header"]),
            (["path": "/f", "headers": ["Content-Type": "text/plain"]], ["/attach/headers header"]),
            (["path": "/f", "headers": ["authorization": "Bearer x"]], ["/attach/headers header"]),
            (["path": "/f", "headers": ["X-A": "${picture}"]], ["/attach/headers unknown-name"]),
            (["path": "/f", "id": "id"], ["/attach/id unknown-field"]),
        ] as [(JSONValue, [String])]
    )
    func everyFaultIsFoundWithItsPlace(_ attach: JSONValue, _ expected: [String]) {
        #expect(issues(attach) == expected.map { "/options" + $0 })
    }

    @Test func aLookUpOfThisFileAloneNeedsNoName() {
        #expect(issues(["path": "/f", "find": ["path": "/f?name=${fileName}"]]) == [])
        #expect(issues(["path": "/f", "find": ["path": "/f?q=${idempotencyKey}"]]) == [])
        #expect(
            issues(["path": "/f", "find": ["method": "POST", "path": "/find", "body": ["name": "${fileName}"]]]) == []
        )
    }

    @Test func aBodyCarriesThePictureInBase64() throws {
        let builder = try builder([
            "path": "/o/${id}/files",
            "body": ["name": "${fileName}", "data": "data:${mediaType};base64,${picture}", "about": "${title}"],
        ])
        let request = try builder.request(for: order)
        #expect(request.method == "POST" && request.url == "http://erp.example/api/o/WO%207%2F1/files")
        #expect(request.headers.map(\.name) == ["Accept", "Content-Type", "Idempotency-Key"])
        #expect(request.headers.last?.value == order.idempotencyKey)
        let sent = try JSONValue(parsing: request.payload)
        #expect(
            sent == [
                "name": .string(order.fileName), "data": .string("data:image/png;base64," + Self.base64),
                "about": "Temperature before “hot”",
            ]
        )
        #expect(request.text.contains("base64,‹contents of \(order.fileName)›") && !request.text.contains(Self.base64))
    }

    @Test func withoutABodyThePictureItselfIsSent() throws {
        let request = try builder(["method": "PUT", "path": "/o/${id}/${fileName}"]).request(for: order)
        #expect(request.method == "PUT" && request.url.hasSuffix("/o/WO%207%2F1/plantwright-pc-0123456789abc.png"))
        #expect(request.payload == Self.picture.bytes)
        #expect(request.headers.contains { $0.name == "Content-Type" && $0.value == "image/png" })
        #expect(request.body == .string("‹contents of \(order.fileName)›"))
    }

    @Test func aFormHasTheOtherFieldsBeforeThePicture() throws {
        let request = try builder(["path": "/f", "form": "file", "body": ["order": "${id}", "main": true, "n": 3]])
            .request(for: order)
        let type = try #require(request.headers.first { $0.name == "Content-Type" }?.value)
        #expect(type.hasPrefix("multipart/form-data; boundary="))
        let text = String(decoding: request.payload, as: UTF8.self)
        for part in ["name=\"order\"\r\n\r\nWO 7/1\r\n", "name=\"main\"\r\n\r\ntrue\r\n", "name=\"n\"\r\n\r\n3\r\n"] {
            #expect(text.contains(part))
        }
        #expect(text.contains("name=\"file\"; filename=\"\(order.fileName)\"\r\nContent-Type: image/png\r\n\r\n"))
        #expect(request.payload.firstRange(of: Self.picture.bytes) != nil)
        #expect(request.headers.filter { $0.name == "Content-Type" }.count == 1)
    }

    @Test func headerFieldsOfTheERPsOwnAreSent() throws {
        let headers: JSONValue = ["X-Atlassian-Token": "no-check", "Slug": "${fileName}", "X-Order": "${id}"]
        for attach in [
            ["path": "/f", "headers": headers], ["path": "/f", "form": "file", "headers": headers],
            ["path": "/f", "body": ["a": "${picture}"], "headers": headers],
        ] as [JSONValue] {
            let sent = try builder(attach).request(for: order).headers
            for (name, value) in [("X-Atlassian-Token", "no-check"), ("Slug", order.fileName), ("X-Order", "WO 7/1")] {
                #expect(sent.filter { $0.name == name }.map(\.value) == [value])
            }
        }
        // The title has quotation marks that no header field should.
        let failing = try builder(["path": "/f", "headers": ["X-Title": "${title}"]])
        let failure = #expect(throws: CallFailure.self) { try failing.request(for: order) }
        #expect(failure?.reason == "template-failed" && failure?.detail.contains("X-Title") == true)
        var split = order
        split.target = "7\r\nX-Other: 1"
        let careful = try builder(["path": "/f", "headers": ["X-Order": "${id}"]])
        #expect(throws: CallFailure.self) { try careful.request(for: split) }
    }

    @Test func previewsDoWithoutThePicture() throws {
        var order = order
        order.attachment = nil
        for attach in [
            ["path": "/f", "body": ["data": "${picture}"]], ["path": "/f", "form": "file"], ["path": "/f"],
        ] as [JSONValue] {
            #expect(try builder(attach).request(for: order).text.contains("‹contents of \(order.fileName)›"))
        }
    }

    @Test func howOftenItMayBeSentDependsOnTheOptions() throws {
        func traits(_ attach: JSONValue?) throws -> OperationTraits? {
            let setup = ConnectorSetup(
                url: "http://erp.example",
                options: attach.map { ["attach": $0] } ?? [:],
                caller: .silent(try ConnectorCredentials(nil))
            )
            return try RestConnector(setup).traits(of: .workOrderAttach)
        }
        #expect(try traits(nil) == nil)
        #expect(try traits(["path": "/f"]) == OperationTraits())
        #expect(try traits(["method": "PUT", "path": "/f"]) == OperationTraits(isRepeatable: true))
        let find: JSONValue = ["path": "/f", "find": ["path": "/f", "key": "name"]]
        #expect(try traits(find) == OperationTraits(canLookUp: true))
    }

    private func answer(_ status: Int, _ body: String = "") -> ERPCaller.Answer {
        .success(OutboundResponse(status: status, headers: [], body: Array(body.utf8)))
    }

    @Test(arguments: [
        (#"{"files":[{"name":"plantwright-pc-0123456789abc.png"}]}"#, true),
        (#"{"files":[{"name":"a.png"},{"name":"x pc-0123456789abc"}]}"#, true),
        (#"{"files":[{"name":"plantwright-pc-zzzzzzzzzzzzz.png"}]}"#, false), (#"{"files":[{"no":1}]}"#, false),
        (#"{"files":[]}"#, false), (#"{"files":null}"#, false), ("{}", false),
    ])
    func aFileIsFoundByTheKeyInItsName(_ body: String, _ isThere: Bool) throws {
        let options = try RestOptions([
            "attach": ["path": "/f", "find": ["path": "/f", "items": "files", "key": "name"]]
        ])
        let outcome = RestResponseClassifier(options: options).attachLookUp(answer(200, body), order)
        #expect(outcome == (isThere ? .found(externalID: "WO 7/1") : .notFound))
    }

    @Test func onlyAnAnswerThatCanBeReadSaysNotFound() throws {
        let options = try RestOptions([
            "attach": ["path": "/f", "find": ["path": "/f?n=${fileName}", "items": "files"]]
        ])
        let classifier = RestResponseClassifier(options: options)
        #expect(classifier.attachLookUp(answer(404), order) == .notFound)
        #expect(classifier.attachLookUp(answer(200, #"{"files":[{}]}"#), order) == .found(externalID: "WO 7/1"))
        for (status, body) in [(200, "<html>"), (200, #"{"files":"none"}"#), (401, ""), (500, #"{"files":[]}"#)] {
            guard case .failed = classifier.attachLookUp(answer(status, body), order) else {
                Issue.record("relied on \(status) \(body)")
                continue
            }
        }
    }
}
