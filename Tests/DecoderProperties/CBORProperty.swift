import Decoders
import Primitives

/// What is read is the same when it is written and read again; no item is the beginning of another.
public enum CBORProperty: DecoderProperty {
    /// Says what is wrong, or nil when the property holds.
    public static func violation(_ input: [UInt8]) -> String? {
        guard let value = read(input) else { return nil }
        if !input.isEmpty, read(Array(input.dropLast())) != nil { return "a part of an item is an item" }
        if read(input + [0]) != nil { return "bytes behind an item are accepted" }
        var written: [UInt8] = []
        write(value, to: &written)
        guard let again = read(written) else { return "what was written cannot be read" }
        var rewritten: [UInt8] = []
        write(again, to: &rewritten)
        return written == rewritten ? nil : "not itself again"
    }

    private static func read(_ bytes: [UInt8]) -> CBORValue? { try? CBORReader.read(bytes) }

    private static func head(_ major: UInt8, _ argument: UInt64, to output: inout [UInt8]) {
        output.append(major << 5 | 27)
        for shift in stride(from: 56, through: 0, by: -8) {
            output.append(UInt8(truncatingIfNeeded: argument >> shift))
        }
    }

    private static func write(_ value: CBORValue, to output: inout [UInt8]) {
        switch value {
        case .unsigned(let number): head(0, number, to: &output)
        case .negative(let number): head(1, number, to: &output)
        case .bytes(let bytes):
            head(2, UInt64(bytes.count), to: &output)
            output += bytes
        case .text(let text):
            head(3, UInt64(text.utf8.count), to: &output)
            output += text.utf8
        case .array(let elements):
            head(4, UInt64(elements.count), to: &output)
            for element in elements { write(element, to: &output) }
        case .map(let pairs):
            head(5, UInt64(pairs.count), to: &output)
            for pair in pairs {
                write(pair.key, to: &output)
                write(pair.value, to: &output)
            }
        case .tagged(let tag, let content):
            head(6, tag, to: &output)
            write(content, to: &output)
        case .float(let number): head(7, number.bitPattern, to: &output)
        case .bool(let flag): output.append(flag ? 0xF5 : 0xF4)
        case .null: output.append(0xF6)
        case .undefined: output.append(0xF7)
        case .simple(let code): output += code < 24 ? [0xE0 | code] : [0xF8, code]
        }
    }
}

/// Packs in either encoding; the first byte chooses.
public enum SenMLProperty: DecoderProperty {
    /// Says what is wrong, or nil when the property holds.
    public static func violation(_ input: [UInt8]) -> String? {
        guard let choice = input.first else { return nil }
        let kind = choice & 1 == 0 ? DecoderKind.senml : .senmlCBOR
        let payload = Array(input.dropFirst())
        let trial = SampleRules.trial(kind, [:], payload)
        if let violation = trial.violation { return violation }
        return (trial.samples ?? []).contains { $0.identifier?.isEmpty != false } ? "a sample without a name" : nil
    }
}
