import Assets
import Primitives

/// What applying does to one entry.
public struct ConfigurationDifference: Hashable, Sendable {
    /// What becomes of the entry.
    public enum Kind: String, Sendable {
        case created
        case changed
        case deleted
    }

    /// One value that changes within an entry.
    public struct Field: Hashable, Sendable {
        /// Where it stands in the entry (RFC 6901).
        public var pointer: String
        /// What it was; nil when it was absent.
        public var before: JSONValue?
        /// What it becomes; nil when it is absent then.
        public var after: JSONValue?

        /// Makes a difference.
        public init(pointer: String, before: JSONValue?, after: JSONValue?) {
            self.pointer = pointer
            self.before = before
            self.after = after
        }
    }

    /// What kind of entry it is.
    public var section: ConfigurationSection
    /// Its key.
    public var key: String
    /// What becomes of it.
    public var kind: Kind
    /// What changes in it, value by value.
    public var fields: [Field]

    /// The API's form.
    var json: JSONValue {
        [
            "section": .string(section.rawValue), "key": .string(key), "change": .string(kind.rawValue),
            "fields": .array(fields.map(\.json)),
        ]
    }
}

extension ConfigurationDifference.Field {
    /// The API's form; an absent value has no member.
    var json: JSONValue {
        var object: JSONObject = ["pointer": .string(pointer)]
        object["before"] = before
        object["after"] = after
        return .object(object)
    }

    /// All values that differ between two documents, in the order of the later one.
    static func all(from before: JSONValue?, to after: JSONValue?, at pointer: String = "") -> [Self] {
        if before == after { return [] }
        switch (before, after) {
        case (.object(let old)?, .object(let new)?):
            let gone = old.names.filter { new[$0] == nil }
            return (new.names + gone).flatMap { name in
                let place = pointer + "/" + name.replacing("~", with: "~0").replacing("/", with: "~1")
                return all(from: old[name], to: new[name], at: place)
            }
        case (.array(let old)?, .array(let new)?):
            return (0..<max(old.count, new.count)).flatMap { index in
                all(
                    from: old.dropFirst(index).first,
                    to: new.dropFirst(index).first,
                    at: "\(pointer)/\(index)"
                )
            }
        default: return [Self(pointer: pointer, before: before, after: after)]
        }
    }
}

/// What applying a document did, or would do.
public struct ConfigurationOutcome: Sendable {
    /// A connector whose ERP needs credentials that are not stored.
    public struct MissingCredentials: Hashable, Sendable {
        /// The connector's key.
        public var connector: String
        /// Its kind.
        public var kind: String
    }

    /// Whether nothing was written.
    public var isDryRun: Bool
    /// What changes, in the order of the sections and keys.
    public var differences: [ConfigurationDifference]
    /// How many entries of the document are as it says already.
    public var unchanged: Int
    /// Connectors of the document that will not work before somebody enters their credentials.
    public var missingCredentials: [MissingCredentials]
    /// The transaction that wrote; servers tell by it that the change is in force.
    public var transaction: String?

    /// How many entries have a kind of difference.
    public func count(_ kind: ConfigurationDifference.Kind) -> Int { differences.count { $0.kind == kind } }

    /// The API's form.
    public var json: JSONValue {
        [
            "dryRun": .bool(isDryRun),
            "created": .integer(Int64(count(.created))), "changed": .integer(Int64(count(.changed))),
            "deleted": .integer(Int64(count(.deleted))), "unchanged": .integer(Int64(unchanged)),
            "items": .array(differences.map(\.json)),
            "missingCredentials": .array(
                missingCredentials.map { ["connector": .string($0.connector), "kind": .string($0.kind)] }
            ),
        ]
    }
}
