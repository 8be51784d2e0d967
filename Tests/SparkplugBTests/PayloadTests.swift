import SeededRandom
import SwiftProtobuf
import Testing

@testable import SparkplugB

/// Payloads that protoc encoded with the specification's own schema (version 3.0, section 6.4.1).
private enum Foreign {
    static let birth =
        "0880e0ace2aa3312120a0562645365711880e0ace2aa332004580712210a144e6f646520436f6e74726f6c2f526562697274681880e0ace2aa"
        + "33200b7000124a0a1353656e736f72732f54656d706572617475726510011898d8ace2aa3320094a230a07656e67556e69740a075175616c"
        + "6974791208080c4204646567431205080318c0016500008f4212160a064f666673657410021880e0ace2aa33200150ff0112170a04576964"
        + "6510031880e0ace2aa33200350ffffffff0f121d0a05546f74616c10041880e0ace2aa33200858ffffffffffffffffff0112170a044d6f64"
        + "6510051880e0ace2aa33200c7a046175746f12220a055461626c6510061880e0ace2aa3320108a010d0801120161180322040a0208011236"
        + "0a054d6f746f7210071880e0ace2aa332013420342017892011c0a0131120b0a05696e6e6572200350041a080a0170100c42017128011217"
        + "0a05536861706510081880e0ace2aa33201f820102010212140a05537061726510091880e0ace2aa33200a380118002201752a0162"
    static let data =
        "08e8e7ace2aa331210100118f4e3ace2aa33280165008090421211100218e8e7ace2aa33200150ffffffff0f1801"

    static func bytes(_ hex: String) -> [UInt8] {
        let digits = Array(hex.utf8)
        return stride(from: 0, to: digits.count, by: 2).compactMap {
            UInt8(String(decoding: digits[$0..<$0 + 2], as: UTF8.self), radix: 16)
        }
    }
}

@Suite struct PayloadTests {
    @Test func readsABirthThatAnotherEncoderMade() throws {
        let payload = try SparkplugPayload(decoding: Foreign.bytes(Foreign.birth))
        #expect(payload.timestamp == start)
        #expect(payload.sequence == 0)
        #expect(payload.birthDeathSequence == 7)
        let values = payload.metrics.map { $0.value(as: $0.dataType ?? .unknown) }
        #expect(
            values == [
                .signed(7), .boolean(false), .number(71.5), .signed(-1), .signed(-1), .unsigned(.max), .text("auto"),
                .opaque, .opaque, .opaque, .null,
            ]
        )
        #expect(payload.metrics[2].unit == "degC")
        #expect(payload.metrics[2].quality == 192)
        #expect(payload.metrics[2].timestamp == start - 1_000)
        #expect(payload.metrics[2].name == "Sensors/Temperature")
    }

    @Test func readsDataThatAnotherEncoderMade() throws {
        let payload = try SparkplugPayload(decoding: Foreign.bytes(Foreign.data))
        #expect(payload.sequence == 1)
        #expect(payload.metrics.map(\.alias) == [1, 2])
        #expect(payload.metrics.map(\.name) == [nil, nil])
        #expect(payload.metrics.map(\.isHistorical) == [true, false])
        #expect(payload.metrics[0].value(as: .float) == .number(72.25))
        #expect(payload.metrics[1].value(as: .int8) == .signed(-1))
    }

    @Test func whatIsNoPayloadIsRefused() {
        for bytes: [UInt8] in [[0xFF], [0x12, 0x05, 0x0A], [0x12, 0x03, 0x0A, 0x01, 0xC3], Array(#"{"a":1}"#.utf8)] {
            #expect(throws: SparkplugPayloadError.self) { try SparkplugPayload(decoding: bytes) }
        }
    }

    @Test func sequenceNumbersEndAt255() throws {
        #expect(try SparkplugPayload(decoding: [0x18, 0xFF, 0x01]).sequence == 255)
        #expect(throws: SparkplugPayloadError.self) { try SparkplugPayload(decoding: [0x18, 0x80, 0x02]) }
        #expect(try SparkplugPayload(decoding: []).sequence == nil)
    }

    @Test func longNamesAreRefused() throws {
        var wire = WirePayload()
        var metric = WireMetric()
        metric.name = String(repeating: "a", count: SparkplugPayload.maximumName + 1)
        wire.metrics = [metric]
        let bytes: [UInt8] = try wire.serializedBytes()
        #expect(throws: SparkplugPayloadError.self) { try SparkplugPayload(decoding: bytes) }
    }

    @Test(arguments: [UInt64(0), 1, 4, 5, 19])
    func mutatedPayloadsNeverCrash(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<2_000 {
            var bytes = Foreign.bytes(Foreign.birth)
            for _ in 0..<Int.random(in: 1...8, using: &random) {
                bytes[Int.random(in: bytes.indices, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            bytes.removeLast(Int.random(in: 0..<bytes.count, using: &random))
            guard let payload = try? SparkplugPayload(decoding: bytes) else { continue }
            var session = NodeSession.running()
            _ = session.receive(.nodeBirth, payload, at: at(1))
            _ = session.receive(.deviceData, device: "motor", payload, at: at(2))
            #expect(
                NodeSession(name: press, order: session.orderDocument, births: session.birthsDocument).node.table
                    == session.node.table
            )
        }
    }
}
