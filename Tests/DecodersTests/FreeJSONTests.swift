import Primitives
import Testing

@testable import Decoders

@Suite struct FreeJSONTests {
    @Test func namesValuesByTheirPaths() throws {
        let samples = try decode(
            .json,
            #"{"ts":1795362000000,"a":{"b":[1,{"c":true}],"n":null},"s":"x","a.d":2,"at":{"lat":52.4,"lng":4.6}}"#
        )
        #expect(samples.count == 1)
        #expect(samples[0].timestamp == Timestamp(milliseconds: 1_795_362_000_000))
        #expect(
            samples[0].summary == [
                "ts=1795362000000", "a.b.0=1", "a.b.1.c=true", "a.n=-", "s='x'", "a.d=2", "at=@52.4,4.6", "at.lat=52.4",
                "at.lng=4.6",
            ]
        )
    }

    @Test func readsOneReadingPerElement() throws {
        let payload = #"{"id":"m1","t":1795362000,"data":{"rows":[{"v":1},{"v":2,"t":1795362001}]}}"#
        let samples = try decode(.json, payload, options: #"{"items":"data.rows","time":"t","timeFormat":"s"}"#)
        #expect(samples.map(\.timestamp?.milliseconds) == [1_795_362_000_000, 1_795_362_001_000])
        #expect(samples.map { $0["v"] } == [.number(1), .number(2)])
        #expect(samples.map { $0["id"] } == [.text("m1"), .text("m1")])
        #expect(samples.map(\.pointer) == ["/data/rows/0", "/data/rows/1"])
        #expect(samples[0]["data.rows.0.v"] == nil)
    }

    @Test func anArrayNeedsNoPath() throws {
        #expect(try decode(.json, #"[{"a":1},{"a":2}]"#).map { $0["a"] } == [.number(1), .number(2)])
        #expect(try decode(.json, "[7,8]").map { $0["value"] } == [.number(7), .number(8)])
        #expect(try decode(.json, "[[7,8]]").first?.summary == ["0=7", "1=8"])
    }

    @Test func anElementComesBeforeItsDocument() throws {
        let samples = try decode(.json, #"{"v":0,"rows":[{"v":1}]}"#, options: #"{"items":"rows"}"#)
        #expect(samples[0]["v"] == .number(1))
    }

    @Test func findsNamesWithDots() throws {
        let samples = try decode(.json, #"{"x.y":{"z":[{"v":3}]},"x":{"w":1}}"#, options: #"{"items":"x.y.z"}"#)
        #expect(samples.map { $0["v"] } == [.number(3)])
    }

    @Test(arguments: [
        ("", "{}", RefusalReason.badJSON, ""), ("nonsense", "{}", .badJSON, ""), ("1", "{}", .badShape, ""),
        (#"{"a":1}"#, #"{"items":"rows.x"}"#, .badShape, "/rows/x"),
        (#"{"ts":true}"#, "{}", .badTime, "/ts"), (#"{"ts":"yesterday"}"#, "{}", .badTime, "/ts"),
        (#"[{"t":"2026"}]"#, #"{"time":"t","timeFormat":"rfc3339"}"#, .badTime, "/0/t"),
        (String(repeating: "[", count: 40) + String(repeating: "]", count: 40), "{}", .tooLarge, ""),
    ])
    func refuses(payload: String, options: String, code: RefusalReason, pointer: String) throws {
        let refusal = try #require(failure(.json, payload, options: options))
        #expect(refusal.code == code)
        #expect(refusal.pointer == pointer)
    }

    @Test func isBounded() {
        let many = "[" + Array(repeating: "1", count: DecoderLimits.samples + 1).joined(separator: ",") + "]"
        #expect(failure(.json, many)?.code == .tooLarge)
        let wide = "{" + (0...DecoderLimits.fields).map { "\"k\($0)\":1" }.joined(separator: ",") + "}"
        #expect(failure(.json, wide)?.code == .tooLarge)
        #expect(failure(.json, #"{"\#(String(repeating: "n", count: 1_025))":1}"#)?.code == .tooLarge)
        // What stands outside of the items counts for each of them.
        let shared = (0..<500).map { "\"k\($0)\":1" }.joined(separator: ",")
        let rows = Array(repeating: "{}", count: 600).joined(separator: ",")
        #expect(failure(.json, "{\(shared),\"r\":[\(rows)]}", options: #"{"items":"r"}"#)?.code == .tooLarge)
    }

    @Test func refusesUnknownOptions() throws {
        #expect(try issues(.json, #"{"itmes":"x"}"#) == ["/options/itmes unknown-field"])
        #expect(try issues(.json, #"{"timeFormat":"weeks"}"#) == ["/options/timeFormat choice"])
        #expect(try issues(.json, #"{"time":7}"#) == ["/options/time type"])
    }
}

@Suite struct TimeFormatTests {
    @Test(arguments: [
        (TimeFormat.auto, 1_795_362_000, 1_795_362_000_000_000), (.auto, 1_795_362_000_123, 1_795_362_000_123_000),
        (.auto, 1_795_362_000_123_456, 1_795_362_000_123_456),
        (.auto, 1_795_362_000_123_456_789, 1_795_362_000_123_456),
        (.seconds, -1, -1_000_000), (.nanoseconds, -1, -1), (.milliseconds, 5, 5_000), (.microseconds, 5, 5),
    ])
    func readsWholeNumbers(format: TimeFormat, number: Int64, microseconds: Int64) {
        #expect(format.timestamp(number)?.microseconds == microseconds)
    }

    @Test(arguments: [
        ("1795362000.5", 1_795_362_000_500_000), ("1795362000500", 1_795_362_000_500_000),
        ("2026-11-22T15:40:00.5Z", 1_795_362_000_500_000), ("2026-11-22T16:40:00.5+01:00", 1_795_362_000_500_000),
        ("2026-11-22 15:40:00.5", 1_795_362_000_500_000),
    ])
    func tellsTextsByThemselves(text: String, microseconds: Int64) {
        #expect(TimeFormat.auto.timestamp(text)?.microseconds == microseconds)
    }

    @Test func neverTraps() {
        for format in TimeFormat.allCases {
            for number: Int64 in [.min, -1, 0, 1, .max, .max / 1_000, .min / 1_000_000 + 1] {
                _ = format.timestamp(number)
                _ = format.timestamp(Double(number))
            }
            for number in [Double.infinity, -.infinity, .nan, 1e300, -1e300, 1e18, 0.5, .leastNonzeroMagnitude] {
                _ = format.timestamp(number)
            }
            for text in ["", "nan", "1e999", "-", "1e30", "2026-13-01T00:00:00Z"] {
                #expect(format.timestamp(text) == nil)
            }
        }
        #expect(TimeFormat.seconds.timestamp(Int64.max) == nil)
        #expect(TimeFormat.rfc3339.timestamp("1795362000") == nil)
        #expect(TimeFormat.seconds.timestamp("2026-11-22T15:40:00Z") == nil)
    }
}
