import Foundation
import HTTPTypes
import HTTPWire
import NIOCore
import Testing

@testable import HTTPServer

/// A directory that is gone after the test.
final class TemporaryDirectory {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "plantwright-http-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    func write(_ contents: String, to name: String) throws {
        try write(Data(contents.utf8), to: name)
    }

    func write(_ contents: Data, to name: String) throws {
        let url = URL(fileURLWithPath: "\(path)/\(name)")
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try contents.write(to: url)
    }
}

@Suite struct StaticAssetsTests {
    private func assets(_ change: String = "") throws -> StaticAssets {
        let directory = try TemporaryDirectory()
        try directory.write("<script src=\"__ASSETS__/app.js\"></script>", to: "index.html")
        try directory.write(String(repeating: "export let x = 1\n", count: 100) + change, to: "app.js")
        try directory.write("body {}", to: "css/base.css")
        try directory.write(Data([0x89, 0x50]), to: "icon.png")
        try directory.write("secret", to: ".hidden")
        try directory.write("secret", to: ".git/config")
        try directory.write("tiles", to: "basemap/world.pmtiles")
        return try StaticAssets(directory: directory.path)
    }

    private func server(_ assets: StaticAssets) throws -> Server {
        var router = Router()
        router.addAssets(assets)
        router.get("/") { try assets.page("index.html", for: $0) }
        router.get("/none") { try assets.page("none.html", for: $0) }
        return try makeServer(router)
    }

    @Test func servesFilesUnderTheBuildsHash() async throws {
        let assets = try assets()
        let server = try server(assets)
        #expect(assets.names == ["app.js", "css/base.css", "icon.png"])
        #expect(assets.pageNames == ["index.html"])
        #expect(assets.hash.utf8.count == 16)
        #expect(assets.path("app.js") == "/assets/\(assets.hash)/app.js")
        let css = await server.respond(to: try Request(method: .get, target: assets.path("css/base.css")))
        #expect(css.status == .ok)
        #expect(css.headers[.contentType] == "text/css; charset=utf-8")
        #expect(css.headers[.cacheControl] == "public, max-age=31536000, immutable")
        #expect(css.headers[.contentEncoding] == nil)
        #expect(css.body.bytes == Array("body {}".utf8))
        let icon = await server.respond(to: try Request(method: .get, target: assets.path("icon.png")))
        #expect(icon.headers[.contentType] == "image/png")
        #expect(icon.headers[.vary] == nil)
    }

    @Test(arguments: [
        "/assets/0000000000000000/app.js", "/assets/HASH/none.js", "/assets/HASH/", "/assets/HASH/css", "/assets/HASH",
        "/assets/HASH/index.html", "/assets/HASH/.hidden", "/assets/HASH/basemap/world.pmtiles",
        "/assets/HASH/css//base.css",
        "/assets/HASH/css/../../app.js",
    ])
    func servesNothingElse(path: String) async throws {
        let assets = try assets()
        let target = path.replacingOccurrences(of: "HASH", with: assets.hash)
        #expect(try await server(assets).respond(to: Request(method: .get, target: target)).status == .notFound)
    }

    @Test func sendsPrecompressedTexts() async throws {
        let assets = try assets()
        let server = try server(assets)
        let zipped = await server.respond(
            to: try Request(method: .get, target: assets.path("app.js"), headers: [.acceptEncoding: "gzip"])
        )
        #expect(zipped.headers[.contentEncoding] == "gzip")
        #expect(zipped.headers[.vary] == "Accept-Encoding")
        let bytes = ByteBuffer(bytes: try #require(zipped.body.bytes))
        #expect(bytes.readableBytes < 200)
        #expect(try Gzip.decompress(bytes, limit: 10_000).readableBytes == 1_700)
        let plain = await server.respond(to: try Request(method: .get, target: assets.path("app.js")))
        #expect(plain.headers[.contentEncoding] == nil)
        #expect(plain.headers[.eTag] != zipped.headers[.eTag])
        #expect(plain.body.length == 1_700)
    }

    @Test func answersConditions() async throws {
        let assets = try assets()
        let server = try server(assets)
        for target in ["/", assets.path("app.js")] {
            let first = await server.respond(to: try Request(method: .get, target: target))
            let tag = try #require(first.headers[.eTag])
            for condition in [tag, "W/\(tag)", "\"x\", \(tag)", "*"] {
                let again = await server.respond(
                    to: try Request(method: .get, target: target, headers: [.ifNoneMatch: condition])
                )
                #expect(again.status == .notModified)
                #expect(again.headers[.eTag] == tag)
                #expect(again.body.length == 0)
            }
            let other = await server.respond(
                to: try Request(method: .get, target: target, headers: [.ifNoneMatch: "\"x\""])
            )
            #expect(other.status == .ok)
        }
    }

    @Test func pagesKnowTheirAssets() async throws {
        let assets = try assets()
        let server = try server(assets)
        let page = await server.respond(to: try Request(method: .get, target: "/"))
        #expect(page.body.bytes == Array("<script src=\"/assets/\(assets.hash)/app.js\"></script>".utf8))
        #expect(page.headers[.cacheControl] == "no-cache")
        #expect(page.headers[.contentType] == "text/html; charset=utf-8")
        #expect(await server.respond(to: try Request(method: .get, target: "/none")).status == .notFound)
    }

    @Test func theHashFollowsTheContents() throws {
        #expect(try assets().hash == assets().hash)
        #expect(try assets().hash != assets("// more").hash)
    }

    @Test func aMissingDirectoryIsEmpty() throws {
        let assets = try StaticAssets(directory: "/nonexistent-\(UUID().uuidString)")
        #expect(assets.names.isEmpty)
    }
}
