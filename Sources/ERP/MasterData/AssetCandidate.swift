import Assets

/// An asset as far as matching with the ERP's equipment is concerned.
struct AssetCandidate: Hashable, Sendable {
    /// Its key.
    var key: String
    /// Its name.
    var name: String
    /// The names of the assets above it, from the top.
    var path: [String]
    /// The keys and identifiers of its devices: often tags or serial numbers.
    var devices: [String]
    /// What it is linked to; nil for nothing.
    var reference: String?

    /// The assets that may have equipment of their own: work units, whatever has devices, and whatever is linked.
    static func all(in plant: PlantSnapshot, connector: String) -> [AssetCandidate] {
        var devices: [Int32: [String]] = [:]
        for device in plant.devices.values {
            guard let asset = device.assetID else { continue }
            devices[asset, default: []] +=
                device.key == device.identifier ? [device.key] : [device.key, device.identifier]
        }
        return plant.assets.values
            .filter { $0.level == .workUnit || devices[$0.id] != nil || $0.equipment[connector] != nil }
            .map { asset in
                AssetCandidate(
                    key: asset.key,
                    name: asset.name,
                    path: path(of: asset, in: plant),
                    devices: (devices[asset.id] ?? []).sorted(),
                    reference: asset.equipment[connector]
                )
            }
            .sorted { $0.key < $1.key }
    }

    private static func path(of asset: Asset, in plant: PlantSnapshot) -> [String] {
        var names: [String] = []
        var next = asset.parentID
        while let id = next, let parent = plant.assets[id], names.count < 64 {
            names.append(parent.name)
            next = parent.parentID
        }
        return names.reversed()
    }
}
