import Assets
import Primitives

/// All configuration, or some sections of it, as one JSON document that people keep and compare.
///
/// `{"formatVersion": 1, "profiles": {key: {…}}, "assets": …, "devices": …, "sources": …, "rules": …, "connectors": …,
/// "mappings": …}`: entries are those of the API without `key`, sections and keys in a fixed order, no secrets.
public struct ConfigurationDocument: Hashable, Sendable {
    /// The version of the format that this program writes and reads.
    public static let formatVersion: Int64 = 1

    /// Entries by key, of the sections that the document has.
    var sections: [ConfigurationSection: [ResourceKey: JSONValue]]

    /// Makes a document of entries.
    init(sections: [ConfigurationSection: [ResourceKey: JSONValue]]) {
        self.sections = sections
    }

    /// Reads a document; what its entries say is judged when they are applied.
    ///
    /// - Throws: ``InvalidInput`` with every issue of its frame.
    public init(_ value: JSONValue) throws(InvalidInput) {
        var reader = try InputReader(value)
        if let version = reader.required("formatVersion"), version.integer != Self.formatVersion {
            reader.note(
                "formatVersion",
                "format-version",
                "This program reads version \(Self.formatVersion) of the format."
            )
        }
        sections = [:]
        for section in ConfigurationSection.allCases {
            guard let value = reader.value(section.rawValue) else { continue }
            do throws(InvalidInput) {
                sections[section] = try Self.entries(of: value, at: "/" + section.rawValue)
            } catch {
                reader.absorb(error.issues)
            }
        }
        try reader.finish()
    }

    private static func entries(
        of value: JSONValue,
        at pointer: String
    ) throws(InvalidInput) -> [ResourceKey: JSONValue] {
        guard let object = value.object else {
            throw InvalidInput(pointer: pointer, code: "type", detail: "Expected an object of entries by key.")
        }
        var entries: [ResourceKey: JSONValue] = [:]
        var issues: [InputIssue] = []
        for member in object.members {
            let place = pointer + "/" + member.name.replacing("~", with: "~0").replacing("/", with: "~1")
            guard let key = ResourceKey(member.name) else {
                let detail = "A key has 1 to 63 characters: a-z, 0-9 and hyphens, not starting with a hyphen."
                issues.append(InputIssue(pointer: place, code: "key", detail: detail))
                continue
            }
            if member.value.object == nil {
                issues.append(InputIssue(pointer: place, code: "type", detail: "Expected a JSON object."))
            } else if let own = member.value["key"], own.string != key.text {
                let detail = "The entry stands under “\(key)”; leave “key” out, or make it the same."
                issues.append(InputIssue(pointer: place + "/key", code: "key", detail: detail))
            }
            entries[key] = member.value
        }
        if !issues.isEmpty { throw InvalidInput(issues) }
        return entries
    }

    /// The document; the same configuration always gives the same text.
    public var json: JSONValue {
        var object: JSONObject = ["formatVersion": .integer(Self.formatVersion)]
        for section in ConfigurationSection.allCases {
            guard let entries = sections[section] else { continue }
            object[section.rawValue] = .object(
                JSONObject(sorting: Dictionary(uniqueKeysWithValues: entries.map { ($0.key.text, $0.value) }))
            )
        }
        return .object(object)
    }
}
