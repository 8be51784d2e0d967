/// The plant model by rows and by names.
///
/// A value that ``PlantStore`` changes in place, at a cost that does not grow with the plant; a ``PlantSnapshot`` freezes
/// one.
struct PlantIndex: Sendable {
    private(set) var profiles: [Int32: Profile]
    private(set) var assets: [Int32: Asset]
    private(set) var devices: [Int32: Device]
    private var targetByIdentifier: [String: IngestTarget]
    private var deviceByKey: [String: Int32]
    private var profileByKey: [String: Int32]
    private var assetByKey: [String: Int32]
    /// By profile; only those with a schedule.
    private(set) var retentionByProfile: [Int32: RetentionSchedule]

    /// Indexes a plant model.
    init(profiles: [Int32: Profile], assets: [Int32: Asset], devices: [Int32: Device]) {
        self.profiles = profiles
        self.assets = assets
        self.devices = devices
        targetByIdentifier = Dictionary(devices.values.map { ($0.identifier, $0.target) }) { first, _ in first }
        deviceByKey = Dictionary(devices.values.map { ($0.key, $0.id) }) { first, _ in first }
        profileByKey = Dictionary(profiles.values.map { ($0.key, $0.id) }) { first, _ in first }
        assetByKey = Dictionary(assets.values.map { ($0.key, $0.id) }) { first, _ in first }
        retentionByProfile = profiles.compactMapValues(\.scheduled)
    }

    // MARK: - Looking up

    func target(identifier: String) -> IngestTarget? { targetByIdentifier[identifier] }

    func device(identifier: String) -> Device? { targetByIdentifier[identifier].flatMap { devices[$0.deviceID] } }

    func device(key: String) -> Device? { deviceByKey[key].flatMap { devices[$0] } }

    func profile(key: String) -> Profile? { profileByKey[key].flatMap { profiles[$0] } }

    func asset(key: String) -> Asset? { assetByKey[key].flatMap { assets[$0] } }

    /// Whether an asset is another one or stands below it.
    func isAsset(_ id: Int32, within other: Int32) -> Bool {
        var next: Int32? = id
        // A tree is never deeper than it has nodes.
        var steps = assets.count
        while let node = next, steps > 0 {
            if node == other { return true }
            next = assets[node]?.parentID
            steps -= 1
        }
        return false
    }

    // MARK: - Changing

    /// Puts a profile in the place of a row; nil removes it.
    mutating func replace(profile id: Int32, with profile: Profile?) {
        if let old = profiles[id], profileByKey[old.key] == id { profileByKey[old.key] = nil }
        profiles[id] = profile
        retentionByProfile[id] = profile?.scheduled
        if let profile { profileByKey[profile.key] = id }
    }

    /// Puts an asset in the place of a row; nil removes it.
    mutating func replace(asset id: Int32, with asset: Asset?) {
        if let old = assets[id], assetByKey[old.key] == id { assetByKey[old.key] = nil }
        assets[id] = asset
        if let asset { assetByKey[asset.key] = id }
    }

    /// Puts a device in the place of a row; nil removes it.
    mutating func replace(device id: Int32, with device: Device?) {
        if let old = devices[id] {
            if deviceByKey[old.key] == id { deviceByKey[old.key] = nil }
            if targetByIdentifier[old.identifier]?.deviceID == id { targetByIdentifier[old.identifier] = nil }
        }
        devices[id] = device
        if let device {
            deviceByKey[device.key] = id
            targetByIdentifier[device.identifier] = device.target
        }
    }
}

extension Profile {
    /// Its schedule, if it has one.
    fileprivate var scheduled: RetentionSchedule? { retention.entries.isEmpty ? nil : retention }
}

extension Device {
    fileprivate var target: IngestTarget { IngestTarget(deviceID: id, profileID: profileID) }
}
