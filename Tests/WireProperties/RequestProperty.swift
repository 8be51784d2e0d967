import HTTPTypes
import HTTPWire
import NIOCore

/// Cuts do not change what the request parser says, errors stay, and nothing comes out that did not go in.
public enum RequestProperty: Property {
    /// Says what is wrong, or nil when the property holds.
    public static func violation(_ input: [UInt8]) -> String? {
        guard let input = CutInput(input) else { return nil }
        return violation(input, after: [])
    }

    static func violation(_ input: CutInput, after prefix: [UInt8]) -> String? {
        let whole = Reading([ArraySlice(prefix) + input.bytes])
        let pieces = Reading([ArraySlice(prefix)] + input.pieces)
        if whole != pieces { return "pieces of \(input.cut) are read as \(pieces), the whole as \(whole)" }
        if whole.bodyBytes > prefix.count + input.bytes.count { return "more body than input" }
        for case .head(let head) in whole.parts {
            if let problem = targetViolation(head.target) { return problem }
        }
        return nil
    }

    /// A target that is accepted has no segment that could leave the root.
    private static func targetViolation(_ text: String) -> String? {
        guard let target = try? RequestTarget(parsing: text) else { return nil }
        if target.segments.contains(where: { $0 == ".." || $0 == "." }) { return "a dot segment is left in \(text)" }
        if target.segments.contains(where: { $0.contains("/") || $0.contains("\0") }) {
            return "a separator is left in a segment of \(text)"
        }
        return nil
    }
}

/// The same for what follows the head of a chunked request.
public enum ChunkedProperty: Property {
    private static let head = Array("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n".utf8)

    /// Says what is wrong, or nil when the property holds.
    public static func violation(_ input: [UInt8]) -> String? {
        guard let input = CutInput(input) else { return nil }
        return RequestProperty.violation(input, after: head)
    }
}

/// What a parser made of some pieces, with neighbouring pieces of a body put together.
private struct Reading: Equatable {
    enum Part: Equatable {
        case head(RequestHead)
        case body([UInt8])
        case end(HTTPFields)
        case error(RequestError)
        case errorDidNotStay
    }

    var parts: [Part] = []
    var bodyBytes = 0

    init(_ pieces: [ArraySlice<UInt8>]) {
        var parser = RequestParser()
        do throws(RequestError) {
            for piece in pieces {
                parser.receive(ByteBuffer(bytes: piece))
                while let event = try parser.next() { add(event) }
            }
            try parser.finish()
        } catch {
            parts.append(.error(error))
            parser.receive(ByteBuffer(string: "GET / HTTP/1.1\r\nHost: h\r\n\r\n"))
            if let event = try? parser.next() { add(event) }
            do throws(RequestError) {
                if try parser.next() != nil { parts.append(.errorDidNotStay) }
            } catch let again {
                if again != error { parts.append(.errorDidNotStay) }
            }
        }
    }

    private mutating func add(_ event: RequestEvent) {
        switch event {
        case .head(let head): parts.append(.head(head))
        case .end(let trailers): parts.append(.end(trailers))
        case .body(let bytes):
            bodyBytes += bytes.readableBytes
            if case .body(let before)? = parts.last {
                parts[parts.count - 1] = .body(before + bytes.readableBytesView)
            } else {
                parts.append(.body(Array(bytes.readableBytesView)))
            }
        }
    }
}
