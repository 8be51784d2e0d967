import HTTPWire
import Testing

@Suite struct RequestTargetTests {
    @Test(arguments: [
        ("/", "/", [String]()), ("/a", "/a", ["a"]), ("/a/", "/a/", ["a", ""]), ("/a/b%20c", "/a/b c", ["a", "b c"]),
        ("/%C3%A9", "/é", ["é"]), ("/a//b", "/a//b", ["a", "", "b"]), ("//", "//", ["", ""]), ("/a+b", "/a+b", ["a+b"]),
        ("/a/./b", "/a/b", ["a", "b"]), ("/a/../b", "/b", ["b"]), ("/a/b/..", "/a/", ["a", ""]), ("/.", "/", []),
        ("/a/..", "/", []), ("/a/%2E%2e/b", "/b", ["b"]), ("/...", "/...", ["..."]), ("/.a", "/.a", [".a"]),
        ("http://h", "/", []), ("http://h/", "/", []), ("https://h:1/a/b", "/a/b", ["a", "b"]),
        ("http://h?x=1", "/", []),
        ("/a;b=c", "/a;b=c", ["a;b=c"]), ("/%25", "/%", ["%"]), ("/a%5Cb", "/a\\b", ["a\\b"]),
        ("/{x}|^`", "/{x}|^`", ["{x}|^`"]),
    ])
    func takesPathsApart(target: String, path: String, segments: [String]) throws {
        let parsed = try RequestTarget(parsing: target)
        #expect(parsed.path == path)
        #expect(parsed.segments == segments)
        #expect(!parsed.isAsterisk)
    }

    @Test(arguments: [
        ("/%", TargetError.badPercentEncoding), ("/%2", .badPercentEncoding), ("/%zz", .badPercentEncoding),
        ("/%2g", .badPercentEncoding), ("/%%41", .badPercentEncoding), ("/a?%", .badPercentEncoding),
        ("/a?b=%x0", .badPercentEncoding), ("/a%2fb", .encodedSlash), ("/a%2Fb", .encodedSlash),
        ("/%2F", .encodedSlash),
        ("/..%2f", .encodedSlash), ("/%00", .controlCharacter), ("/a%0d%0aX", .controlCharacter),
        ("/%7f", .controlCharacter),
        ("/a?b=%00", .controlCharacter), ("/..", .leavesRoot), ("/../a", .leavesRoot), ("/a/../..", .leavesRoot),
        ("/a/../../b", .leavesRoot), ("/%2e%2E", .leavesRoot), ("/%ff", .invalidUTF8), ("/%C0%AF", .invalidUTF8),
        ("/%ED%A0%80", .invalidUTF8), ("/a?b=%ff", .invalidUTF8), ("http://h/..", .leavesRoot),
    ])
    func refusesTargets(target: String, error: TargetError) {
        #expect(throws: error) { try RequestTarget(parsing: target) }
        #expect(error.message.hasSuffix("."))
    }

    @Test func readsQueries() throws {
        let query = try RequestTarget(parsing: "/a?x=1&y=a+b%2Bc&x=2&flag&=v&&%C3%A9=%26").query
        #expect(query.first("x") == "1")
        #expect(query.all("x") == ["1", "2"])
        #expect(query.first("y") == "a b+c")
        #expect(query.first("flag") == "")
        #expect(query.first("é") == "&")
        #expect(query.first("none") == nil)
        #expect(query.names == ["x", "y", "x", "flag", "", "é"])
        #expect(try RequestTarget(parsing: "/a?").query.isEmpty)
        #expect(try RequestTarget(parsing: "/a?b=c=d?e").query.first("b") == "c=d?e")
    }

    @Test func controlCharactersMayStandInQueries() throws {
        #expect(try RequestTarget(parsing: "/a?b=x%0Ay").query.first("b") == "x\ny")
    }

    @Test func asteriskIsTheServer() throws {
        let target = try RequestTarget(parsing: "*")
        #expect(target.isAsterisk)
        #expect(target.path == "*")
    }
}
