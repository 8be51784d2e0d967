import HTTPTypes
import HTTPWire
import NIOCore
import SeededRandom
import Testing

/// What a parser made of a body, with neighbouring pieces of content put together.
private enum Seen: Equatable {
    case part([String])
    case body(String)
    case endOfPart
    case end
    case error(MultipartError)
}

@Suite struct MultipartParserTests {
    private static let example = [
        "--xyz", "Content-Disposition: form-data; name=\"a\"", "", "1", "--xyz",
        "Content-Disposition: form-data; name=\"f\"; filename=\"x.bin\"", "Content-Type: application/octet-stream", "",
        "--xy\r\n-\r\r\n--xyyz\r\n\r\n", "--xyz--", "",
    ].joined(separator: "\r\n")

    private func parse(
        _ bytes: [UInt8],
        cut: Int,
        boundary: String,
        limits: MultipartLimits,
        ends: Bool
    ) -> [Seen] {
        var seen: [Seen] = []
        var body: [UInt8] = []
        func endBody() {
            if !body.isEmpty { seen.append(.body(String(decoding: body, as: UTF8.self))) }
            body = []
        }
        do throws(MultipartError) {
            var parser = try MultipartParser(boundary: boundary, limits: limits)
            var position = 0
            while position < bytes.count {
                let end = min(bytes.count, position + max(1, cut))
                // Junk around the readable bytes: a parser must not look outside of them.
                var piece = ByteBuffer(bytes: [0x2D, 0x0A] + bytes[position..<end] + [0x0D, 0x0A, 0x2D])
                piece.moveReaderIndex(forwardBy: 2)
                piece.moveWriterIndex(to: piece.writerIndex - 3)
                parser.receive(piece)
                position = end
                while let event = try parser.next() {
                    switch event {
                    case .part(let fields): seen.append(.part(fields.map { "\($0.name): \($0.value)" }))
                    case .body(let bytes): body.append(contentsOf: bytes.readableBytesView)
                    case .endOfPart:
                        endBody()
                        seen.append(.endOfPart)
                    case .end: seen.append(.end)
                    }
                }
            }
            if ends { try parser.finish() }
            endBody()
        } catch {
            endBody()
            seen.append(.error(error))
        }
        return seen
    }

    private func parse(
        _ text: String,
        boundary: String = "xyz",
        limits: MultipartLimits = MultipartLimits(),
        ends: Bool = true
    ) -> [Seen] {
        parse(Array(text.utf8), boundary: boundary, limits: limits, ends: ends)
    }

    /// The outcome of one buffer, checked against byte by byte and uneven cuts.
    private func parse(
        _ bytes: [UInt8],
        boundary: String = "xyz",
        limits: MultipartLimits = MultipartLimits(),
        ends: Bool = true
    ) -> [Seen] {
        let whole = parse(bytes, cut: bytes.count, boundary: boundary, limits: limits, ends: ends)
        for cut in [1, 2, 3, 7, 64] where cut < bytes.count {
            let pieces = parse(bytes, cut: cut, boundary: boundary, limits: limits, ends: ends)
            #expect(pieces == whole, "cut into pieces of \(cut)")
        }
        return whole
    }

    private func error(_ text: String, limits: MultipartLimits = MultipartLimits()) -> MultipartError? {
        for case .error(let error) in parse(text, limits: limits) { return error }
        return nil
    }

