/// A kind of thing that an admin configures; the raw value is its name in addresses and documents.
public enum ConfigurationSection: String, CaseIterable, Sendable {
    // In the order in which one refers to another.
    case profiles
    case assets
    case devices
    case sources
    case rules
    case connectors
    case mappings

    /// What one entry is called.
    public var singular: String { String(rawValue.dropLast()) }
}
