/// The name of a value that travels with a request or belongs to a route, and its type.
public protocol ContextKey {
    /// The type of the value.
    associatedtype Value: Sendable
}

/// A few values, each under the type that names it.
public struct TypedStorage: Sendable {
    private var values: [(key: ObjectIdentifier, value: any Sendable)] = []

    /// Makes an empty storage.
    public init() {}

    /// The value under a key, or nil.
    public subscript<Key: ContextKey>(key: Key.Type) -> Key.Value? {
        get { values.first { $0.key == ObjectIdentifier(key) }?.value as? Key.Value }
        set {
            values.removeAll { $0.key == ObjectIdentifier(key) }
            if let newValue { values.append((ObjectIdentifier(key), newValue)) }
        }
    }
}
