import Primitives

/// The broker account of one device: its name and role, and the plugin's commands about it.
struct DeviceAccount: Hashable, Sendable {
    let identifier: String

    /// Checks that the identifier can be one level of a topic.
    init(identifier: String) throws(EmbeddedError) {
        let forbidden: [UInt8] = [UInt8(ascii: "/"), UInt8(ascii: "+"), UInt8(ascii: "#"), 0]
        guard !identifier.isEmpty, identifier.utf8.count <= 1_024, !identifier.utf8.contains(where: forbidden.contains)
        else { throw .invalidIdentifier(identifier) }
        self.identifier = identifier
    }

    /// The user name.
    ///
    /// The prefix keeps devices apart from the server's own account.
    var username: String { "device-" + identifier }

    /// The topics that the account may use.
    var topics: String { "plantwright/v1/\(identifier)/#" }

    /// The commands that end the account; the plugin answers an error and goes on when it does not exist.
    var removal: [JSONValue] {
        [
            ["command": "deleteClient", "username": .string(username)],
            ["command": "deleteRole", "rolename": .string(username)],
        ]
    }

    /// The commands that make the account.
    func creation(password: String) -> [JSONValue] {
        let rules = ["publishClientSend", "publishClientReceive", "subscribePattern"].map { kind in
            ["acltype": .string(kind), "topic": .string(topics), "priority": 0, "allow": true] as JSONValue
        }
        return [
            ["command": "createRole", "rolename": .string(username), "acls": .array(rules)],
            [
                "command": "createClient", "username": .string(username), "password": .string(password),
                "roles": [["rolename": .string(username), "priority": 0]],
            ],
        ]
    }
}
