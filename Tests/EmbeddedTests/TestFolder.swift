import Foundation
import Logging
import Testing

/// A folder for one test, which the children's users can pass; removed with its last reference.
final class TestFolder: Sendable {
    let path: String

    init() throws {
        path = "/tmp/pw-\(UUID().uuidString.prefix(8).lowercased())"
        try FileManager.default.createDirectory(
            atPath: path,
            withIntermediateDirectories: false,
            attributes: [.posixPermissions: 0o755]
        )
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    /// Writes a file and returns its path.
    func write(_ name: String, _ text: String) throws -> String {
        try text.write(toFile: path + "/" + name, atomically: true, encoding: .utf8)
        return path + "/" + name
    }

    func text(_ name: String) -> String {
        (try? String(contentsOfFile: path + "/" + name, encoding: .utf8)) ?? ""
    }
}

/// A logger that says nothing.
let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

/// Waits until something holds; fails the test when it does not within a generous time.
func eventually(
    _ what: Comment,
    within limit: Duration = .seconds(30),
    at location: SourceLocation = #_sourceLocation,
    _ holds: () async -> Bool
) async throws {
    let deadline = ContinuousClock.now + limit
    while await !holds() {
        if ContinuousClock.now > deadline {
            Issue.record("did not happen within \(limit): \(what)", sourceLocation: location)
            throw CancellationError()
        }
        try await Task.sleep(for: .milliseconds(5))
    }
}
