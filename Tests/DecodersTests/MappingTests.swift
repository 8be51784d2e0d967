import Compression
import Expressions
import Primitives
import Testing

@testable import Decoders

@Suite struct UnitConversionTests {
    @Test(arguments: [
        ("[degF]", "Cel", 212.0, 100.0), ("Cel", "[degF]", -40, -40), ("K", "Cel", 0, -273.15),
        ("bar", "kPa", 1.5, 150),
        ("[psi]", "bar", 100, 6.894757), ("km/h", "m/s", 36, 10), ("W.h", "kW.h", 1_500, 1.5),
        ("mm", "[in_i]", 25.4, 1),
        ("%", "1", 55, 0.55), ("L/min", "m3/h", 1_000, 60), ("{rpm}", "Hz", 3_000, 50), ("furlong", "furlong", 7, 7),
        ("deg", "rad", 180, 3.14159265), ("mg/L", "g/L", 5, 0.005), ("uS/cm", "mS/cm", 500, 0.5),
    ])
    func converts(source: String, target: String, value: Double, result: Double) throws {
        let conversion = try #require(UnitConversion(from: source, to: target))
        #expect(abs(conversion.convert(value) - result) < 1e-6)
    }

    @Test func thereAndBackIsTheSame() throws {
        for (source, target) in [("[degF]", "K"), ("[gal_us]", "L"), ("kn", "m/s"), ("[lb_av]", "kg"), ("min", "h")] {
            guard let there = UnitConversion(from: source, to: target) else { continue }
            let back = try #require(UnitConversion(from: target, to: source))
            for value in [-40.0, 0, 1, 1e6] { #expect(abs(back.convert(there.convert(value)) - value) < 1e-6) }
        }
    }

    @Test func knowsWhatCannotBe() {
        #expect(UnitConversion(from: "Cel", to: "bar") == nil)
        #expect(UnitConversion(from: "Cel", to: "") == nil)
        #expect(UnitConversion(from: "nonsense", to: "Cel") == nil)
        #expect(!UnitConversion.isKnown("celsius") && UnitConversion.isKnown("Cel"))
    }
}

@Suite struct FieldExpressionTests {
    @Test(arguments: [
        ("value * 0.1", FieldValue.number(215), FieldValue.number(21.5)), ("value > 3", .number(4), .flag(true)),
        ("value == \"ON\"", .text("ON"), .flag(true)), ("upper(value)", .text("run"), .text("RUN")),
        ("if(value, \"open\", \"closed\")", .flag(false), .text("closed")), ("value / 0", .number(1), .absent),
        ("1 + 1", .text("x"), .number(2)), ("value * 2", .absent, .absent),
    ])
    func evaluates(source: String, value: FieldValue, result: FieldValue) throws {
        #expect(try FieldExpression(source).result(for: value) == result)
    }

    @Test func doesNotTakeEveryType() throws {
        #expect(try FieldExpression("value * 2").result(for: .text("2")) == nil)
        #expect(try FieldExpression("value * 2").result(for: .location(latitude: 1, longitude: 2)) == nil)
        #expect(try FieldExpression("value * 2").resultTypes == [.number])
    }

    @Test func tellsTheFaultOfANumber() {
        let failure = #expect(throws: ExpressionError.self) { try FieldExpression("value * valeu") }
        #expect(failure?.code == .unknownName && failure?.position.offset == 8)
    }
}

@Suite struct PayloadCompressionTests {
    private let text = Array(String(repeating: "temperature 21.5 ", count: 100).utf8)

    @Test func expandsGzip() throws {
        let packed = try Deflater.compress(text, .gzip)
        #expect(try PayloadCompression.gzip.expand(packed) == text)
        #expect(try PayloadCompression.auto.expand(packed) == text)
        #expect(try PayloadCompression.none.expand(packed) == packed)
    }

    /// `printf 'temperature 21.5\n' | zstd` (zstd 1.5.4), with its checksum.
    @Test func expandsZstandard() throws {
        let packed = bytes("28b52ffd 24 11 890000 74656d70657261747572652032312e350a")
        let frame = packed + checksumOfTheSample
        #expect(try PayloadCompression.zstd.expand(frame) == Array("temperature 21.5\n".utf8))
        #expect(try PayloadCompression.auto.expand(frame) == Array("temperature 21.5\n".utf8))
        #expect(try PayloadCompression.auto.expand(frame + frame).count == 34)
    }

    private var checksumOfTheSample: [UInt8] { bytes("ad1f57ee") }

    @Test func leavesOthersAlone() throws {
        #expect(try PayloadCompression.auto.expand(text) == text)
        #expect(try PayloadCompression.auto.expand([]) == [])
    }

    @Test func refusesBombsAndDamage() throws {
        let bomb = try Deflater.compress([UInt8](repeating: 0, count: DecoderLimits.expanded + 1), .gzip)
        #expect(bomb.count < 20_000)
        #expect(failure { try PayloadCompression.auto.expand(bomb) }?.code == .tooLarge)
        // A frame of one block that repeats a byte 8 MiB times and more: 131,072 bytes a block.
        var zstdBomb = bytes("28b52ffd 00 58")
        for index in 0...64 { zstdBomb += bytes(index == 64 ? "03001000" : "02001000") }
        #expect(failure { try PayloadCompression.auto.expand(zstdBomb) }?.code == .tooLarge)
        let packed = try Deflater.compress(text, .gzip)
        #expect(failure { try PayloadCompression.gzip.expand(Array(packed.dropLast())) }?.code == .badCompression)
        #expect(failure { try PayloadCompression.gzip.expand(text) }?.code == .badCompression)
        #expect(failure { try PayloadCompression.zstd.expand(text) }?.code == .badCompression)
        #expect(failure { try PayloadCompression.zstd.expand([]) }?.code == .badCompression)
        #expect(failure { try PayloadCompression.zstd.expand(bytes("28b52ffd 24 11 89")) }?.code == .badCompression)
        let large = [UInt8](repeating: 0, count: DecoderLimits.payload + 1)
        #expect(failure { try PayloadCompression.none.expand(large) }?.code == .tooLarge)
    }

    private func failure(_ body: () throws -> [UInt8]) -> DecodeFailure? {
        do {
            _ = try body()
            return nil
        } catch {
            return error as? DecodeFailure
        }
    }
}
