import HTTPTypes
import Testing

@testable import HTTPServer

@Suite struct CookieTests {
    @Test func readsCookies() throws {
        let cookies = Cookies(fields: ["a=1; b=\"2\";c = x=y ;junk; =z;a=3", "d=4"])
        #expect(cookies["a"] == "1")
        #expect(cookies.all("a") == ["1", "3"])
        #expect(cookies["b"] == "\"2\"")
        #expect(cookies["c"] == "x=y")
        #expect(cookies["d"] == "4")
        #expect(cookies["junk"] == nil && cookies[""] == nil)
        #expect(Cookies(fields: [";;", "="]).isEmpty)
        let request = try Request(method: .get, target: "/", headers: [.cookie: "s=t"])
        #expect(request.cookies["s"] == "t")
    }

    @Test func buildsCookies() throws {
        let session = try SetCookie("__Host-s", value: "abc", isSecure: true)
        #expect(session.text == "__Host-s=abc; Path=/; Secure; HttpOnly; SameSite=Strict")
        let other = try SetCookie(
            "s",
            value: "",
            path: "/app",
            domain: "plant.example",
            maxAge: 0,
            isSecure: false,
            isHTTPOnly: false,
            sameSite: .lax
        )
        #expect(other.text == "s=; Path=/app; Domain=plant.example; Max-Age=0; SameSite=Lax")
        var response = Response.noContent
        response.set(session)
        response.set(other)
        #expect(response.headers[values: .setCookie] == [session.text, other.text])
    }

    @Test func nothingCanBeInjected() {
        for value in ["a;b", "a b", "a\r\nX: y", "a,b", "a\"", "a\\", "ä", "\u{0}"] {
            #expect(throws: CookieError.invalidValue) { try SetCookie("s", value: value, isSecure: true) }
        }
        for name in ["", "a b", "a=b", "a;b", "ä", "a\r\n"] {
            #expect(throws: CookieError.invalidName) { try SetCookie(name, value: "", isSecure: true) }
        }
        for path in ["", "app", "/;Domain=x", "/\r\n"] {
            #expect(throws: CookieError.invalidAttribute) { try SetCookie("s", value: "", path: path, isSecure: true) }
        }
        for domain in ["", "a;b", "a b", "a\r\n"] {
            #expect(throws: CookieError.invalidAttribute) {
                try SetCookie("s", value: "", domain: domain, isSecure: true)
            }
        }
    }

    @Test func whatBrowsersWouldDropIsRefused() {
        #expect(throws: CookieError.contradiction) { try SetCookie("__Host-s", value: "", isSecure: false) }
        #expect(throws: CookieError.contradiction) { try SetCookie("__host-s", value: "", path: "/a", isSecure: true) }
        #expect(throws: CookieError.contradiction) {
            try SetCookie("__Host-s", value: "", domain: "a.example", isSecure: true)
        }
        #expect(throws: CookieError.contradiction) { try SetCookie("__Secure-s", value: "", isSecure: false) }
        #expect(throws: CookieError.contradiction) { try SetCookie("s", value: "", isSecure: false, sameSite: .none) }
    }
}
