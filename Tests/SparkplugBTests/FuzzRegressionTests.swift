import Foundation
import SparkplugProperties
import Testing

/// Inputs that once broke the property, and the fuzzer's seeds, tried again for ever.
@Suite struct SparkplugFuzzRegressionTests {
    @Test func theyHold() throws {
        let folder = URL(filePath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Fuzz/Regressions/Sparkplug")
        let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        #expect(!files.isEmpty)
        for file in files {
            let input = [UInt8](try Data(contentsOf: file))
            #expect(SparkplugProperty.violation(input) == nil, "\(file.lastPathComponent)")
        }
    }
}
