import Primitives
import Testing

@testable import Secrets

@Suite struct TokenSecretTests {
    private let zeros = RandomSource { count in [UInt8](repeating: 0, count: count) }

    @Test func hasAPrefixAndTwoHundredAndFiftySixRandomBits() {
        let token = TokenSecret(.apiToken, random: zeros)
        #expect(token.text.reveal() == "pwt_" + String(repeating: "a", count: 52))
        #expect(token.hash.count == 32)
        #expect(TokenSecret(.apiToken, random: .system).hash != TokenSecret(.apiToken, random: .system).hash)
    }

    @Test func isFoundAgainByItsHash() throws {
        let token = TokenSecret(.session, random: .system)
        let presented = try #require(TokenSecret(.session, presented: token.text.reveal()))
        #expect(ConstantTime.areEqual(presented.hash, token.hash))
    }

    /// `printf 'pwt_aaaa…' | sha256sum`: stored hashes must be found by every version.
    @Test func theHashIsSHA256OfTheText() {
        let hex = TokenSecret(.apiToken, random: zeros).hash.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }
        #expect(hex.joined() == "f951030f8e0625170281922118c9a63d854eba4cb199325f1e8eb5a0786da1a4")
    }

    @Test(arguments: [
        "", "pwt_", "pws_" + String(repeating: "a", count: 52), "pwt_" + String(repeating: "a", count: 51),
        "pwt_" + String(repeating: "a", count: 53), "pwt_" + String(repeating: "A", count: 52),
        "pwt_" + String(repeating: "1", count: 52), "pwt_" + String(repeating: "é", count: 26),
    ])
    func refusesWhatHasAnotherForm(text: String) {
        #expect(TokenSecret(.apiToken, presented: text) == nil)
    }

    @Test func aKindDoesNotPassForAnother() {
        for kind in TokenSecret.Kind.allCases {
            let text = TokenSecret(kind, random: .system).text.reveal()
            for other in TokenSecret.Kind.allCases {
                #expect((TokenSecret(other, presented: text) != nil) == (other == kind))
            }
        }
    }

    @Test func neverShowsItself() {
        let token = TokenSecret(.apiToken, random: zeros)
        var dumped = ""
        dump(token.text, to: &dumped)
        for text in ["\(token.text)", String(reflecting: token.text), "\(token)", dumped] {
            #expect(!text.contains("aaaa"))
        }
        #expect("\(Redacted(5))" == "(redacted)")
        #expect(Redacted("a") == Redacted("a"))
    }

    @Test func comparesAllBytes() {
        #expect(ConstantTime.areEqual("", ""))
        #expect(ConstantTime.areEqual("abc", "abc"))
        #expect(!ConstantTime.areEqual("abc", "abd"))
        #expect(!ConstantTime.areEqual("abc", "ab"))
        #expect(!ConstantTime.areEqual([0, 1] as [UInt8], [1, 0]))
    }
}

@Suite struct DeliveryKeyTests {
    @Test func fitsTheNarrowestField() {
        for index in 0..<200 {
            let key = DeliveryKey.make(parts: ["mapping", "\(index)"])
            #expect(key.utf8.count == 16)
            #expect(key.wholeMatch(of: /pw-[a-z2-7]{13}/) != nil)
        }
    }

    /// The key of a cause must never change: deliveries made by earlier versions are told by it.
    @Test func isFixedForEver() {
        #expect(DeliveryKey.make(parts: []) == "pw-4oymiquy7qobj")
        #expect(DeliveryKey.make(parts: ["abc"]) == "pw-yneuzincz6hox")
        #expect(DeliveryKey.make(parts: ["mapping-1", "rule-1", "pump-7", "1795362847123456"]) == "pw-f4gkam7ml44iv")
    }

    @Test func partsAreKeptApart() {
        let keys = [["ab", "c"], ["a", "bc"], ["abc"], ["abc", ""], ["", "abc"], ["c", "ab"]].map(DeliveryKey.make)
        #expect(Set(keys).count == keys.count)
    }

    @Test func manyCausesHaveManyKeys() {
        let keys = Set((0..<20_000).map { DeliveryKey.make(parts: ["m", "\($0)"]) })
        #expect(keys.count == 20_000)
    }
}

@Suite struct Base32Tests {
    /// RFC 4648 section 10, in lower case and without padding.
    @Test(arguments: [
        ("", ""), ("f", "my"), ("fo", "mzxq"), ("foo", "mzxw6"), ("foob", "mzxw6yq"), ("fooba", "mzxw6ytb"),
        ("foobar", "mzxw6ytboi"),
    ])
    func agreesWithTheStandard(plain: String, encoded: String) {
        #expect(Base32.encode(plain.utf8) == encoded)
    }

    @Test func canBeCutShort() {
        #expect(Base32.encode("foobar".utf8, length: 3) == "mzx")
    }
}

@Suite struct RandomSourceTests {
    @Test(arguments: [0, 1, 7, 8, 9, 32, 1_000]) func givesAsManyBytesAsAsked(count: Int) {
        #expect(RandomSource.system.bytes(count).count == count)
    }
}
