import Foundation
import PackingProperties
import SeededRandom
import Testing

/// Inputs that once broke the property, and the fuzzer's seeds, tried again for ever, as they are and mutated.
@Suite struct PackingRegressionTests {
    @Test func theyHold() throws {
        let folder = URL(filePath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
            .appending(path: "Fuzz/Regressions/Packing")
        let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        #expect(!files.isEmpty)
        var random = SeededGenerator(seed: 2_026)
        for file in files.sorted(by: { $0.path < $1.path }) {
            let input = [UInt8](try Data(contentsOf: file))
            #expect(PackingProperty.violation(input) == nil, "\(file.lastPathComponent)")
            for round in 0..<300 {
                var mutated = input
                for _ in 0...random.next(upTo: 4) {
                    mutated[random.next(upTo: mutated.count)] = UInt8(truncatingIfNeeded: random.next())
                }
                if let violation = PackingProperty.violation(mutated) {
                    Issue.record("\(file.lastPathComponent), round \(round): \(violation): \(mutated)")
                    return
                }
            }
        }
    }
}
