import Primitives
import SeededRandom
import Testing

@testable import Decoders

@Suite struct CSVTests {
    @Test func readsAHeaderAndEveryKindOfValue() throws {
        let samples = try decode(
            .csv,
            "\u{FEFF}ts,t,on,mode,id\r\n1795362000,21.5,true,run,007\r\n\r\n2026-11-22T15:40:01Z,-1e3,FALSE,\"1,\"\"x\"\"\n2\",\r\n"
        )
        #expect(samples.map(\.timestamp?.milliseconds) == [1_795_362_000_000, 1_795_362_001_000])
        #expect(samples[0].summary == ["ts=1795362000", "t=21.5", "on=true", "mode='run'", "id='007'"])
        #expect(samples[1].summary.dropFirst() == ["t=-1000", "on=false", "mode='1,\"x\"\n2'", "id=-"])
        #expect(samples.map(\.pointer) == ["/1", "/3"])
    }

    @Test func takesGivenColumnsAndDecimalCommas() throws {
        let options =
            #"{"header":false,"columns":["at","t"],"delimiter":";","decimal":",","time":"at","timeFormat":"s"}"#
        let samples = try decode(.csv, "1795362000;21,5\n1795362001;1.5\n", options: options)
        #expect(samples.map { $0["t"] } == [.number(21.5), .text("1.5")])
        #expect(samples.map(\.timestamp?.milliseconds) == [1_795_362_000_000, 1_795_362_001_000])
    }

    @Test(arguments: [
        ("1e5", FieldValue.number(100_000)), ("-0", .number(0)), ("01", .text("01")), ("+1", .text("+1")),
        ("1.", .text("1.")),
        (".5", .text(".5")), ("nan", .text("nan")), ("0x10", .text("0x10")), (" 1", .text(" 1")),
        ("999999999999999", .number(999_999_999_999_999)), ("1234567890123456", .text("1234567890123456")),
        ("123456789012345678901234567890", .text("123456789012345678901234567890")), ("\"1\"", .text("1")),
        ("[1]", .text("[1]")), ("null", .text("null")), ("1e999", .text("1e999")),
    ])
    func tellsNumbersFromTexts(text: String, value: FieldValue) throws {
        #expect(try decode(.csv, "a\n\(text)\n").map { $0["a"] } == [value])
    }

    @Test(arguments: [
        ("", RefusalReason.badShape, ""), ("a,a\n", .badShape, "/0"), ("a,\n", .badShape, "/0"),
        ("a,b\n1\n", .badShape, "/1"), ("a\n1\"\n", .badPayload, "/1"), ("a\n\"1\n", .badPayload, "/1"),
        ("a\n\"1\"2\n", .badPayload, "/1"), ("ts\nnow\n", .badTime, "/1/ts"),
    ])
    func refuses(text: String, code: RefusalReason, pointer: String) throws {
        let refusal = try #require(failure(.csv, text))
        #expect(refusal.code == code && refusal.pointer == pointer)
    }

    @Test func refusesBytesThatAreNoText() {
        #expect(failure(.csv, [0x61, 0x0A, 0xFF, 0x0A])?.code == .badPayload)
    }

