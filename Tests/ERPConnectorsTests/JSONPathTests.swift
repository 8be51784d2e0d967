import Primitives
import Testing

@testable import ERPConnectors

@Suite struct JSONPathTests {
    private let document: JSONValue = [
        "id": 7, "data": ["id": "A-1", "items": [["no": 1.5], ["no": "x"]]], "big": 9_007_199_254_740_993, "flag": true,
        "empty": "", "nothing": nil, "nul": "a\0b",
    ]

    @Test(
        arguments: [
            ("id", "7"), ("data.id", "A-1"), ("data.items.0.no", "1.5"), ("data.items.1.no", "x"),
            ("big", "9007199254740993"), ("flag", "true"), ("empty", nil), ("nothing", nil), ("nul", nil),
            ("data", nil),
            ("data.items.2.no", nil), ("data.items.-1.no", nil), ("absent.id", nil),
        ] as [(String, String?)]
    )
    func identifiersAreTextsWhateverTheirType(_ path: String, _ expected: String?) throws {
        #expect(try #require(JSONPath(path)).identifier(in: document) == expected)
    }

    @Test func theEmptyPathIsTheDocument() throws {
        #expect(JSONPath("")?.value(in: document) == document)
        #expect(JSONPath(".")?.value(in: document) == document)
        #expect(JSONPath("a..b") == nil && JSONPath(".a") == nil && JSONPath("a.") == nil)
    }

    @Test func longIdentifiersAreNotRelied() throws {
        let path = try #require(JSONPath("id"))
        #expect(path.identifier(in: ["id": .string(String(repeating: "x", count: 255))])?.count == 255)
        #expect(path.identifier(in: ["id": .string(String(repeating: "x", count: 256))]) == nil)
    }
}
