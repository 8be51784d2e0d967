import Primitives

/// Decodes separated values, one reading per line.
///
/// Options: `header` (default true: the first line names the columns), `columns` (their names otherwise), `delimiter`,
/// `decimal` (`.` or `,`), `time` (column of the source time, default `ts`), `timeFormat`. A value that is written like
/// a JSON number is a number, `true` and `false` are flags, an empty one is absent, everything else and everything in
/// quotation marks is a text. Digits beyond 15 make a text, since a number could not hold them.
public struct CSVDecoder: PayloadDecoder {
    let columns: [String]?
    let delimiter: UInt8
    let decimalComma: Bool
    let time: String
    let timeFormat: TimeFormat

    /// How fractions are written.
    private enum DecimalMark: String, CaseIterable {
        case point = "."
        case comma = ","
    }

    /// Reads the options.
    public init(options: inout InputReader) {
        let hasHeader = options.bool("header") ?? true
        time = options.string("time") ?? "ts"
        timeFormat = options.choice("timeFormat", TimeFormat.self) ?? .auto
        decimalComma = options.choice("decimal", DecimalMark.self) == .comma
        let mark = options.string("delimiter") ?? ","
        delimiter = mark.utf8.first ?? UInt8(ascii: ",")
        if mark.utf8.count != 1 || "\"\r\n\0".utf8.contains(delimiter) {
            options.note("delimiter", "invalid", "The delimiter is one ASCII character, such as ; or a tab.")
        } else if decimalComma, delimiter == UInt8(ascii: ",") {
            options.note("delimiter", "invalid", "With decimal commas the delimiter is another character, such as ;.")
        }
        var names: [String]?
        if let list = options.value("columns") {
            names = list.array?.compactMap(\.string)
            if names?.count != list.array?.count || names?.isEmpty != false {
                options.note("columns", "type", "Expected an array of names.")
            } else if Set(names ?? []).count != names?.count {
                options.note("columns", "duplicate", "A name is there twice.")
            } else if hasHeader {
                options.note("columns", "invalid", "The first line names the columns; set “header” to false.")
            }
        } else if !hasHeader {
            options.note("columns", "required", "Without a header line the columns need names.")
        }
        columns = hasHeader ? nil : names ?? []
    }

    /// Decodes all lines.
    public func decode(_ payload: [UInt8], topic: String, receivedAt: Timestamp) throws(DecodeFailure) -> [Sample] {
        var reader = CSVReader(payload, delimiter: delimiter)
        let names: [String]
        if let columns { names = columns } else { names = try header(try reader.next()) }
        var budget = DecoderBudget()
        var samples: [Sample] = []
        while let record = try reader.next() {
            let pointer = "/\(record.line)"
            guard record.fields.count == names.count else {
                throw DecodeFailure(
                    .badShape,
                    "The line has \(record.fields.count) values for \(names.count) columns.",
                    pointer: pointer
                )
            }
            try budget.spend(fields: names.count, pointer: pointer)
            samples.append(try sample(record, names, pointer))
        }
        return samples
    }

    private func header(_ record: CSVReader.Record?) throws(DecodeFailure) -> [String] {
        guard let record else { throw DecodeFailure(.badShape, "There is no header line.") }
        guard !record.fields.contains(""), Set(record.fields).count == record.fields.count else {
            throw DecodeFailure(.badShape, "Every column needs a name of its own.", pointer: "/\(record.line)")
        }
        return record.fields
    }

    private func sample(
        _ record: CSVReader.Record,
        _ names: [String],
        _ pointer: String
    ) throws(DecodeFailure) -> Sample {
        var sample = Sample(pointer: pointer)
        sample.fields.reserveCapacity(names.count)
        for (index, name) in names.enumerated() {
            let text = record.fields[index]
            sample.fields.append(Field(name, record.quoted[index] ? .text(text) : value(text)))
            if name == time, !text.isEmpty {
                guard let time = timeFormat.timestamp(text) else { throw timeFormat.failure(pointer + "/" + name) }
                sample.timestamp = time
            }
        }
        return sample
    }

    private func value(_ text: String) -> FieldValue {
        if text.isEmpty { return .absent }
        switch text.lowercased() {
        case "true": return .flag(true)
        case "false": return .flag(false)
        default: break
        }
        let plain = decimalComma ? text.replacing(",", with: ".") : text
        if decimalComma, text.contains(".") { return .text(text) }
        guard let number = DecimalNumber.value(of: plain) else { return .text(text) }
        return .number(number)
    }
}

/// Numbers as JSON writes them (RFC 8259 section 6), in other formats.
enum DecimalNumber {
    /// The finite number that a text is; nil for any other form, for leading zeros, and for whole numbers of more than
    /// 15 digits.
    static func value(of text: String) -> Double? {
        guard let first = text.utf8.first, first == UInt8(ascii: "-") || (0x30...0x39).contains(first),
            text.utf8.count <= 64, case .some(let value) = try? JSONValue(parsing: text)
        else { return nil }
        if text == "-0" { return 0 }
        if case .integer(let whole) = value { return whole.magnitude < 1_000_000_000_000_000 ? Double(whole) : nil }
        return text.utf8.contains { $0 == UInt8(ascii: ".") || $0 | 0x20 == UInt8(ascii: "e") } ? value.double : nil
    }
}
