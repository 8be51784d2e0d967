import Foundation
import Testing
import WireProperties

/// Inputs that once broke a property, and the seeds of the fuzzers, tried again for ever.
@Suite struct FuzzRegressionTests {
    private static let folder = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Fuzz/Regressions")

    private static let properties: [(String, any Property.Type)] = [
        ("Request", RequestProperty.self), ("Chunked", ChunkedProperty.self), ("WebSocket", WebSocketProperty.self),
        ("Deflate", DeflateProperty.self), ("Multipart", MultipartProperty.self),
    ]

    @Test(arguments: properties.map(\.0)) func theyHold(name: String) throws {
        let property = try #require(Self.properties.first { $0.0 == name }?.1)
        let files = try FileManager.default.contentsOfDirectory(
            at: Self.folder.appending(path: name),
            includingPropertiesForKeys: nil
        )
        #expect(!files.isEmpty)
        for file in files {
            let input = [UInt8](try Data(contentsOf: file))
            #expect(property.violation(input) == nil, "\(file.lastPathComponent)")
        }
    }
}
