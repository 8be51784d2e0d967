import Foundation
import Primitives
import SeededRandom
import Testing

@testable import Assets
@testable import Telemetry

/// The scanner may leave a payload to the decoder, but must never say anything else than it.
@Suite struct NativeScannerTests {
    static let now = NativeDecoderTests.now
    static let codes = NativeDecoderTests.states.codes

    private static let profile = Profile(
        id: 1,
        key: "p",
        name: "P",
        reportingInterval: nil,
        metrics: [
            Metric(key: "temperature", name: "", unit: "Cel", kind: .gauge, ordinal: 0),
            Metric(key: "mode", name: "", unit: "", kind: .state, ordinal: 1),
            Metric(key: "position", name: "", unit: "", kind: .location, ordinal: 2),
            Metric(key: "total", name: "", unit: "", kind: .counter, ordinal: 4),
        ],
        retired: [],
        revision: 1
    )

    private static func scan(_ payload: [UInt8]) -> NativeDecoder.Result? {
        var scanner = NativeScanner(profile: profile, stateCodes: codes)
        var readings: [NativeDecoder.DecodedReading] = []
        guard let ignored = scanner.scan(payload, receivedAt: now, into: &readings) else {
            #expect(readings.isEmpty)
            return nil
        }
        return NativeDecoder.Result(readings: readings, ignoredKeys: ignored)
    }

    /// Says how scanner and decoder differ; nil when they do not.
    private static func difference(_ payload: [UInt8]) -> String? {
        guard let scanned = scan(payload) else { return nil }
        do throws(Rejection) {
            let decoded = try NativeDecoderTests.decoder.decode(payload, receivedAt: now)
            if !decoded.unknownTexts.isEmpty { return "an unknown text was taken" }
            if scanned.ignoredKeys != decoded.ignoredKeys { return "ignored keys" }
            if scanned.readings.map(\.timestamp) != decoded.readings.map(\.timestamp) { return "times" }
            let left = scanned.readings.map { $0.values.slots.map(\.bitPattern) }
            let right = decoded.readings.map { $0.values.slots.map(\.bitPattern) }
            return left == right ? nil : "values"
        } catch {
            return "the decoder refuses it: \(error)"
        }
    }

    @Test(arguments: [
        #"{"ts":1795362846000,"temperature":71.4,"mode":"fault","position":{"lat":52.4,"lon":4.6},"total":7}"#,
        #" { "total" : -0 , "ts" : "2026-11-22T15:54:00.250+01:00" , "temperature" : 1e-7 } "#,
        #"[{"ts":1795362846000,"mode":true},{"temperature":null,"mode":false}]"#,
        #"{"position":{"lon":-180,"lat":90},"x":"other","y":null,"z":12.50,"temperature":0.1}"#,
        #"{"temperature":123456789012345678901234567890}"#, #"{"temperature":0.30000000000000004}"#,
        #"{"temperature":9007199254740993}"#, #"{"temperature":1.7976931348623157e308}"#, #"{"temperature":5e-324}"#,
    ])
    func takesTheUsualForms(text: String) {
        #expect(Self.scan(Array(text.utf8)) != nil)
        #expect(Self.difference(Array(text.utf8)) == nil)
    }

    @Test(arguments: [
        "", "{", "{}", "[]", "7", #"{"ts":1795362846000}"#, #"{"temperature":"hot"}"#, #"{"temperature":1,}"#,
        #"{"temperature":01}"#, #"{"temperature":1.}"#, #"{"temperature":.5}"#, #"{"temperature":+1}"#,
        #"{"temperature":1e400}"#, #"{"temperature":1 2}"#, #"{"temperature":1}x"#, #"{"temperature":1}{"#,
        #"{"temperature":1,"temperature":2}"#, #"{"ts":1,"temperature":1}"#,
        #"{"ts":1795362847000000,"temperature":1}"#,
        #"{"ts":1795362846000,"ts":1795362846000,"temperature":1}"#, #"{"x":1,"x":2,"temperature":1}"#,
        #"{"mode":"unheard of"}"#, #"{"mode":1}"#, #"{"mode":"fau\u006ct"}"#, #"{"position":{"lat":91,"lon":1}}"#,
        #"{"position":{"lat":1}}"#, #"{"position":{"lat":1,"lat":1}}"#, #"{"temperature":1,"x":{"y":1}}"#,
        #"{"temperature":tru}"#, #"[{"temperature":1},]"#, #"[{"temperature":1}"#, "{\"mode\":\"\u{7f}é\"}",
    ])
    func leavesFaultyAndRareFormsToTheDecoder(text: String) {
        #expect(Self.scan(Array(text.utf8)) == nil)
    }

