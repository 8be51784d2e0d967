import Crypto
import Foundation
import Primitives

/// The file of Mosquitto's dynamic-security plugin: accounts and their roles.
///
/// The broker rewrites it whenever an account changes; we touch it only while the broker does not run.
struct AccountFile: Sendable {
    /// The account of the server itself.
    static let serverName = "plantwright"

    private static let serverRole = "server"
    private static let saltSize = 12
    private static let iterations = 101

    /// The document.
    private(set) var document: JSONObject

    /// Starts from the stored file, or from an empty one that allows nothing.
    ///
    /// - Returns: nil when the bytes are no document of the plugin.
    init?(_ stored: [UInt8]?) {
        guard let stored else {
            document = [
                "defaultACLAccess": [
                    "publishClientSend": false, "publishClientReceive": false, "subscribe": false, "unsubscribe": true,
                ],
                "clients": [], "groups": [], "roles": [],
            ]
            return
        }
        guard let object = (try? JSONValue(parsing: stored))?.object, object["defaultACLAccess"]?.object != nil else {
            return nil
        }
        document = object
    }

    /// Puts the server's account in place, with access to everything, and leaves all other accounts alone.
    mutating func setServer(password: String, salt: [UInt8]) {
        let topics = ["#", "$SYS/#", "$CONTROL/#"]
        let kinds = ["publishClientSend", "publishClientReceive", "subscribePattern"]
        let rules = kinds.flatMap { kind in
            topics.map { topic in
                ["acltype": .string(kind), "topic": .string(topic), "priority": 0, "allow": true] as JSONValue
            }
        }
        replace("roles", "rolename", ["rolename": .string(Self.serverRole), "acls": .array(rules)])
        replace(
            "clients",
            "username",
            [
                "username": .string(Self.serverName), "textname": "The Plantwright server",
                "roles": [["rolename": .string(Self.serverRole)]],
                "password": .string(Data(Self.hash(password, salt: salt)).base64EncodedString()),
                "salt": .string(Data(salt).base64EncodedString()), "iterations": .integer(Int64(Self.iterations)),
            ]
        )
    }

    private mutating func replace(_ list: String, _ key: String, _ element: JSONValue) {
        let others = (document[list]?.array ?? []).filter { $0[key] != element[key] }
        document[list] = .array(others + [element])
    }

    /// Fresh salt of the plugin's size.
    static func newSalt() -> [UInt8] { randomBytes(saltSize) }

    /// A new password: 192 random bits in letters, digits, `-` and `_`.
    static func newPassword() -> String {
        Data(randomBytes(24)).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_")
    }

    private static func randomBytes(_ count: Int) -> [UInt8] {
        var generator = SystemRandomNumberGenerator()
        return (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
    }

    /// PBKDF2 with HMAC-SHA-512 (RFC 8018 section 5.2) for one block of output, as the plugin wants it.
    static func hash(_ password: String, salt: [UInt8], iterations: Int = iterations) -> [UInt8] {
        let key = SymmetricKey(data: Array(password.utf8))
        var block = Array(HMAC<SHA512>.authenticationCode(for: salt + [0, 0, 0, 1], using: key))
        var result = block
        for _ in 1..<iterations {
            block = Array(HMAC<SHA512>.authenticationCode(for: block, using: key))
            for index in result.indices { result[index] ^= block[index] }
        }
        return result
    }
}
