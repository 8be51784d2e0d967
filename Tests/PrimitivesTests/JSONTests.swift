import Foundation
import Primitives
import SeededRandom
import Testing

@Suite struct JSONTests {
    @Test func indentedTextReadsBackEqual() throws {
        let value = try JSONValue(parsing: #"{"a":[1,{"b":"x\ny"},[]],"c":{},"d":null}"#)
        let text = value.indentedText
        #expect(try JSONValue(parsing: text) == value)
        #expect(
            text
                == "{\n  \"a\": [\n    1,\n    {\n      \"b\": \"x\\ny\"\n    },\n    []\n  ],\n  \"c\": {},\n  \"d\": null\n}\n"
        )
    }

    @Test func keepsOrderAndExactIntegers() throws {
        let text = #"{"z":9007199254740993,"a":[1.5,-0.25,true,false,null,"x"],"m":{}}"#
        #expect(try JSONValue(parsing: text).text == text)
    }

    @Test func readsEscapes() throws {
        let value = try JSONValue(parsing: #""\"\\\/\b\f\n\r\té😀""#)
        #expect(value.string == "\"\\/\u{8}\u{c}\n\r\té😀")
        #expect(JSONValue.string("\u{1}\"\\\n").text == #""\u0001\"\\\n""#)
    }

    @Test(arguments: [
        "", "{", "[1,]", "{\"a\":1,}", "{a:1}", "01", "1.", ".5", "-", "+1", "1e", "NaN", "Infinity", "1e999", "tru",
        "'a'",
        "\"\u{1}\"", "\"\\x\"", "\"\\ud800\"", "\"\\ud800\\u0041\"", "{\"a\":1,\"a\":2}", "1 2", "[1 2]", "\"abc",
    ]) func refuses(text: String) {
        #expect(throws: JSONSyntaxError.self) { try JSONValue(parsing: text) }
    }

    @Test func refusesBadUTF8AndDepth() {
        #expect(throws: JSONSyntaxError.self) { try JSONValue(parsing: [0x22, 0xC0, 0x80, 0x22]) }
        let deep = String(repeating: "[", count: 65) + String(repeating: "]", count: 65)
        #expect(throws: JSONSyntaxError.self) { try JSONValue(parsing: deep) }
    }

    @Test func agreesWithFoundationOnRandomDocuments() throws {
        var generator = SeededGenerator(seed: 7)
        for _ in 0..<500 {
            let value = JSONValue.random(depth: 4, using: &generator)
            let bytes = value.bytes
            #expect(try JSONValue(parsing: bytes) == value)
            let theirs = try JSONSerialization.jsonObject(with: Data(bytes), options: .fragmentsAllowed)
            let again = try JSONSerialization.data(withJSONObject: theirs, options: .fragmentsAllowed)
            let back = try JSONValue(parsing: Array(again))
            #expect(back.isAbout(value), "\(value.text)")
        }
    }

    @Test func neverTrapsOnMutations() {
        var generator = SeededGenerator(seed: 11)
        let seed = Array(#"{"ts":1763827200000,"a":[1.5e3,"é\n",{"b":null}],"c":true}"#.utf8)
        for _ in 0..<20_000 {
            var bytes = seed
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                let place = Int.random(in: 0..<bytes.count, using: &generator)
                bytes[place] = UInt8.random(in: 0...255, using: &generator)
            }
            if let value = try? JSONValue(parsing: bytes) {
                #expect((try? JSONValue(parsing: value.bytes))?.isAbout(value) == true)
            }
        }
    }
}

@Suite struct InputReaderTests {
    @Test func collectsEveryIssue() throws {
        var reader = try InputReader(["name": 5, "level": "roof", "key": "Bad Key", "extra": true, "wait": "1 minute"])
        enum Level: String, CaseIterable { case site }
        #expect(reader.requiredString("name").isEmpty)
        #expect(reader.choice("level", Level.self) == nil)
        #expect(reader.key("key") == nil)
        #expect(reader.duration("wait") == nil)
        #expect(reader.required("missing") == nil)
        let error = #expect(throws: InvalidInput.self) { try reader.finish() }
        #expect(
            error?.issues.map(\.pointer) == ["/name", "/level", "/key", "/wait", "/missing", "/extra"]
        )
        #expect(error?.issues.map(\.code) == ["type", "choice", "key", "duration", "required", "unknown-field"])
    }

    @Test func escapesPointers() throws {
        let reader = try InputReader([:], at: "/metrics/0")
        #expect(reader.pointer(to: "a/b~c") == "/metrics/0/a~1b~0c")
    }
}

@Suite struct AsyncLockTests {
    @Test func excludes() async {
        let lock = AsyncLock()
        let inside = Counter()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<50 {
                group.addTask {
                    await lock.withLock {
                        await inside.enter()
                        await Task.yield()
                        await inside.leave()
                    }
                }
            }
        }
        #expect(await inside.maximum == 1)
    }

    private actor Counter {
        var current = 0
        var maximum = 0
        func enter() {
            current += 1
            maximum = max(maximum, current)
        }
        func leave() { current -= 1 }
    }
}

extension JSONValue {
    fileprivate static func random(depth: Int, using generator: inout SeededGenerator) -> JSONValue {
        switch Int.random(in: 0..<(depth > 0 ? 8 : 6), using: &generator) {
        case 0: return .null
        case 1: return .bool(.random(using: &generator))
        case 2: return .integer(.random(in: -1_000_000...1_000_000, using: &generator))
        case 3: return .number(.random(in: -1e6...1e6, using: &generator))
        case 4: return .string(["", "é", "\u{1F600}", "a\"b\\c\n", "\u{0}x"].randomElement(using: &generator) ?? "")
        case 5: return .integer(0)
        case 6: return .array((0..<3).map { _ in .random(depth: depth - 1, using: &generator) })
        default:
            var object = JSONObject()
            for name in ["a", "b", "ü"] { object[name] = .random(depth: depth - 1, using: &generator) }
            return .object(object)
        }
    }

    /// Equal but for the last digit of numbers and the order of members.
    fileprivate func isAbout(_ other: JSONValue) -> Bool {
        switch (self, other) {
        case (.object(let mine), .object(let theirs)):
            return mine.members.count == theirs.members.count
                && mine.members.allSatisfy { theirs[$0.name].map($0.value.isAbout) ?? false }
        case (.array(let mine), .array(let theirs)):
            return mine.count == theirs.count && zip(mine, theirs).allSatisfy { $0.isAbout($1) }
        default:
            if let mine = double, let theirs = other.double { return abs(mine - theirs) <= abs(mine) * 1e-12 }
            return self == other
        }
    }
}