    @Test func takesManyMetricsInAnyOrder() throws {
        let metrics = (0..<200).map {
            Metric(key: "metric_\($0)", name: "", unit: "", kind: .gauge, ordinal: $0)
        }
        let profile = Profile(
            id: 1,
            key: "p",
            name: "",
            reportingInterval: nil,
            metrics: metrics,
            retired: [],
            revision: 1
        )
        var scanner = NativeScanner(profile: profile, stateCodes: [:])
        var generator = SeededGenerator(seed: 7)
        let members = (0..<200).shuffled(using: &generator).map { "\"metric_\($0)\":\($0)" }
        var readings: [NativeDecoder.DecodedReading] = []
        let payload = Array("{\(members.joined(separator: ","))}".utf8)
        #expect(scanner.scan(payload, receivedAt: Self.now, into: &readings) == 0)
        #expect(readings.first?.values.slots == (0..<200).map(Double.init))
        // The second object starts afresh.
        #expect(scanner.scan(payload, receivedAt: Self.now, into: &readings) == 0)
        #expect(readings.count == 2)
    }

    /// Random documents and random damage.
    @Test func neverDiffersFromTheDecoder() {
        var generator = SeededGenerator(seed: 20_261_122)
        var taken = 0
        for round in 0..<30_000 {
            var payload = Array(Self.document(&generator).utf8)
            if round % 3 != 0 { Self.damage(&payload, &generator) }
            if Self.scan(payload) != nil { taken += 1 }
            if let difference = Self.difference(payload) {
                Issue.record("\(difference): \(String(decoding: payload, as: UTF8.self))")
                return
            }
        }
        #expect(taken > 8_000)
    }

    /// Foundation's decoder, as somebody else's reader, agrees with what is taken. (JSONSerialization rounds wrongly.)
    @Test func agreesWithFoundation() {
        var generator = SeededGenerator(seed: 11)
        var compared = 0
        for _ in 0..<3_000 {
            let number = Self.number(&generator)
            let payload = Array("{\"temperature\":\(number)}".utf8)
            guard let scanned = Self.scan(payload) else { continue }
            // It refuses what is too small for a double; here that is 0.
            guard let object = try? JSONDecoder().decode([String: Double].self, from: Data(payload)) else { continue }
            compared += 1
            #expect(scanned.readings.first?.values.slots[0] == object["temperature"], "\(number)")
        }
        #expect(compared > 2_500)
    }

    private static func number(_ generator: inout SeededGenerator) -> String {
        switch Int.random(in: 0..<6, using: &generator) {
        case 0: String(Int.random(in: -1_000...1_000, using: &generator))
        case 1: String(Double.random(in: -1e3...1e3, using: &generator))
        case 2: String(Double(bitPattern: UInt64.random(in: 0..<0x7FF0_0000_0000_0000, using: &generator)))
        case 3: String(Int64.random(in: .min ... .max, using: &generator))
        case 4: "\(Int.random(in: 0..<100_000, using: &generator))e\(Int.random(in: -330...310, using: &generator))"
        default:
            "\(UInt64.random(in: 0 ... .max, using: &generator)).\(UInt64.random(in: 0 ... .max, using: &generator))"
        }
    }

    private static func document(_ generator: inout SeededGenerator) -> String {
        var members: [String] = []
        let time = 1_795_362_847_000 - Int.random(in: -4_000_000...10_000_000, using: &generator)
        if Bool.random(using: &generator) { members.append("\"ts\":\(time)") }
        if Bool.random(using: &generator) { members.append("\"temperature\":\(number(&generator))") }
        let modes = ["\"fault\"", "true", "false", "null", "\"new\"", "3"]
        if Bool.random(using: &generator) {
            members.append("\"mode\":\(modes[Int.random(in: 0..<modes.count, using: &generator)])")
        }
        if Bool.random(using: &generator) {
            let latitude = Double.random(in: -95...95, using: &generator)
            members.append("\"position\":{\"lat\":\(latitude),\"lon\":4.6}")
        }
        if Bool.random(using: &generator) { members.append("\"total\":\(number(&generator))") }
        if Int.random(in: 0..<4, using: &generator) == 0 { members.append("\"other\":\"text\"") }
        members.shuffle(using: &generator)
        return "{" + members.joined(separator: Bool.random(using: &generator) ? "," : " , ") + "}"
    }

    private static func damage(_ bytes: inout [UInt8], _ generator: inout SeededGenerator) {
        let tokens: [UInt8] = Array("{}[]\",:0.eE-+ \\tsnulltrue\u{1}é".utf8)
        for _ in 0..<Int.random(in: 1...3, using: &generator) where !bytes.isEmpty {
            let place = Int.random(in: 0..<bytes.count, using: &generator)
            switch Int.random(in: 0..<3, using: &generator) {
            case 0: bytes[place] = tokens.randomElement(using: &generator) ?? 0
            case 1: bytes.remove(at: place)
            default: bytes.insert(tokens.randomElement(using: &generator) ?? 0, at: place)
            }
        }
    }
}
