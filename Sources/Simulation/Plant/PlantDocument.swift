import Primitives

/// A configuration document as `PUT /api/v1/profiles|assets|devices|rules/{key}` takes it.
public struct PlantDocument: Hashable, Sendable {
    /// The key in the address.
    public var key: String
    /// The body.
    public var document: JSONValue

    /// Makes a document.
    public init(key: String, document: JSONValue) {
        self.key = key
        self.document = document
    }
}
