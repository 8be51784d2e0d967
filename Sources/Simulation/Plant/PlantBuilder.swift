import Primitives

/// Collects the assets and devices of a plant, parents before children.
struct PlantBuilder {
    /// A WGS 84 position in degrees.
    typealias Place = (latitude: Double, longitude: Double)

    let seed: UInt64
    private(set) var assets: [PlantDocument] = []
    private(set) var devices: [PlantDevice] = []
    private(set) var equipmentNames: [String: String] = [:]

    init(seed: UInt64) {
        self.seed = seed
    }

    /// Adds an asset that groups others.
    mutating func group(_ key: String, _ name: String, level: String, parent: String?, at place: Place?) {
        assets.append(asset(key, name, level, parent, place, equipment: nil))
    }

    /// Adds a work unit that the ERP knows as `equipment`, and the device of the same key on it.
    mutating func unit(
        _ key: String,
        _ name: String,
        parent: String,
        at place: Place,
        equipment: String,
        profile: PlantProfile,
        signal: (Noise) -> any DeviceSignal
    ) {
        assets.append(asset(key, name, "work-unit", parent, place, equipment: equipment))
        equipmentNames[equipment] = name
        devices.append(
            PlantDevice(
                key: key,
                name: name,
                profile: profile,
                asset: key,
                signal: signal(Noise(seed: seed, name: key))
            )
        )
    }

    private func asset(
        _ key: String,
        _ name: String,
        _ level: String,
        _ parent: String?,
        _ place: Place?,
        equipment: String?
    ) -> PlantDocument {
        var document: JSONObject = ["name": .string(name), "level": .string(level)]
        if let parent { document["parent"] = .string(parent) }
        if let place {
            document["location"] = ["lat": .number(place.latitude), "lon": .number(place.longitude)]
        }
        if let equipment { document["equipment"] = .object([PlantModel.connectorKey: .string(equipment)]) }
        return PlantDocument(key: key, document: .object(document))
    }
}

/// A device of the plant and what it measures.
struct PlantDevice: Sendable {
    var key: String
    var name: String
    var profile: PlantProfile
    var asset: String
    var signal: any DeviceSignal

    var document: PlantDocument {
        PlantDocument(
            key: key,
            document: [
                "name": .string(name), "profile": .string(profile.key), "asset": .string(asset),
                "identifier": .string(key),
            ]
        )
    }
}
