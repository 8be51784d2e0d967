import Primitives
import Testing

@testable import Decoders

/// The examples of RFC 8428 section 5.1, and what its section 4 says of base fields.
@Suite struct SenMLTests {
    @Test func aSingleDatapointIsADevice() throws {
        let samples = try decode(.senml, #"[{"n":"urn:dev:ow:10e2073a01080063","u":"Cel","v":23.1}]"#)
        #expect(samples.map(\.identifier) == ["urn:dev:ow:10e2073a01080063"])
        #expect(samples[0].summary == ["value=23.1"])
        #expect(samples[0].timestamp == nil)
    }

    @Test func recordsOfOneTimeAreOneReading() throws {
        let samples = try decode(
            .senml,
            """
            [{"bn":"urn:dev:ow:10e2073a01080063:","n":"voltage","u":"V","v":120.1},
             {"n":"current","u":"A","v":1.2}]
            """
        )
        #expect(samples.map(\.identifier) == ["urn:dev:ow:10e2073a01080063"])
        #expect(samples[0].summary == ["voltage=120.1", "current=1.2"])
    }

    @Test func timesAreRelativeToTheBase() throws {
        let samples = try decode(
            .senml,
            """
            [{"bn":"urn:dev:ow:10e2073a0108006:","bt":1.276020076001e+09,"bu":"A","bver":5,
              "n":"voltage","u":"V","v":120.1},
             {"n":"current","t":-5,"v":1.2},{"n":"current","t":-4,"v":1.3},{"n":"current","v":1.7}]
            """
        )
        #expect(samples.map(\.timestamp?.milliseconds) == [1_276_020_076_001, 1_276_020_071_001, 1_276_020_072_001])
        #expect(samples.map(\.summary) == [["voltage=120.1", "current=1.7"], ["current=1.2"], ["current=1.3"]])
    }

    @Test func degreesAreALocation() throws {
        let samples = try decode(
            .senml,
            """
            [{"bn":"urn:dev:ow:10e2073a01080063","bt":1.320067464e+09,"bu":"%RH","v":20},
             {"u":"lon","v":24.30621},{"u":"lat","v":60.07965},{"t":60,"v":20.3}]
            """
        )
        #expect(samples.count == 2)
        #expect(samples[0]["value"] == .number(20))
        #expect(samples[0]["location"] == .location(latitude: 60.07965, longitude: 24.30621))
        #expect(samples[1].summary == ["value=20.3"])
    }

    @Test func valuesHaveEveryType() throws {
        let samples = try decode(
            .senml,
            """
            [{"bn":"urn:dev:ow:10e2073a01080063:","n":"temp","u":"Cel","v":23.1},
             {"n":"label","vs":"Machine Room"},{"n":"open","vb":false},{"n":"nfc-reader","vd":"aGkgCg"},
             {"n":"energy","u":"J","s":5,"ut":10,"unknown":[]}]
            """
        )
        #expect(
            samples[0].summary == [
                "temp=23.1", "label='Machine Room'", "open=false", "nfc-reader='aGkgCg'", "energy.sum=5",
            ]
        )
    }

    @Test func baseValuesAreAdded() throws {
        let samples = try decode(
            .senml,
            #"[{"bn":"d/","bv":100,"bs":10},{"n":"a","v":-1},{"n":"b"},{"n":"c","s":2},{"bv":0,"n":"d","v":1}]"#
        )
        #expect(samples.map(\.identifier) == ["d"])
        #expect(samples[0].summary == ["a=99", "c.sum=12", "d=1"])
    }

    @Test func namesWithoutABaseAreSplit() throws {
        let pack = ["plant1/temp", "urn:dev:mac:0024befffe804ff1_temp", "meter:energy", "alone", "a:"]
            .map { #"{"n":"\#($0)","v":1}"# }.joined(separator: ",")
        let samples = try decode(.senml, "[\(pack)]")
        #expect(samples.map(\.identifier) == ["plant1", "urn:dev:mac:0024befffe804ff1", "meter", "alone", "a"])
        #expect(samples.map(\.summary) == [["temp=1"], ["temp=1"], ["energy=1"], ["value=1"], ["value=1"]])
    }

    @Test func smallTimesAreRelativeToReceipt() throws {
        let samples = try decode(.senml, #"[{"bn":"d:","n":"a","t":-60,"v":1},{"n":"b","t":0,"v":2}]"#)
        #expect(samples.map(\.timestamp) == [receipt.adding(seconds: -60), nil])
    }

    @Test(arguments: [
        ("{}", RefusalReason.badShape), ("[1]", .badShape), (#"[{"n":"a","v":"1"}]"#, .badShape),
        (#"[{"n":"a","v":1,"vs":"x"}]"#, .badShape), (#"[{"n":"-a","v":1}]"#, .badShape),
        (#"[{"n":"a b","v":1}]"#, .badShape), (#"[{"v":1}]"#, .badShape), (#"[{"bver":11,"n":"a","v":1}]"#, .badShape),
        (#"[{"n":"a","v":1,"must_":1}]"#, .badShape), (#"[{"n":"a","v":1,"t":1e300}]"#, .badTime), ("[", .badJSON),
        (#"[{"n":"a","v":null}]"#, .badShape),
    ])
    func refuses(payload: String, code: RefusalReason) throws {
        #expect(try #require(failure(.senml, payload)).code == code)
    }

    @Test func cborSaysTheSameAsJSON() throws {
        // RFC 8428 section 6: {-2: "urn:dev:ow:10e2073a0108006:", -3: 1276020076.001, -4: "A", -1: 5, 0: "voltage",
        // 1: "V", 2: 120.1}, {0: "current", 6: -5, 2: 1.2}
        let hexadecimal = """
            82a7 21 781b 75726e3a6465763a6f773a31306532303733613031303830303 63a 22 fb41d303a15b00106223 6141 2005
            00 67766f6c74616765 01 6156 02 fb405e066666666666
            a3 00 6763757272656e74 06 24 02 fb3ff3333333333333
            """
        let samples = try decode(.senmlCBOR, bytes(hexadecimal))
        #expect(samples.map(\.identifier) == ["urn:dev:ow:10e2073a0108006", "urn:dev:ow:10e2073a0108006"])
        #expect(samples.map(\.timestamp) == [1_276_020_076_001, 1_276_020_071_001].map(Timestamp.init(milliseconds:)))
        #expect(samples.map(\.summary) == [["voltage=120.1"], ["current=1.2"]])
    }

    @Test func cborTakesDecimalFractionsDataAndTextLabels() throws {
        // [{"n": "a", "v": 4([-2, 2731])}, {0: "b", 8: h'68690a'}]
        let samples = try decode(.senmlCBOR, bytes("82 a2 616e 6161 6176 c4 82 21 190aab a2 00 6162 08 43 68690a"))
        #expect(samples.map(\.summary) == [["value=27.31"], ["value='aGkK'"]])
    }

    @Test(arguments: [
        ("00", RefusalReason.badShape), ("8100", .badShape), ("", .badPayload), ("9f", .badPayload),
        ("81a2 00 6161 00 6162", .badShape), ("81a1 02 6161", .badShape), ("81a1 02 f6", .badShape),
        ("81a1 02 fb7ff0000000000000", .badShape), ("81a1 65 6d7573745f 00", .badShape),
    ])
    func cborRefuses(hexadecimal: String, code: RefusalReason) throws {
        #expect(try #require(failure(.senmlCBOR, bytes(hexadecimal))).code == code)
    }
}
