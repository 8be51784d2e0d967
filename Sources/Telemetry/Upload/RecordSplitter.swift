import Decoders

/// Cuts a stream of bytes into the records of NDJSON or CSV: lines, where a line break inside quotes belongs to the
/// record (RFC 4180 section 2).
struct RecordSplitter {
    /// One record.
    struct Record: Hashable {
        /// The line on which it begins, counted from 1.
        var line: Int
        /// Its bytes without the line break.
        var bytes: [UInt8]
    }

    /// The most bytes of one record.
    static let maximumRecord = 1 << 20

    private let heedsQuotes: Bool
    private var buffer: [UInt8] = []
    /// Up to where the buffer was looked at.
    private var position = 0
    private var isQuoted = false
    /// The line on which the record in the buffer begins, and the line breaks in it so far.
    private var line = 1
    private var breaks = 0

    /// Makes a splitter; `heedsQuotes` for CSV.
    init(heedsQuotes: Bool) {
        self.heedsQuotes = heedsQuotes
    }

    /// Takes more bytes and hands over the records that are complete, blank lines left out.
    ///
    /// - Throws: a rejection when a record is too long.
    mutating func take(_ bytes: some Sequence<UInt8>) throws(Rejection) -> [Record] {
        buffer.append(contentsOf: bytes)
        var records: [Record] = []
        var start = 0
        while position < buffer.count {
            let byte = buffer[position]
            position += 1
            if heedsQuotes, byte == UInt8(ascii: "\"") { isQuoted.toggle() }
            guard byte == UInt8(ascii: "\n") else { continue }
            breaks += 1
            if isQuoted { continue }
            append(buffer[start..<position - 1], to: &records)
            start = position
        }
        buffer.removeSubrange(..<start)
        position = buffer.count
        guard buffer.count <= Self.maximumRecord else {
            throw Rejection(.tooLarge, "Line \(line) is longer than \(Self.maximumRecord) bytes.", pointer: "/\(line)")
        }
        return records
    }

    /// The record that has no line break behind it; nil when there is none.
    mutating func finish() -> Record? {
        var records: [Record] = []
        append(buffer[...], to: &records)
        buffer = []
        position = 0
        return records.first
    }

    private mutating func append(_ bytes: ArraySlice<UInt8>, to records: inout [Record]) {
        let content = bytes.last == UInt8(ascii: "\r") ? bytes.dropLast() : bytes
        if content.contains(where: { $0 != 0x20 && $0 != 0x09 }) {
            records.append(Record(line: line, bytes: Array(content)))
        }
        line += breaks
        breaks = 0
    }
}
