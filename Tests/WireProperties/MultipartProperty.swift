import HTTPTypes
import HTTPWire
import NIOCore

/// Cuts do not change what the multipart parser says, and the parts hold nothing that did not come in.
public enum MultipartProperty: Property {
    private enum Outcome: Equatable {
        case part(HTTPFields)
        case body([UInt8])
        case endOfPart
        case end
        case error(MultipartError)
    }

    /// Says what is wrong, or nil when the property holds.
    public static func violation(_ input: [UInt8]) -> String? {
        guard let input = CutInput(input) else { return nil }
        let whole = read([input.bytes])
        let pieces = read(input.pieces)
        if whole != pieces { return "pieces of \(input.cut) are read as \(pieces), the whole as \(whole)" }
        let size = whole.reduce(0) { if case .body(let bytes) = $1 { $0 + bytes.count } else { $0 } }
        return size > input.bytes.count ? "more content than input" : nil
    }

    private static func read(_ pieces: [ArraySlice<UInt8>]) -> [Outcome] {
        var outcomes: [Outcome] = []
        do throws(MultipartError) {
            // A short boundary, which random input meets often.
            var parser = try MultipartParser(boundary: "b")
            for piece in pieces {
                parser.receive(ByteBuffer(bytes: piece))
                while let event = try parser.next() { add(event, to: &outcomes) }
            }
            try parser.finish()
        } catch {
            outcomes.append(.error(error))
        }
        return outcomes
    }

    private static func add(_ event: MultipartEvent, to outcomes: inout [Outcome]) {
        switch event {
        case .part(let fields): outcomes.append(.part(fields))
        case .endOfPart: outcomes.append(.endOfPart)
        case .end: outcomes.append(.end)
        case .body(let bytes):
            if case .body(let before)? = outcomes.last {
                outcomes[outcomes.count - 1] = .body(before + bytes.readableBytesView)
            } else {
                outcomes.append(.body(Array(bytes.readableBytesView)))
            }
        }
    }
}
