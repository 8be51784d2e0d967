/// Reads separated values (RFC 4180), strictly: quotes only around whole fields, doubled within.
///
/// Lines end with LF or CR LF; blank lines are passed over, and so is a byte order mark.
public struct CSVReader {
    /// One record.
    public struct Record: Hashable, Sendable {
        /// The fields, unquoted.
        public var fields: [String]
        /// Which of them were quoted.
        public var quoted: [Bool]
        /// The line on which it begins, counted from 0.
        public var line: Int
    }

    private let bytes: [UInt8]
    private let delimiter: UInt8
    private var position: Int
    private var line = 0

    /// Makes a reader of a whole text.
    public init(_ bytes: [UInt8], delimiter: UInt8) {
        self.bytes = bytes
        self.delimiter = delimiter
        position = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    }

    private var current: UInt8? { position < bytes.count ? bytes[position] : nil }

    private var isAtLineEnd: Bool {
        guard let current else { return true }
        return current == 0x0A || (current == 0x0D && position + 1 < bytes.count && bytes[position + 1] == 0x0A)
    }

    /// The next record; nil at the end.
    public mutating func next() throws(DecodeFailure) -> Record? {
        while current != nil, isAtLineEnd { endLine() }
        guard current != nil else { return nil }
        var record = Record(fields: [], quoted: [], line: line)
        while true {
            let (text, isQuoted) = try field()
            record.fields.append(text)
            record.quoted.append(isQuoted)
            guard record.fields.count <= DecoderLimits.fields else {
                throw DecoderBudget.tooManyFields("/\(record.line)")
            }
            guard current == delimiter else {
                endLine()
                return record
            }
            position += 1
        }
    }

    private mutating func endLine() {
        if current == 0x0D { position += 1 }
        if current == 0x0A { position += 1 }
        line += 1
    }

    private mutating func field() throws(DecodeFailure) -> (text: String, isQuoted: Bool) {
        if current == UInt8(ascii: "\"") { return (try quoted(), true) }
        let start = position
        while let byte = current, byte != delimiter, !isAtLineEnd {
            guard byte != UInt8(ascii: "\"") else {
                throw failure("A quotation mark stands within a value; put the whole value into quotation marks.")
            }
            position += 1
        }
        return (try text(bytes[start..<position]), false)
    }

    private mutating func quoted() throws(DecodeFailure) -> String {
        let first = line
        position += 1
        var content: [UInt8] = []
        while true {
            guard let byte = current else {
                throw DecodeFailure(.badPayload, "A quoted value is not ended.", pointer: "/\(first)")
            }
            position += 1
            if byte == 0x0A { line += 1 }
            guard byte == UInt8(ascii: "\"") else {
                content.append(byte)
                continue
            }
            if current == UInt8(ascii: "\"") {
                content.append(byte)
                position += 1
                continue
            }
            guard current == delimiter || isAtLineEnd else {
                throw failure("Something follows a quoted value before the next separator.")
            }
            return try text(content[...])
        }
    }

    private func text(_ bytes: ArraySlice<UInt8>) throws(DecodeFailure) -> String {
        guard let text = String(validating: bytes, as: UTF8.self) else { throw failure("A value is not UTF-8.") }
        return text
    }

    private func failure(_ detail: String) -> DecodeFailure {
        DecodeFailure(.badPayload, detail, pointer: "/\(line)")
    }
}
