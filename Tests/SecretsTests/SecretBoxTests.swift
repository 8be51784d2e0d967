import Foundation
import Glibc
import Testing

@testable import Secrets

@Suite struct SecretBoxTests {
    private let key = [UInt8](0..<32)

    @Test func opensWhatItSealed() throws {
        let box = try SecretBox(key: key)
        for secret in [[], [0], Array("s3cr3t".utf8), [UInt8](repeating: 7, count: 100_000)] as [[UInt8]] {
            let sealed = try box.seal(secret, context: "connector/erp")
            #expect(try box.open(sealed, context: "connector/erp") == secret)
            #expect(sealed.count == secret.count + 33)
            #expect(sealed[0] == 1)
        }
    }

    @Test func neverSealsTheSameWayTwice() throws {
        let box = try SecretBox(key: key)
        #expect(try box.seal([1], context: "a") != box.seal([1], context: "a"))
    }

    @Test func refusesAnotherContextAndEveryChangedByte() throws {
        let box = try SecretBox(key: key)
        let sealed = try box.seal(Array("secret".utf8), context: "connector/a")
        #expect(throws: SecretError.notAuthentic) { try box.open(sealed, context: "connector/b") }
        for index in sealed.indices {
            var changed = sealed
            changed[index] ^= 1
            let expected: SecretError = index == 0 ? .unknownFormat : index < 5 ? .otherKey : .notAuthentic
            #expect(throws: expected) { try box.open(changed, context: "connector/a") }
        }
        for length in 0..<sealed.count {
            #expect(throws: SecretError.self) { try box.open(Array(sealed.prefix(length)), context: "connector/a") }
        }
    }

    @Test func tellsAnotherKeyFromAChangedValue() throws {
        let sealed = try SecretBox(key: key).seal([1], context: "a")
        let other = try SecretBox(key: key.reversed())
        #expect(throws: SecretError.otherKey) { try other.open(sealed, context: "a") }
    }

    @Test(arguments: [0, 16, 31, 33]) func refusesKeysOfAnotherLength(count: Int) {
        #expect(throws: SecretError.badKey) { try SecretBox(key: [UInt8](repeating: 0, count: count)) }
    }
}

@Suite struct KeyFileTests {
    private final class Folder {
        let path = NSTemporaryDirectory() + "pw-key-" + UUID().uuidString

        init() throws {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        }

        deinit {
            try? FileManager.default.removeItem(atPath: path)
        }
    }

    private let random = RandomSource { count in [UInt8](repeating: 0xA5, count: count) }

    @Test func makesAKeyFileForItsOwnerOnlyAndReadsItAgain() throws {
        let folder = try Folder()
        let path = folder.path + "/secret.key"
        let sealed = try SecretBox(keyFile: path, random: random).seal([1, 2], context: "a")
        #expect(try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int == 0o600)
        #expect(try String(contentsOfFile: path, encoding: .utf8) == String(repeating: "a5", count: 32) + "\n")
        let unused = RandomSource { _ in
            Issue.record("a key was made though there is one")
            return []
        }
        #expect(try SecretBox(keyFile: path, random: unused).open(sealed, context: "a") == [1, 2])
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["secret.key"])
    }

    @Test func takesUpperCaseAndSpaceAround() throws {
        let folder = try Folder()
        let path = folder.path + "/k"
        try " \(String(repeating: "A5", count: 32))\r\n\n".write(toFile: path, atomically: true, encoding: .utf8)
        chmod(path, 0o400)
        let sealed = try SecretBox(keyFile: path, random: random).seal([1], context: "a")
        #expect(try SecretBox(key: [UInt8](repeating: 0xA5, count: 32)).open(sealed, context: "a") == [1])
    }

    @Test(arguments: [0o640, 0o604, 0o660]) func refusesAFileThatOthersMayRead(mode: mode_t) throws {
        let folder = try Folder()
        let path = folder.path + "/k"
        _ = try SecretBox(keyFile: path, random: random)
        chmod(path, mode)
        #expect(throws: SecretError.keyFileTooOpen(path: path)) { try SecretBox(keyFile: path, random: random) }
    }

    @Test(arguments: ["", "zz", String(repeating: "0", count: 63), String(repeating: "0", count: 65), "hunter2\n"])
    func refusesAFileThatHoldsNoKey(text: String) throws {
        let folder = try Folder()
        let path = folder.path + "/k"
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        chmod(path, 0o600)
        let error = #expect(throws: SecretError.keyFileMalformed(path: path)) {
            try SecretBox(keyFile: path, random: random)
        }
        #expect(error?.description.contains("hunter2") == false)
    }

    @Test func saysWhyAFileCannotBeMade() throws {
        let error = #expect(throws: SecretError.self) {
            try SecretBox(keyFile: "/nonexistent/secret.key", random: random)
        }
        #expect(error == .keyFileUnusable(path: "/nonexistent/secret.key", code: ENOENT))
        #expect(error?.description.contains("No such file or directory") == true)
    }

    @Test func allThatStartAtOnceAgreeOnOneKey() async throws {
        for _ in 0..<50 {
            let folder = try Folder()
            let path = folder.path + "/secret.key"
            let boxes = try await withThrowingTaskGroup(of: SecretBox.self) { group in
                for _ in 0..<4 { group.addTask { try SecretBox(keyFile: path, random: .system) } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            let sealed = try boxes[0].seal([9], context: "a")
            for box in boxes { #expect(try box.open(sealed, context: "a") == [9]) }
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["secret.key"])
        }
    }
}
