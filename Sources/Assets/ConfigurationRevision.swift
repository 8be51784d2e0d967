/// A part of the configuration that processes keep in memory and that the database counts the writes of.
public enum ConfigurationPart: String, CaseIterable, Sendable {
    /// Profiles, assets and devices.
    case plant
    /// Where messages come from.
    case source
    /// Alarm rules.
    case rule
    /// What becomes a delivery.
    case mapping
    /// ERPs.
    case connector
}

/// How often a part of the configuration was written, as of one moment.
///
/// A reader that asks for the revision first and for the part itself afterwards has at least that revision.
public struct ConfigurationRevision: Hashable, Sendable {
    /// The part.
    public var part: ConfigurationPart
    /// Rises by one with each transaction that writes it.
    public var revision: Int64
}
