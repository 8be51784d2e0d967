import HTTPTypes
import HTTPWire
import Testing

@testable import HTTPServer

@Suite struct RouterTests {
    private static let patterns = [
        "/", "/a", "/a/b", "/a/{x}", "/a/{x}/c", "/a/b/{y}", "/tiles/{z}/{x}/{y}.mvt", "/tiles/{z}/{x}/v{y}",
        "/assets/{hash}/{path...}", "/assets/{hash}/index", "/{any}/z", "/dir/",
    ]

    private static func table() throws -> RouteTable {
        var router = Router()
        for pattern in patterns { router.get(pattern) { _ in .text(pattern) } }
        return try RouteTable(router)
    }

    private func match(_ path: String, _ method: HTTPRequest.Method = .get) throws -> (String, RouteParameters)? {
        let target = try RequestTarget(parsing: path)
        guard case .found(let entry, let parameters) = try Self.table().match(method, target.segments) else {
            return nil
        }
        return (entry.description.pattern, parameters)
    }

    @Test(arguments: [
        ("/", "/"), ("/a", "/a"), ("/a/b", "/a/b"), ("/a/q", "/a/{x}"), ("/a/q/c", "/a/{x}/c"),
        ("/a/b/c", "/a/b/{y}"), ("/a/b/d", "/a/b/{y}"), ("/q/z", "/{any}/z"), ("/a/z", "/a/{x}"),
        ("/tiles/1/2/3.mvt", "/tiles/{z}/{x}/{y}.mvt"), ("/tiles/1/2/v3", "/tiles/{z}/{x}/v{y}"),
        ("/assets/h/js/app.js", "/assets/{hash}/{path...}"), ("/assets/h/index", "/assets/{hash}/index"),
        ("/assets/h/index/x", "/assets/{hash}/{path...}"), ("/dir/", "/dir/"),
    ])
    func findsTheMostSpecificRoute(path: String, pattern: String) throws {
        #expect(try match(path)?.0 == pattern)
    }

    @Test(arguments: [
        "/b", "/a/", "/a//c", "/tiles/1/2/.mvt", "/tiles/1/2/3", "/assets/h/", "/assets/h", "/dir", "//", "/q/zz",
        "/A", "/a/q/C",
    ])
    func findsNothing(path: String) throws {
        #expect(try match(path) == nil)
    }

    @Test func collectsParameters() throws {
        let tile = try #require(try match("/tiles/12/034/5.mvt")).1
        #expect(tile["z"] == "12")
        #expect(tile.integer("x") == 34)
        #expect(tile["y"] == "5")
        #expect(tile["other"] == "")
        #expect(tile.integer("other") == nil)
        let asset = try #require(try match("/assets/abc/js/a%20b.js")).1
        #expect(asset["path"] == "js/a b.js")
        #expect(try match("/a/-5")?.1.integer("x") == nil)
        #expect(try match("/a/b/c")?.1["y"] == "c")
        // After a dead end the values of the abandoned branch are gone.
        #expect(try match("/a/q/c")?.1["x"] == "q")
    }

    @Test func tellsMethodsOfAPath() throws {
        var router = Router()
        router.get("/x/{a}") { _ in .noContent }
        router.put("/x/{b}") { request in .text(request.parameters["b"]) }
        router.delete("/x/y") { _ in .noContent }
        router.webSocket("/live") { _, _ in }
        let table = try RouteTable(router)
        guard case .otherMethods(let methods) = table.match(.post, ["x", "y"]) else {
            Issue.record("no other methods")
            return
        }
        #expect(methods == "DELETE, GET, HEAD, OPTIONS, PUT")
        guard case .found(let entry, let parameters) = table.match(.put, ["x", "y"]) else {
            Issue.record("PUT is not found behind the literal")
            return
        }
        #expect(entry.description.pattern == "/x/{b}")
        #expect(parameters["b"] == "y")
        guard case .found = table.match(.head, ["x", "q"]) else {
            Issue.record("HEAD does not fall back to GET")
            return
        }
        guard case .otherMethods("GET, OPTIONS") = table.match(.head, ["live"]) else {
            Issue.record("a WebSocket answers HEAD")
            return
        }
    }

    @Test(arguments: [
        "", "a", "/{", "/}", "/{}", "/{a}{b}", "/{a}/{a}", "/{a...}/b", "/x{a...}", "/a{b}}", "/{...}",
    ])
    func refusesMalformedPatterns(pattern: String) {
        var router = Router()
        router.get(pattern) { _ in .noContent }
        #expect(throws: RouterError.self) { try router.validate() }
    }

    @Test func refusesClashes() {
        var router = Router()
        router.get("/a/{x}/{y}.csv") { _ in .noContent }
        router.post("/a/{z}/{y}.csv") { _ in .noContent }
        #expect(throws: Never.self) { try router.validate() }
        router.get("/a/{b}/{c}.csv") { _ in .noContent }
        let error = #expect(throws: RouterError.self) { try router.validate() }
        #expect(error?.description == "route /a/{b}/{c}.csv: GET clashes with /a/{x}/{y}.csv")
    }

    @Test func listsRoutes() throws {
        enum Role: ContextKey { typealias Value = String }
        var metadata = TypedStorage()
        metadata[Role.self] = "admin"
        var other = Router()
        other.put("/b", bodyLimit: 5, metadata: metadata) { _ in .noContent }
        var router = Router()
        router.webSocket("/live") { _, _ in }
        router.get("/b") { _ in .noContent }
        router.merge(other)
        let routes = router.routes
        #expect(routes.map { "\($0.method.rawValue) \($0.pattern)" } == ["GET /b", "PUT /b", "GET /live"])
        #expect(routes.map(\.isWebSocket) == [false, false, true])
        #expect(routes[1].bodyLimit == 5)
        #expect(routes[1].metadata[Role.self] == "admin")
        #expect(routes[0].metadata[Role.self] == nil)
    }
}

@Suite struct TypedStorageTests {
    private enum Name: ContextKey { typealias Value = String }
    private enum Count: ContextKey { typealias Value = Int }

    @Test func keepsValuesByKey() {
        var storage = TypedStorage()
        #expect(storage[Name.self] == nil)
        storage[Name.self] = "a"
        storage[Count.self] = 1
        storage[Count.self] = 2
        #expect(storage[Name.self] == "a")
        #expect(storage[Count.self] == 2)
        storage[Name.self] = nil
        #expect(storage[Name.self] == nil)
        #expect(storage[Count.self] == 2)
    }
}