    @Test func readsPartsAndWhatLooksLikeABoundary() {
        #expect(
            parse(Self.example) == [
                .part(["Content-Disposition: form-data; name=\"a\""]), .body("1"), .endOfPart,
                .part([
                    "Content-Disposition: form-data; name=\"f\"; filename=\"x.bin\"",
                    "Content-Type: application/octet-stream",
                ]),
                .body("--xy\r\n-\r\r\n--xyyz\r\n\r\n"), .endOfPart, .end,
            ]
        )
    }

    @Test func preambleEpilogueAndPadding() {
        let text = "This is MIME.\r\n--xyz \t\r\n\r\na\r\n--xyz--  junk\r\n--xyz\r\nX: y\r\n\r\nz"
        #expect(parse(text) == [.part([]), .body("a"), .endOfPart, .end])
        #expect(parse("--xyz--") == [.end])
        #expect(parse("--xyz\r\nA: b\r\n\r\n\r\n--xyz--\r\n") == [.part(["A: b"]), .endOfPart, .end])
    }

    @Test func everyPrefixIsTruncatedAndNeverAnotherForm() {
        let bytes = Array(Self.example.utf8)
        let whole = parse(bytes)
        for count in 0..<(bytes.count - 2) {
            var seen = parse(bytes.prefix(count).map { $0 }, cut: 5, boundary: "xyz", limits: .init(), ends: true)
            #expect(seen.popLast() == .error(.truncated), "\(count)")
            // What was seen of content may be less than all of it.
            if case .body = seen.last { seen.removeLast() }
            #expect(whole.starts(with: seen), "\(count)")
        }
    }

    @Test(arguments: [
        ("--xyzX\r\n\r\na\r\n--xyz--", MultipartError.invalidDelimiter),
        ("--xyz\n\r\na\r\n--xyz--", .invalidDelimiter), ("--xyz\rX", .invalidDelimiter), ("--xyz-X", .invalidDelimiter),
        ("--xyz\r\nA: b\n\r\na\r\n--xyz--", .invalidPartHead), ("--xyz\r\nA b\r\n\r\na\r\n--xyz--", .invalidPartHead),
        ("--xyz\r\nA : b\r\n\r\na\r\n--xyz--", .invalidPartHead),
        ("--xyz\r\nA: b\r\n c\r\n\r\na\r\n--xyz--", .invalidPartHead),
        ("--xyz\r\nA: b\r\n\r\n--xyz--", .invalidDelimiter), ("--xyz\r\n\r\na\r\n--xyzz--", .invalidDelimiter),
        ("--xyz\r\n\r\na", .truncated), ("", .truncated), ("junk", .truncated), ("--xyz\r\n\r\na\n--xyz--", .truncated),
        ("--xyz\r\nA: \u{0}\r\n\r\na\r\n--xyz--", .invalidPartHead),
    ])
    func refuses(text: String, expected: MultipartError) {
        #expect(error(text) == expected)
    }

    @Test func limits() {
        var limits = MultipartLimits()
        limits.parts = 2
        limits.partHead = 40
        limits.partFields = 3
        limits.preamble = 10
        let part = "--xyz\r\nA: b\r\n\r\na\r\n"
        #expect(error(part + part + "--xyz--", limits: limits) == nil)
        #expect(error(part + part + part + "--xyz--", limits: limits) == .tooManyParts)
        #expect(error("--xyz\r\nA: \(String(repeating: "b", count: 33))\r\n\r\na\r\n--xyz--", limits: limits) == nil)
        #expect(error("--xyz\r\nA: \(String(repeating: "b", count: 36))\r\n\r\na", limits: limits) == .partHeadTooLarge)
        #expect(error("--xyz\r\n\(String(repeating: "b", count: 90))", limits: limits) == .partHeadTooLarge)
        #expect(error("--xyz\(String(repeating: " ", count: 90))", limits: limits) == .partHeadTooLarge)
        #expect(error("--xyz\r\na: b\r\na: b\r\na: b\r\na: b\r\n\r\n", limits: limits) == .partHeadTooLarge)
        #expect(error("0123456789\r\n--xyz--", limits: limits) == nil)
        #expect(error("0123456789ab\r\n--xyz--", limits: limits) == .preambleTooLarge)
    }

    @Test(arguments: ["", " ", "a ", "a\"b", "a\r\nb", String(repeating: "a", count: 71), "ä"])
    func refusesBoundaries(boundary: String) {
        #expect(throws: MultipartError.invalidBoundary) { try MultipartParser(boundary: boundary) }
    }

    @Test("Random parts come back as they were")
    func roundTrips() {
        var generator = SeededGenerator(seed: 5)
        let alphabet = Array("\r\n-xyz--\r\n--xy\0ab".utf8)
        for _ in 0..<300 {
            var bytes: [UInt8] = []
            var expected: [Seen] = []
            for number in 0..<Int.random(in: 0...4, using: &generator) {
                var content = (0..<Int.random(in: 0...60, using: &generator)).map { _ in
                    alphabet.randomElement(using: &generator) ?? 0
                }
                // A composer chooses a boundary that does not occur.
                let text = String(decoding: content, as: UTF8.self)
                if text.contains("\r\n--xyz") || text.hasPrefix("--xyz") { content = [] }
                bytes += Array("--xyz\r\nN: \(number)\r\n\r\n".utf8) + content + [0x0D, 0x0A]
                expected.append(.part(["N: \(number)"]))
                if !content.isEmpty { expected.append(.body(String(decoding: content, as: UTF8.self))) }
                expected.append(.endOfPart)
            }
            #expect(parse(bytes + Array("--xyz--\r\n".utf8)) == expected + [.end])
        }
    }

    @Test("Mutated bodies never trap, and cuts never matter")
    func mutations() async {
        var generator = SeededGenerator(seed: 7)
        for round in 0..<400 {
            _ = parse(Mutation.apply(to: Array(Self.example.utf8), using: &generator))
            await Pace.step(round)
        }
    }
}

@Suite struct ParameterizedValueTests {
    @Test func reads() throws {
        let value = try #require(
            ParameterizedValue(parsing: "Form-Data; Name=\"a \\\"b\\\" ;\"; filename=\"C:\\dir\\x.txt\"; x=y ;")
        )
        #expect(value.value == "form-data")
        #expect(value["name"] == "a \"b\" ;")
        #expect(value["filename"] == "C:\\dir\\x.txt")
        #expect(value["x"] == "y")
        #expect(value["other"] == nil)
        #expect(ParameterizedValue(parsing: " text/html ")?.value == "text/html")
    }

    @Test(arguments: ["", ";a=b", "x; a", "x; a=", "x; a=\"b", "x; a=b; A=c", "x; =b", "x; a=b c", "x; a=\"b\"c"])
    func refuses(text: String) {
        #expect(ParameterizedValue(parsing: text) == nil)
    }
}
