import DecoderProperties
import Foundation
import SeededRandom
import Testing

/// The seeds of the fuzzers and inputs that once broke a property, tried again for ever, as they are and mutated.
@Suite struct DecoderRegressionTests {
    private static let folder = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Fuzz/Regressions")

    private static func seeds(_ name: String) throws -> [(name: String, input: [UInt8])] {
        try FileManager.default
            .contentsOfDirectory(at: folder.appending(path: name), includingPropertiesForKeys: nil)
            .sorted { $0.path < $1.path }
            .map { ($0.lastPathComponent, [UInt8](try Data(contentsOf: $0))) }
    }

    @Test(arguments: DecoderProperties.all.map(\.name)) func theyHold(name: String) async throws {
        let property = try #require(DecoderProperties.all.first { $0.name == name }?.property)
        let seeds = try Self.seeds(name)
        #expect(!seeds.isEmpty)
        var generator = SeededGenerator(seed: 2_026)
        for seed in seeds {
            #expect(property.violation(seed.input) == nil, "\(seed.name)")
            for round in 0..<1_500 {
                let input = Self.mutate(seed.input, using: &generator)
                if let violation = property.violation(input) {
                    Issue.record("\(seed.name), round \(round): \(violation): \(input)")
                    return
                }
                if round % 50 == 0 { await Task.yield() }
            }
        }
    }

    private static func mutate(_ bytes: [UInt8], using generator: inout SeededGenerator) -> [UInt8] {
        let interesting: [UInt8] =
            Array("{}[]\",:;=\\\n\r 0-1eE.+#/$_".utf8) + [0, 0x1F, 0x7F, 0x80, 0x9F, 0xBF, 0xFB, 0xFF]
        var bytes = bytes
        for _ in 0..<Int.random(in: 1...4, using: &generator) where !bytes.isEmpty {
            let place = Int.random(in: 0..<bytes.count, using: &generator)
            switch Int.random(in: 0..<5, using: &generator) {
            case 0: bytes[place] = UInt8.random(in: 0...255, using: &generator)
            case 1: bytes[place] = interesting.randomElement(using: &generator) ?? 0
            case 2: bytes.remove(at: place)
            case 3: bytes.insert(interesting.randomElement(using: &generator) ?? 0, at: place)
            default:
                let end = min(bytes.count, place + Int.random(in: 1...20, using: &generator))
                bytes.insert(contentsOf: bytes[place..<end], at: place)
            }
        }
        return bytes
    }
}
