import Decoders
import Primitives

/// Separated values: what is read is the same when it is written in quotation marks and read again.
public enum CSVProperty: DecoderProperty {
    private static let delimiters = [",", ";", "\t", "|"]

    /// Says what is wrong, or nil when the property holds.
    public static func violation(_ input: [UInt8]) -> String? {
        guard let choice = input.first else { return nil }
        var options: JSONObject = ["delimiter": .string(delimiters[Int(choice & 3)])]
        if choice & 4 != 0, choice & 3 != 0 { options["decimal"] = "," }
        if choice & 8 != 0 { options["time"] = "a" }
        if choice & 16 != 0 {
            options["header"] = false
            options["columns"] = ["a", "b"]
        }
        let payload = Array(input.dropFirst())
        let trial = SampleRules.trial(.csv, options, payload)
        if let violation = trial.violation { return violation }
        guard let samples = trial.samples, let first = samples.first else { return nil }
        func text(_ value: FieldValue) -> String { value.name ?? "" }
        let names = first.fields.map(\.name)
        let rows = samples.map { $0.fields.map { text($0.value) } }
        var written: [UInt8] = []
        for cells in [names] + rows { append(cells, to: &written) }
        // A column that is not there, so that no text has to be a time.
        var time = "t"
        while names.contains(time) { time += "t" }
        let outcome = SampleRules.outcome(.csv, ["time": .string(time)], written)
        guard case .success(let again) = outcome else { return "what was written cannot be read" }
        // A line of one empty value is a blank line when it is not quoted; here it is, so that none is lost.
        return again.map { $0.fields.map { text($0.value) } } == rows ? nil : "not itself again"
    }

    /// Writes one line, every cell in quotation marks.
    private static func append(_ cells: [String], to output: inout [UInt8]) {
        for (index, cell) in cells.enumerated() {
            if index > 0 { output.append(UInt8(ascii: ",")) }
            output.append(UInt8(ascii: "\""))
            for byte in cell.utf8 {
                if byte == UInt8(ascii: "\"") { output.append(byte) }
                output.append(byte)
            }
            output.append(UInt8(ascii: "\""))
        }
        output += [0x0D, 0x0A]
    }
}

/// Line protocol: comments and blank lines before it change nothing but the places.
public enum LineProtocolProperty: DecoderProperty {
    private static let precisions = ["ns", "us", "ms", "s"]

    /// Says what is wrong, or nil when the property holds.
    public static func violation(_ input: [UInt8]) -> String? {
        guard let choice = input.first else { return nil }
        let options: JSONObject = [
            "precision": .string(precisions[Int(choice & 3)]), "prefix": .bool(choice & 4 != 0),
        ]
        let payload = Array(input.dropFirst())
        let trial = SampleRules.trial(.lineProtocol, options, payload)
        if let violation = trial.violation { return violation }
        guard let samples = trial.samples else { return nil }
        if samples.contains(where: { $0["measurement"] == nil || $0.fields.count < 2 }) {
            return "a point without fields"
        }
        let later = SampleRules.outcome(.lineProtocol, options, Array("# x\n\n  \r\n".utf8) + payload)
        guard case .success(let again) = later else { return "a comment makes a difference" }
        return again.map(\.fields) == samples.map(\.fields) ? nil : "a comment changes values"
    }
}
