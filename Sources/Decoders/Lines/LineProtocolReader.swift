/// Reads InfluxDB's line protocol (docs.influxdata.com, "Line protocol reference"):
/// `measurement[,tag=value…] field=value[,field=value…] [timestamp]`.
struct LineProtocolReader {
    /// One point.
    struct Point: Hashable {
        var measurement: String
        var tags: [Field] = []
        var fields: [Field] = []
        var time: Int64?
        /// The line on which it begins, counted from 0.
        var line: Int
    }

    private let bytes: [UInt8]
    private var position = 0
    private var line = 0

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    private var current: UInt8? { position < bytes.count ? bytes[position] : nil }

    private var isAtLineEnd: Bool { current == nil || current == 0x0A || current == 0x0D }

    /// The next point; nil at the end.
    mutating func next() throws(DecodeFailure) -> Point? {
        skipToPoint()
        guard current != nil else { return nil }
        var point = Point(measurement: "", line: line)
        point.measurement = try name(
            until: [UInt8(ascii: ","), UInt8(ascii: " ")],
            escaping: [0x2C, 0x20],
            "measurement"
        )
        while current == UInt8(ascii: ",") {
            position += 1
            let key = try key()
            let value = try name(until: [0x2C, 0x20], escaping: [0x2C, 0x3D, 0x20], "value of the tag “\(key)”")
            point.tags.append(Field(key, .text(value)))
            try checkCount(point)
        }
        guard skipSpaces() else { throw failure("A space and the fields must follow the measurement and its tags.") }
        repeat {
            let key = try key()
            point.fields.append(Field(key, try value(of: key)))
            try checkCount(point)
        } while take(UInt8(ascii: ","))
        if skipSpaces(), !isAtLineEnd { point.time = try time() }
        guard isAtLineEnd else { throw failure("Something that does not belong there follows the fields.") }
        return point
    }

    private func checkCount(_ point: Point) throws(DecodeFailure) {
        guard point.tags.count + point.fields.count <= DecoderLimits.fields else {
            throw DecoderBudget.tooManyFields("/\(line)")
        }
    }

    private mutating func skipToPoint() {
        while let byte = current {
            if byte == UInt8(ascii: "#") {
                while let byte = current, byte != 0x0A { _ = advance(byte) }
            } else if byte == 0x20 || byte == 0x09 || byte == 0x0D || byte == 0x0A {
                _ = advance(byte)
            } else {
                return
            }
        }
    }

    private mutating func advance(_ byte: UInt8) -> UInt8 {
        position += 1
        if byte == 0x0A { line += 1 }
        return byte
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard current == byte else { return false }
        position += 1
        return true
    }

    private mutating func skipSpaces() -> Bool {
        let start = position
        while current == 0x20 { position += 1 }
        return position > start
    }

    private mutating func key() throws(DecodeFailure) -> String {
        let key = try name(until: [0x3D, 0x2C, 0x20], escaping: [0x2C, 0x3D, 0x20], "key")
        guard take(UInt8(ascii: "=")) else { throw failure("“=” and a value must follow the key “\(key)”.") }
        return key
    }

    /// A name up to one of some characters; a backslash before those that are special makes them part of it.
    private mutating func name(
        until stops: [UInt8],
        escaping special: [UInt8],
        _ what: String
    ) throws(DecodeFailure) -> String {
        var content: [UInt8] = []
        while let byte = current, !stops.contains(byte), !isAtLineEnd {
            position += 1
            if byte == UInt8(ascii: "\\"), let next = current, special.contains(next) {
                content.append(next)
                position += 1
            } else {
                content.append(byte)
            }
        }
        guard !content.isEmpty else { throw failure("A \(what) is missing.") }
        return try text(content)
    }

    private mutating func value(of key: String) throws(DecodeFailure) -> FieldValue {
        if take(UInt8(ascii: "\"")) { return .text(try string()) }
        let start = position
        while let byte = current, byte != UInt8(ascii: ","), byte != 0x20, !isAtLineEnd { position += 1 }
        let token = try text(Array(bytes[start..<position]))
        switch token {
        case "t", "T", "true", "True", "TRUE": return .flag(true)
        case "f", "F", "false", "False", "FALSE": return .flag(false)
        default: break
        }
        if token.hasSuffix("i"), let whole = Int64(token.dropLast()) { return .number(Double(whole)) }
        if token.hasSuffix("u"), let whole = UInt64(token.dropLast()) { return .number(Double(whole)) }
        let isDecimal = token.utf8.allSatisfy { (0x30...0x39).contains($0) || "+-.eE".utf8.contains($0) }
        guard isDecimal, let number = Double(token), number.isFinite else {
            throw failure(
                "The value of “\(key)” is neither a number, such as 1.5 or 3i, nor true, false or a text in quotation marks."
            )
        }
        return .number(number)
    }

    private mutating func string() throws(DecodeFailure) -> String {
        let first = line
        var content: [UInt8] = []
        while let byte = current {
            position += 1
            if byte == 0x0A { line += 1 }
            if byte == UInt8(ascii: "\"") { return try text(content) }
            if byte == UInt8(ascii: "\\"), let next = current, next == UInt8(ascii: "\"") || next == byte {
                content.append(next)
                position += 1
            } else {
                content.append(byte)
            }
        }
        throw DecodeFailure(.badPayload, "A text is not ended by a quotation mark.", pointer: "/\(first)")
    }

    private mutating func time() throws(DecodeFailure) -> Int64 {
        let start = position
        while let byte = current, byte != 0x20, !isAtLineEnd { _ = advance(byte) }
        let token = String(decoding: bytes[start..<position], as: UTF8.self)
        guard let time = Int64(token) else {
            throw DecodeFailure(.badTime, "The time is not a whole number.", pointer: "/\(line)")
        }
        _ = skipSpaces()
        return time
    }

    private func text(_ bytes: [UInt8]) throws(DecodeFailure) -> String {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw failure("A name or value is not UTF-8.")
        }
        return text
    }

    private func failure(_ detail: String) -> DecodeFailure {
        DecodeFailure(.badPayload, detail, pointer: "/\(line)")
    }
}
