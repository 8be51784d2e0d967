import HTTPTypes
import NIOCore
import Testing

@testable import HTTPWire

@Suite struct HandshakeTests {
    @Test(arguments: [
        ("", "da39a3ee5e6b4b0d3255bfef95601890afd80709"), ("abc", "a9993e364706816aba3e25717850c26c9cd0d89d"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "84983e441c3bd26ebaae4aa1f95129e5e54670f1"
        ), (String(repeating: "a", count: 1_000), "291e9a6c66994949b57ba5e650361e98fc36b1ba"),
    ])
    func digestsLikeTheReference(message: String, digest: String) {
        let hex = SHA1.digest(of: Array(message.utf8)).map { byte in
            (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }
        #expect(hex.joined() == digest)
    }

    @Test func digestsEveryPaddingLength() {
        // 55, 56 and 64 bytes are where the padding changes the number of blocks.
        let digests = Set((0..<130).map { SHA1.digest(of: [UInt8](repeating: 7, count: $0)) })
        #expect(digests.count == 130)
        #expect(digests.allSatisfy { $0.count == 20 })
    }

    @Test(arguments: [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("\u{3ff}", "z78="),
    ])
    func encodesBase64(text: String, encoded: String) {
        #expect(Base64.encode(Array(text.utf8)) == encoded)
        #expect(Base64.decodedCount(encoded) == (encoded.isEmpty ? nil : text.utf8.count))
    }

    @Test(arguments: ["Zg=", "Zg", "====", "Z===", "Zg==Zg==", "Z!==", "dGhlIHNhbXBsZSBub25jZQ"])
    func refusesBrokenBase64(text: String) {
        #expect(Base64.decodedCount(text) == nil)
    }

    @Test func answersTheExampleOfTheSpecification() {
        #expect(
            WebSocketHandshake.acceptValue(forKey: "dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
        )
    }

    private static let good: [(String, String)] = [
        ("Upgrade", "WebSocket"), ("Connection", "keep-alive, Upgrade"), ("Sec-WebSocket-Version", "13"),
        ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ]

    private func head(
        _ changes: [String: String?] = [:],
        method: HTTPRequest.Method = .get,
        version: HTTPVersion = .http11
    ) -> RequestHead {
        var fields = HTTPFields()
        for (name, value) in Self.good {
            if let change = changes[name] {
                if let change { fields[name.field] = change }
            } else {
                fields[name.field] = value
            }
        }
        return RequestHead(
            method: method,
            target: "/",
            version: version,
            fields: fields,
            authority: "h",
            framing: .none,
            keepsAlive: true,
            expectsContinue: false
        )
    }

    @Test func acceptsAGoodHandshake() throws {
        #expect(try WebSocketHandshake.accept(head()) == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
    }

    @Test func refusesBadHandshakes() {
        let cases: [(RequestHead, WebSocketHandshake.Refusal)] = [
            (head(["Upgrade": nil]), .notAnUpgrade), (head(["Upgrade": "h2c"]), .notAnUpgrade),
            (head(["Connection": "close"]), .notAnUpgrade), (head(["Connection": nil]), .notAnUpgrade),
            (head(["Sec-WebSocket-Version": "8"]), .unsupportedVersion),
            (head(["Sec-WebSocket-Version": nil]), .unsupportedVersion),
            (head(["Sec-WebSocket-Key": nil]), .malformed), (head(["Sec-WebSocket-Key": "c2hvcnQ="]), .malformed),
            (head(method: .post), .malformed), (head(version: .http10), .malformed),
        ]
        for (head, refusal) in cases {
            #expect(throws: refusal) { try WebSocketHandshake.accept(head) }
        }
    }
}

@Suite struct HTTPDateTests {
    @Test(arguments: [
        (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"), (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
        (-1, "Wed, 31 Dec 1969 23:59:59 GMT"), (1_709_164_800, "Thu, 29 Feb 2024 00:00:00 GMT"),
        (4_102_444_799, "Thu, 31 Dec 2099 23:59:59 GMT"), (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"),
    ])
    func writesDates(seconds: Int64, text: String) {
        #expect(HTTPDate.text(secondsSince1970: seconds) == text)
    }
}
