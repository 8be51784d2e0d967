import Crypto
import Foundation

/// Why something sealed, or the key file, cannot be used.
public enum SecretError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The key is not 32 bytes long.
    case badKey
    /// The key file cannot be read or written; the operating system's error number.
    case keyFileUnusable(path: String, code: Int32)
    /// The key file does not hold 64 hexadecimal digits.
    case keyFileMalformed(path: String)
    /// Others than the owner may read the key file.
    case keyFileTooOpen(path: String)
    /// The bytes are not what ``SecretBox/seal(_:context:)`` makes, or of a newer version.
    case unknownFormat
    /// They were sealed with another key.
    case otherKey
    /// They were changed, or belong to another context.
    case notAuthentic

    /// What is wrong and what to do, in one sentence.
    public var description: String {
        switch self {
        case .badKey: "A secret key has 32 bytes."
        case .keyFileUnusable(let path, let code):
            "The secret key file \(path) cannot be used: \(String(cString: strerror(code)))."
        case .keyFileMalformed(let path): "The secret key file \(path) does not hold 64 hexadecimal digits."
        case .keyFileTooOpen(let path): "Others may read the secret key file \(path); run: chmod 600 \(path)"
        case .unknownFormat: "The sealed secret has an unknown format."
        case .otherKey: "The secret was sealed with another key. Restore that key file, or enter the secret again."
        case .notAuthentic: "The sealed secret was changed or belongs elsewhere."
        }
    }
}

/// Seals secrets for storage with AES-256-GCM.
///
/// Layout: version (1 byte), key identifier (4), nonce (12), ciphertext, tag (16). Version, key identifier and context
/// are authenticated, so a sealed value cannot be moved to another row.
public struct SecretBox: Sendable {
    private static let version: UInt8 = 1
    private static let headerLength = 5
    private static let overhead = headerLength + 12 + 16

    private let key: SymmetricKey
    /// Tells keys apart without telling anything about them.
    private let keyIdentifier: [UInt8]

    /// Makes a box from a key of 32 bytes.
    public init(key: [UInt8]) throws(SecretError) {
        guard key.count == 32 else { throw .badKey }
        self.key = SymmetricKey(data: key)
        var hash = SHA256()
        hash.update(data: Array("plantwright key identifier".utf8))
        hash.update(data: key)
        keyIdentifier = Array(hash.finalize().prefix(4))
    }

    /// Seals bytes for one place.
    ///
    /// - Parameters:
    ///   - plain: the secret.
    ///   - context: where it belongs, such as `connector/erp`; the same is needed to open it.
    /// - Returns: what may be stored.
    /// - Throws: never in practice; the cipher refuses only keys that ``init(key:)`` refuses.
    public func seal(_ plain: [UInt8], context: String) throws(SecretError) -> [UInt8] {
        let header = [Self.version] + keyIdentifier
        do {
            let sealed = try AES.GCM.seal(plain, using: key, authenticating: header + Array(context.utf8))
            return header + Array(sealed.nonce) + Array(sealed.ciphertext) + Array(sealed.tag)
        } catch {
            throw .notAuthentic
        }
    }

    /// Opens what ``seal(_:context:)`` made for the same place.
    public func open(_ sealed: [UInt8], context: String) throws(SecretError) -> [UInt8] {
        guard sealed.count >= Self.overhead, sealed[0] == Self.version else { throw .unknownFormat }
        let header = sealed[..<Self.headerLength]
        guard header.dropFirst().elementsEqual(keyIdentifier) else { throw .otherKey }
        do {
            let box = try AES.GCM.SealedBox(combined: sealed[Self.headerLength...])
            return Array(try AES.GCM.open(box, using: key, authenticating: Array(header) + Array(context.utf8)))
        } catch {
            throw .notAuthentic
        }
    }
}
