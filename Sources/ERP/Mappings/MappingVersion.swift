import Primitives

/// A document of a mapping as it was saved; deliveries name the version that made them.
public struct MappingVersion: Hashable, Sendable {
    /// The mapping's row.
    public var mappingID: Int32
    /// The version: the mapping's revision.
    public var version: Int32
    /// When it was saved.
    public var savedAt: Timestamp
    /// Who saved it; nil when it was the program itself, or before versions were kept.
    public var savedBy: String?
    /// The whole document.
    public var document: JSONValue

    /// The API's form: `{version, savedAt, savedBy, document}`.
    public var json: JSONValue {
        [
            "version": .integer(Int64(version)), "savedAt": .string(savedAt.rfc3339), "savedBy": .optional(savedBy),
            "document": document,
        ]
    }
}
