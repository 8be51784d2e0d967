import HTTPTypes
import HTTPWire
import NIOCore
import Testing

/// What a parser made of some bytes, with neighbouring body pieces put together.
enum Outcome: Hashable {
    case head(RequestHead)
    case body(String)
    case end(HTTPFields)
    case error(RequestError)
}

/// Runs a parser over the same bytes cut in different ways; the outcome must never depend on the cuts.
enum DripFeed {
    /// The outcome of one buffer, checked against byte by byte, and against a few uneven cuts.
    static func outcomes(
        of text: String,
        limits: ParserLimits = ParserLimits(),
        endsInput: Bool = true,
        sourceLocation: SourceLocation = #_sourceLocation
    ) -> [Outcome] {
        outcomes(of: Array(text.utf8), limits: limits, endsInput: endsInput, sourceLocation: sourceLocation)
    }

    static func outcomes(
        of bytes: [UInt8],
        limits: ParserLimits = ParserLimits(),
        endsInput: Bool = true,
        sourceLocation: SourceLocation = #_sourceLocation
    ) -> [Outcome] {
        let whole = parse(bytes, cut: bytes.count, limits: limits, endsInput: endsInput)
        for cut in [1, 2, 7, 64] where cut < bytes.count && bytes.count / cut < 5_000 {
            let pieces = parse(bytes, cut: cut, limits: limits, endsInput: endsInput)
            #expect(pieces == whole, "cut into pieces of \(cut)", sourceLocation: sourceLocation)
        }
        return whole
    }

    /// The only error among the outcomes of one message, or nil.
    static func error(
        of text: String,
        limits: ParserLimits = ParserLimits(),
        sourceLocation: SourceLocation = #_sourceLocation
    ) -> RequestError? {
        for case .error(let error) in outcomes(of: text, limits: limits, sourceLocation: sourceLocation) {
            return error
        }
        return nil
    }

    static func parse(_ bytes: [UInt8], cut: Int, limits: ParserLimits, endsInput: Bool) -> [Outcome] {
        var parser = RequestParser(limits: limits)
        var outcomes: [Outcome] = []
        var body: [UInt8] = []
        func endBody() {
            if !body.isEmpty { outcomes.append(.body(String(decoding: body, as: UTF8.self))) }
            body = []
        }
        do throws(RequestError) {
            var position = 0
            while position < bytes.count {
                let end = min(bytes.count, position + max(1, cut))
                // Junk around the readable bytes: a parser must not look outside of them.
                var piece = ByteBuffer(bytes: [0x41, 0x0A] + bytes[position..<end] + [0x0D, 0x0A, 0x42])
                piece.moveReaderIndex(forwardBy: 2)
                piece.moveWriterIndex(to: piece.writerIndex - 3)
                parser.receive(piece)
                position = end
                while let event = try parser.next() {
                    switch event {
                    case .head(let head): outcomes.append(.head(head))
                    case .body(let bytes): body.append(contentsOf: bytes.readableBytesView)
                    case .end(let trailers):
                        endBody()
                        outcomes.append(.end(trailers))
                    }
                }
            }
            if endsInput { try parser.finish() }
            endBody()
        } catch {
            endBody()
            outcomes.append(.error(error))
        }
        return outcomes
    }
}