    @Test(arguments: [
        (#"{"delimiter":"ab"}"#, "/options/delimiter invalid"), (#"{"delimiter":"\n"}"#, "/options/delimiter invalid"),
        (#"{"decimal":","}"#, "/options/delimiter invalid"), (#"{"header":false}"#, "/options/columns required"),
        (#"{"header":false,"columns":["a","a"]}"#, "/options/columns duplicate"),
        (#"{"header":false,"columns":[]}"#, "/options/columns type"),
        (#"{"columns":["a"]}"#, "/options/columns invalid"),
    ])
    func refusesOptions(options: String, issue: String) throws {
        #expect(try issues(.csv, options) == [issue])
    }

    @Test func whatIsWrittenIsRead() throws {
        var generator = SeededGenerator(seed: 4_180)
        let alphabet: [Character] = ["a", "\"", ",", "\n", ";", " ", "é", "1", "\r"]
        for _ in 0..<300 {
            let width = Int.random(in: 1...4, using: &generator)
            let rows = (0..<Int.random(in: 1...4, using: &generator)).map { _ in
                (0..<width).map { _ in
                    String(
                        (0..<Int.random(in: 0...5, using: &generator)).map { _ in
                            alphabet.randomElement(using: &generator) ?? "a"
                        }
                    )
                }
            }
            let text = rows.map { row in
                row.map { "\"" + $0.replacing("\"", with: "\"\"") + "\"" }.joined(separator: ",") + "\r\n"
            }.joined()
            var reader = CSVReader(Array(text.utf8), delimiter: UInt8(ascii: ","))
            var read: [[String]] = []
            while let record = try reader.next() { read.append(record.fields) }
            #expect(read == rows)
        }
    }
}

/// The rules and examples of InfluxDB's line protocol reference.
@Suite struct LineProtocolTests {
    @Test func readsEveryTypeOfField() throws {
        let samples = try decode(
            .lineProtocol,
            #"""
            # a comment
            weather,device=d1,site=hall\ 2 t=82.5,n=-3i,u=18446744073709551615u,on=t,off=False,s="a \"b\" \\ c, d" 1795362000000000123

            my\ place,host=h2 a\ b=1e3
            """#
        )
        #expect(samples.map(\.identifier) == ["d1", "h2"])
        #expect(samples.map(\.timestamp?.microseconds) == [1_795_362_000_000_000, nil])
        #expect(
            samples[0].summary == [
                "t=82.5", "n=-3", "u=1.8446744073709552e+19", "on=true", "off=false", #"s='a "b" \ c, d'"#,
                "device='d1'",
                "site='hall 2'", "measurement='weather'",
            ]
        )
        #expect(samples[1].summary == ["a b=1000", "host='h2'", "measurement='my place'"])
        #expect(samples.map(\.pointer) == ["/1", "/3"])
    }

    @Test func knowsPrecisionAndPrefix() throws {
        let sample = try decode(
            .lineProtocol,
            "mem,host=h used=1 1795362000",
            options: #"{"precision":"s","prefix":true}"#
        )[0]
        #expect(sample.timestamp?.milliseconds == 1_795_362_000_000)
        #expect(sample["mem.used"] == .number(1) && sample["host"] == .text("h"))
    }

    @Test func namesMayHoldEscapedCharacters() throws {
        let samples = try decode(.lineProtocol, #"m\,1,t\=a\,g=v\ \=1 f\=k=1,b\a="x""#)
        #expect(samples[0].summary == ["f=k=1", #"b\a='x'"#, "t=a,g='v =1'", "measurement='m,1'"])
    }

    @Test func textsMayHaveLines() throws {
        let samples = try decode(.lineProtocol, "m s=\"a\nb\" 1795362000000000000\r\nm s=\"c\"")
        #expect(samples.map { $0["s"] } == [.text("a\nb"), .text("c")])
        #expect(samples.map(\.pointer) == ["/0", "/2"])
    }

    @Test(arguments: [
        ("m", RefusalReason.badPayload, "/0"), ("m ", .badPayload, "/0"), ("m f", .badPayload, "/0"),
        ("m f=", .badPayload, "/0"), ("m f=x", .badPayload, "/0"), ("m f=1 x", .badTime, "/0"),
        ("m f=1 1.5", .badTime, "/0"),
        ("m f=1 1 1", .badPayload, "/0"), ("m,t f=1", .badPayload, "/0"), ("m,t= f=1", .badPayload, "/0"),
        (",t=1 f=1", .badPayload, "/0"), ("m f=\"x", .badPayload, "/0"), ("m f=1i2", .badPayload, "/0"),
        ("m f=1\nm f=nan", .badPayload, "/1"), ("m f=1e999", .badPayload, "/0"),
        ("m f=9223372036854775808i", .badPayload, "/0"),
        ("m f=1,", .badPayload, "/0"), ("m f=1u-", .badPayload, "/0"), ("m f=1 99999999999999999999", .badTime, "/0"),
    ])
    func refuses(text: String, code: RefusalReason, pointer: String) throws {
        let refusal = try #require(failure(.lineProtocol, text))
        #expect(refusal.code == code && refusal.pointer == pointer)
    }

    @Test func refusesBytesThatAreNoText() {
        #expect(failure(.lineProtocol, Array("m".utf8) + [0xFF] + Array(" f=1".utf8))?.code == .badPayload)
    }
}

/// The examples of ThingsBoard's documentation (thingsboard.io/docs/reference: mqtt-api/telemetry, gateway-api/telemetry).
@Suite struct ThingsBoardTests {
    @Test func readsAGatewaysDevices() throws {
        let samples = try decode(
            .thingsboard,
            """
            {"Device A":[{"ts":1483228800000,"values":{"temperature":42,"humidity":80}},
                         {"ts":1483228801000,"values":{"temperature":43,"humidity":82}}],
             "Device B":[{"ts":1483228800000,"values":{"temperature":42,"humidity":80}}]}
            """,
            topic: "v1/gateway/telemetry"
        )
        #expect(samples.map(\.identifier) == ["Device A", "Device A", "Device B"])
        #expect(samples.map(\.timestamp?.milliseconds) == [1_483_228_800_000, 1_483_228_801_000, 1_483_228_800_000])
        #expect(samples[1].summary == ["temperature=43", "humidity=82"])
        #expect(samples.map(\.pointer) == ["/Device A/0", "/Device A/1", "/Device B/0"])
    }

    @Test(
        arguments: [
            (#"{"temperature":22.5,"humidity":61}"#, [nil], [["temperature=22.5", "humidity=61"]]),
            (#"{"ts":1451649600512,"values":{"temperature":22.5}}"#, [1_451_649_600_512], [["temperature=22.5"]]),
            (
                #"[{"ts":1451649600000,"values":{"t":{"n":1}}},{"key1":"value1","on":true}]"#,
                [1_451_649_600_000, nil],
                [["t.n=1"], ["key1='value1'", "on=true"]]
            ),
        ] as [(String, [Int64?], [[String]])]
    )
    func readsADevice(payload: String, times: [Int64?], summaries: [[String]]) throws {
        let samples = try decode(.thingsboard, payload, topic: "v1/devices/m7/telemetry")
        #expect(samples.map(\.identifier) == samples.map { _ in "m7" })
        #expect(samples.map { $0.timestamp?.milliseconds } == times)
        #expect(samples.map(\.summary) == summaries)
    }

    @Test func theFormatCanBeSaid() throws {
        let payload = #"{"a":[{"x":1}]}"#
        #expect(try decode(.thingsboard, payload, options: #"{"format":"gateway"}"#, topic: "x")[0].identifier == "a")
        let device = try decode(.thingsboard, payload, options: #"{"format":"device"}"#, topic: "v1/gateway/telemetry")
        #expect(device[0].summary == ["a.0.x=1"])
    }

    @Test(arguments: [
        ("1", "v1/devices/m/telemetry"), ("[]", "v1/gateway/telemetry"), (#"{"a":1}"#, "v1/gateway/telemetry"),
        ("[1]", "v1/devices/m/telemetry"), (#"{"a":[1]}"#, "v1/gateway/telemetry"),
    ])
    func refuses(payload: String, topic: String) {
        #expect(failure(.thingsboard, payload, topic: topic)?.code == .badShape)
    }
}
