import Primitives

/// A device as an admin wrote it.
struct DeviceDraft: Sendable {
    var name: String
    var identifier: String
    var profile: ResourceKey?
    var asset: ResourceKey?

    /// Reads `{name, profile, asset, identifier}`; the name and the identifier default to the key.
    init(_ document: JSONValue, key: String) throws(InvalidInput) {
        var reader = try InputReader(document)
        _ = reader.value("key")
        name = reader.string("name") ?? key
        identifier = reader.string("identifier") ?? key
        if !identifier.split(separator: "/", omittingEmptySubsequences: false).allSatisfy({ Self.isTopicLevel($0) }) {
            reader.note(
                "identifier",
                "identifier",
                "An identifier is one MQTT topic level, or several with / between them as Sparkplug's group/node/device: "
                    + "none empty, without +, # and control characters."
            )
        }
        profile = reader.required("profile") == nil ? nil : reader.key("profile")
        asset = reader.key("asset")
        try reader.finish()
    }

    /// The API's form of the device that this makes.
    func json(key: String) -> JSONValue {
        [
            "key": .string(key), "name": .string(name), "profile": .optional(profile?.text),
            "asset": .optional(asset?.text), "identifier": .string(identifier),
        ]
    }

    /// Whether a text can be one level of an MQTT topic name (MQTT 5 sections 1.5.4 and 4.7).
    static func isTopicLevel(_ text: some StringProtocol) -> Bool {
        !text.isEmpty
            && text.unicodeScalars.allSatisfy { scalar in
                scalar != "/" && scalar != "+" && scalar != "#" && scalar.properties.generalCategory != .control
            }
    }
}
