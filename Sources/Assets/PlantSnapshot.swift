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
    let index: PlantIndex

    /// Profiles by row.
    public var profiles: [Int32: Profile] { index.profiles }
    /// Assets by row.
    public var assets: [Int32: Asset] { index.assets }
    /// Devices by row.
    public var devices: [Int32: Device] { index.devices }

    /// Freezes a plant model.
    init(_ index: PlantIndex) { self.index = index }

    /// Indexes a plant model.
    public convenience init(profiles: [Int32: Profile], assets: [Int32: Asset], devices: [Int32: Device]) {
        self.init(PlantIndex(profiles: profiles, assets: assets, devices: devices))
    }

    /// A snapshot without anything.
    public static let empty = PlantSnapshot(profiles: [:], assets: [:], devices: [:])

    /// The device with that name on the wire.
    public func device(identifier: String) -> Device? { index.device(identifier: identifier) }

    /// Where messages of the device with that name on the wire go.
    public func target(identifier: String) -> IngestTarget? { index.target(identifier: identifier) }

    /// Where messages of a device go.
    public func target(device id: Int32) -> IngestTarget? {
        devices[id].map { IngestTarget(deviceID: id, profileID: $0.profileID) }
    }

    /// The device with that key.
    public func device(key: String) -> Device? { index.device(key: key) }

    /// The profile with that key.
    public func profile(key: String) -> Profile? { index.profile(key: key) }

    /// The asset with that key.
    public func asset(key: String) -> Asset? { index.asset(key: key) }

    /// The profile of a device.
    public func profile(of device: Device) -> Profile? {
        profiles[device.profileID]
    }

    /// When the readings of a device have which retention class; unknown devices keep theirs for ever.
    public func retention(ofDevice id: Int32) -> RetentionSchedule {
        devices[id].flatMap { index.retentionByProfile[$0.profileID] } ?? RetentionSchedule()
    }

    /// The retention class of a reading: depends on nothing but the device and the source time.
    public func retention(ofDevice id: Int32, at time: Timestamp) -> RetentionClass {
        if index.retentionByProfile.isEmpty { return .forever }
        return retention(ofDevice: id).retention(at: time)
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
