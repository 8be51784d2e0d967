import Primitives

/// A device type: its metrics and how often it reports.
public struct Profile: Hashable, Sendable {
    /// The row's number.
    public var id: Int32
    /// Its address.
    public var key: String
    /// The name that people read.
    public var name: String
    /// Expected seconds between readings; nil when nothing is expected.
    public var reportingInterval: Double?
    /// How long the readings of its devices are kept.
    public var retention = RetentionSchedule()
    /// The metrics in use, in the profile's order.
    public var metrics: [Metric]
    /// Metrics that the profile no longer lists; their slots stay theirs.
    public var retired: [Metric]
    /// Counts the writes; the ETag.
    public var revision: Int32

    /// What a condition compares.
    public var version: ResourceVersion { ResourceVersion(id: id, revision: revision) }

    /// How many slots a reading of this profile has.
    public var slotCount: Int {
        (metrics + retired).map { $0.ordinal + $0.width }.max() ?? 0
    }

    /// The metric in use with that key.
    public func metric(_ key: String) -> Metric? {
        metrics.first { $0.key == key }
    }
}

/// A position in WGS 84 degrees.
public struct Coordinate: Hashable, Sendable {
    /// Degrees north.
    public var latitude: Double
    /// Degrees east.
    public var longitude: Double

    /// Makes a position.
    public init(latitude: Double, longitude: Double) {
        self.latitude = latitude
        self.longitude = longitude
    }
}

/// The levels of the asset tree, after ISA-95.
public enum AssetLevel: String, CaseIterable, Sendable {
    case enterprise
    case site
    case area
    case line
    case workUnit = "work-unit"
}

/// A node of the asset tree.
public struct Asset: Hashable, Sendable {
    /// The row's number.
    public var id: Int32
    /// Its address.
    public var key: String
    /// The name that people read.
    public var name: String
    /// Its level.
    public var level: AssetLevel
    /// The node above.
    public var parentID: Int32?
    /// Where it stands.
    public var location: Coordinate?
    /// The ERP's reference for it, by connector key.
    public var equipment: [String: String]
    /// Counts the writes; the ETag.
    public var revision: Int32

    /// What a condition compares.
    public var version: ResourceVersion { ResourceVersion(id: id, revision: revision) }
}

/// What publishes.
public struct Device: Hashable, Sendable {
    /// The row's number.
    public var id: Int32
    /// Its address.
    public var key: String
    /// The name that people read.
    public var name: String
    /// Its name on the wire.
    public var identifier: String
    /// Its profile's row.
    public var profileID: Int32
    /// The asset it belongs to.
    public var assetID: Int32?
    /// Counts the writes; the ETag.
    public var revision: Int32

    /// What a condition compares.
    public var version: ResourceVersion { ResourceVersion(id: id, revision: revision) }
}
