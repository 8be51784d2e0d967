import SeededRandom

/// Changes bytes the way broken and hostile clients do.
enum Mutation {
    private static let interesting: [UInt8] = Array(
        "\r\n\r\n \t:;,0aF-+%/\\\0\u{7f}\"ChunkedTransfer-EncodingContent-Length".utf8
    )

    static func apply(to bytes: [UInt8], using generator: inout SeededGenerator) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<Int.random(in: 1...4, using: &generator) {
            guard !bytes.isEmpty else { return bytes }
            let place = Int.random(in: 0..<bytes.count, using: &generator)
            switch Int.random(in: 0..<6, using: &generator) {
            case 0: bytes[place] = UInt8.random(in: 0...255, using: &generator)
            case 1: bytes[place] = interesting.randomElement(using: &generator) ?? 0
            case 2: bytes.remove(at: place)
            case 3: bytes.insert(interesting.randomElement(using: &generator) ?? 0, at: place)
            case 4:
                let end = min(bytes.count, place + Int.random(in: 1...20, using: &generator))
                bytes.insert(contentsOf: bytes[place..<end], at: place)
            default:
                let end = min(bytes.count, place + Int.random(in: 1...20, using: &generator))
                bytes.removeSubrange(place..<end)
            }
        }
        return bytes
    }
}
