import Foundation
import HTTPTypes
import Testing

@testable import HTTPServer

@Suite struct FormTests {
    private func request(_ type: String?, _ body: String, _ more: HTTPFields = [:]) throws -> Request {
        var headers = more
        headers[.contentType] = type
        if !body.isEmpty { headers[.contentLength] = String(body.utf8.count) }
        return try Request(method: .post, target: "/", headers: headers, body: Array(body.utf8))
    }

    private func problem(_ body: () async throws -> Void) async -> String? {
        do {
            try await body()
            return nil
        } catch {
            return (error as? HTTPProblem).map { "\($0.status.code) \($0.code)" } ?? "\(error)"
        }
    }

    @Test func readsURLEncodedForms() async throws {
        let type = "application/x-www-form-urlencoded; charset=utf-8"
        let form = try await request(type, "a=1&b=x+y%26&a=2&c").form()
        #expect(form.all("a") == ["1", "2"])
        #expect(form.first("b") == "x y&")
        #expect(form.first("c") == "")
        var limits = FormLimits()
        limits.fields = 2
        limits.fieldBytes = 10
        #expect(
            await problem { _ = try await request(type, "a=1&b=2&c", [:]).form(limits: limits) }
                == "413 too-many-fields"
        )
        #expect(
            await problem { _ = try await request(type, "a=12345678901").form(limits: limits) }
                == "413 content-too-large"
        )
        #expect(await problem { _ = try await request(type, "a=%zz").form() } == "400 malformed-form")
        #expect(await problem { _ = try await request("text/plain", "a=1").form() } == "415 unsupported-media-type")
        #expect(await problem { _ = try await request(nil, "a=1").form() } == "415 unsupported-media-type")
        #expect(await problem { _ = try await request(type, "").form() } == "411 length-required")
        #expect(
            await problem { _ = try await request(type, "a=1", [.contentEncoding: "gzip"]).form() }
                == "415 unsupported-content-coding"
        )
    }

    private static let type = "multipart/form-data; boundary=\"x y\""

    private static func part(_ disposition: String, _ content: String) -> String {
        "--x y\r\nContent-Disposition: \(disposition)\r\n\r\n\(content)\r\n"
    }

    @Test func readsFieldsAndFiles() async throws {
        let large = String(repeating: "0123456789", count: 60_000)
        let body =
            Self.part("form-data; name=\"a\"", "1") + Self.part("form-data; name=f; filename=\"C:\\x.bin\"", large)
            + Self.part("form-data; name=\"a\"", "ü") + Self.part("form-data; name=e; filename=\"\"", "") + "--x y--"
        let form = try await request(Self.type, body).multipartForm()
        #expect(form.fields.map { "\($0.name)=\($0.value)" } == ["a=1", "a=ü"])
        #expect(form.first("a") == "1")
        #expect(form.files.map(\.name) == ["f", "e"])
        #expect(form.files.map(\.fileName) == ["C:\\x.bin", ""])
        #expect(form.files.map(\.size) == [600_000, 0])
        #expect(try await form.files[0].read(at: 0, upTo: .max) == Array(large.utf8))
        #expect(try await form.files[0].read(at: 599_998, upTo: 10) == Array("89".utf8))
        #expect(try await form.files[0].read(at: 600_000, upTo: 10).isEmpty)
        #expect(try await form.files[1].read(at: 0, upTo: 10).isEmpty)
    }

    @Test func filesHaveNoNameOnDisk() async throws {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let body = Self.part("form-data; name=f; filename=x", "content") + "--x y--"
        let form = try await request(Self.type, body).multipartForm(directory: directory)
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory).isEmpty)
        #expect(try await form.files[0].read(at: 0, upTo: 100) == Array("content".utf8))
        await #expect(throws: TemporaryFileError.self) {
            _ = try await self.request(Self.type, body).multipartForm(directory: directory + "/none")
        }
    }

    @Test func limitsAndMistakes() async throws {
        var limits = FormLimits()
        limits.fields = 1
        limits.files = 1
        limits.fileBytes = 5
        limits.fieldBytes = 8
        let field = Self.part("form-data; name=a", "1")
        let file = Self.part("form-data; name=f; filename=x", "12345")
        let cases: [(String, String?)] = [
            (field + file + "--x y--", nil), (field + field + "--x y--", "413 too-many-fields"),
            (file + file + "--x y--", "413 too-many-files"),
            (Self.part("form-data; name=f; filename=x", "123456") + "--x y--", "413 content-too-large"),
            (Self.part("form-data; name=abc", "123456") + "--x y--", "413 content-too-large"),
            (Self.part("form-data", "1") + "--x y--", "400 malformed-part"),
            (Self.part("attachment; name=a", "1") + "--x y--", "400 malformed-part"),
            ("--x y\r\nX: y\r\n\r\n1\r\n--x y--", "400 malformed-part"), (field, "400 multipart-truncated"),
            ("--x yz\r\n", "400 invalid-delimiter"),
        ]
        for (body, expected) in cases {
            let got = await problem { _ = try await request(Self.type, body).multipartForm(limits: limits) }
            #expect(got == expected, "\(body)")
        }
        for type in ["multipart/form-data", "multipart/form-data; boundary=\"\""] {
            #expect(await problem { _ = try await request(type, field).multipartForm() } == "400 invalid-boundary")
        }
        #expect(
            await problem { _ = try await request("multipart/mixed; boundary=x", field).multipartForm() }
                == "415 unsupported-media-type"
        )
    }
}
