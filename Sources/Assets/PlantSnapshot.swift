import Primitives

/// What ingest needs of a device: nothing that has to be retained.
public struct IngestTarget: Hashable, Sendable {
    /// The device's row.
    public let deviceID: Int32
    /// Its profile's row.
    public let profileID: Int32
}

/// The whole plant model at one moment, immutable and indexed; ingest works against one snapshot per batch.
public final class PlantSnapshot: Sendable {
    /// Profiles by row.
    public let profiles: [Int32: Profile]
    /// Assets by row.
    public let assets: [Int32: Asset]
    /// Devices by row.
    public let devices: [Int32: Device]
    private let targetByIdentifier: [String: IngestTarget]
    private let deviceByKey: [String: Int32]
    private let profileByKey: [String: Int32]
    private let assetByKey: [String: Int32]
    /// By device; only those whose profile has a schedule.
    private let retentionByDevice: [Int32: RetentionSchedule]

    /// Indexes a plant model.
    public init(profiles: [Int32: Profile], assets: [Int32: Asset], devices: [Int32: Device]) {
        self.profiles = profiles
        self.assets = assets
        self.devices = devices
        targetByIdentifier = Dictionary(
            devices.values.map { ($0.identifier, IngestTarget(deviceID: $0.id, profileID: $0.profileID)) }
        ) { first, _ in first }
        deviceByKey = Dictionary(devices.values.map { ($0.key, $0.id) }) { first, _ in first }
        profileByKey = Dictionary(profiles.values.map { ($0.key, $0.id) }) { first, _ in first }
        assetByKey = Dictionary(assets.values.map { ($0.key, $0.id) }) { first, _ in first }
        retentionByDevice = devices.compactMapValues { device in
            profiles[device.profileID].flatMap { $0.retention.entries.isEmpty ? nil : $0.retention }
        }
    }

    /// A snapshot without anything.
    public static let empty = PlantSnapshot(profiles: [:], assets: [:], devices: [:])

    /// The device with that name on the wire.
    public func device(identifier: String) -> Device? {
        targetByIdentifier[identifier].flatMap { devices[$0.deviceID] }
    }

    /// Where messages of the device with that name on the wire go.
    public func target(identifier: String) -> IngestTarget? { targetByIdentifier[identifier] }

    /// Where messages of a device go.
    public func target(device id: Int32) -> IngestTarget? {
        devices[id].map { IngestTarget(deviceID: id, profileID: $0.profileID) }
    }

    /// The device with that key.
    public func device(key: String) -> Device? {
        deviceByKey[key].flatMap { devices[$0] }
    }

    /// The profile with that key.
    public func profile(key: String) -> Profile? {
        profileByKey[key].flatMap { profiles[$0] }
    }

    /// The asset with that key.
    public func asset(key: String) -> Asset? {
        assetByKey[key].flatMap { assets[$0] }
    }

    /// The profile of a device.
    public func profile(of device: Device) -> Profile? {
        profiles[device.profileID]
    }

    /// When the readings of a device have which retention class; unknown devices keep theirs for ever.
    public func retention(ofDevice id: Int32) -> RetentionSchedule {
        retentionByDevice[id] ?? RetentionSchedule()
    }

    /// The retention class of a reading: depends on nothing but the device and the source time.
    public func retention(ofDevice id: Int32, at time: Timestamp) -> RetentionClass {
        if retentionByDevice.isEmpty { return .forever }
        return retentionByDevice[id]?.retention(at: time) ?? .forever
    }

    /// Every retention class that is in use.
    public var retentionClasses: Set<RetentionClass> {
        profiles.values.reduce(into: []) { $0.formUnion($1.retention.classes) }
    }

    /// The asset of a device.
    public func asset(of device: Device) -> Asset? {
        device.assetID.flatMap { assets[$0] }
    }

    /// The asset and everything below it.
    public func descendants(of assetID: Int32) -> Set<Int32> {
        var children: [Int32: [Int32]] = [:]
        for asset in assets.values {
            if let parent = asset.parentID { children[parent, default: []].append(asset.id) }
        }
        var found: Set<Int32> = [assetID]
        var open = [assetID]
        while let next = open.popLast() {
            for child in children[next] ?? [] where found.insert(child).inserted { open.append(child) }
        }
        return found
    }

    /// The ERP's reference of a device's asset for a connector: its own, or that of the nearest asset above.
    public func equipment(of device: Device, connector: String) -> String? {
        var next = device.assetID
        var steps = 0
        while let id = next, let asset = assets[id], steps < 64 {
            if let reference = asset.equipment[connector] { return reference }
            next = asset.parentID
            steps += 1
        }
        return nil
    }
}
