import Primitives

/// An asset as an admin wrote it.
struct AssetDraft: Sendable {
    var name: String
    var level: AssetLevel
    var parent: ResourceKey?
    var location: Coordinate?
    var equipment: [String: String]

    /// Reads `{name, level, parent, location: {lat, lon}, equipment: {connectorKey: reference}}`.
    init(_ document: JSONValue) throws(InvalidInput) {
        var reader = try InputReader(document)
        _ = reader.value("key")
        name = reader.requiredString("name")
        level = .workUnit
        if reader.required("level") != nil { level = reader.choice("level", AssetLevel.self) ?? .workUnit }
        parent = reader.key("parent")
        location = nil
        if let value = reader.value("location") {
            do throws(InvalidInput) {
                location = try Coordinate(value, at: "/location")
            } catch {
                reader.absorb(error.issues)
            }
        }
        equipment = [:]
        if let value = reader.value("equipment") {
            if let object = value.object {
                for member in object.members {
                    if let text = member.value.string, (1...255).contains(text.count) {
                        equipment[member.name] = text
                    } else if !member.value.isNull {
                        reader.note("equipment", "type", "Each reference is a text of 1 to 255 characters.")
                    }
                }
            } else {
                reader.note("equipment", "type", "Expected an object of connector keys and ERP references.")
            }
        }
        try reader.finish()
    }

    /// The API's form of the asset that this makes.
    func json(key: String) -> JSONValue {
        [
            "key": .string(key), "name": .string(name), "level": .string(level.rawValue),
            "parent": .optional(parent?.text), "location": location?.json ?? .null,
            "equipment": .object(equipmentObject),
        ]
    }

    var equipmentObject: JSONObject {
        var object = JSONObject()
        for (connector, reference) in equipment.sorted(by: { $0.key < $1.key }) {
            object[connector] = .string(reference)
        }
        return object
    }
}

extension Coordinate {
    /// Reads `{lat, lon}` in degrees.
    public init(_ value: JSONValue, at pointer: String) throws(InvalidInput) {
        var reader = try InputReader(value, at: pointer)
        let latitude = reader.required("lat") == nil ? nil : reader.number("lat", in: -90...90)
        let longitude = reader.required("lon") == nil ? nil : reader.number("lon", in: -180...180)
        try reader.finish()
        self.init(latitude: latitude ?? 0, longitude: longitude ?? 0)
    }

    /// The API's form: `{lat, lon}`.
    public var json: JSONValue { ["lat": .number(latitude), "lon": .number(longitude)] }
}

extension PlantSnapshot {
    /// The API's form of an asset.
    public func json(_ asset: Asset) -> JSONValue { index.json(asset) }

    /// The API's form of a device.
    public func json(_ device: Device) -> JSONValue { index.json(device) }
}

extension PlantIndex {
    /// The API's form of an asset.
    func json(_ asset: Asset) -> JSONValue {
        var equipment = JSONObject()
        for (connector, reference) in asset.equipment.sorted(by: { $0.key < $1.key }) {
            equipment[connector] = .string(reference)
        }
        return [
            "key": .string(asset.key),
            "name": .string(asset.name),
            "level": .string(asset.level.rawValue),
            "parent": .optional(asset.parentID.flatMap { assets[$0]?.key }),
            "location": asset.location?.json ?? .null,
            "equipment": .object(equipment),
        ]
    }

    /// The API's form of a device.
    func json(_ device: Device) -> JSONValue {
        [
            "key": .string(device.key),
            "name": .string(device.name),
            "profile": .optional(profiles[device.profileID]?.key),
            "asset": .optional(device.assetID.flatMap { assets[$0]?.key }),
            "identifier": .string(device.identifier),
        ]
    }
}

extension PlantStore {
    /// The API's form of an asset, in the plant as it is now.
    public func json(_ asset: Asset) -> JSONValue { look { $0.json(asset) } }

    /// The API's form of a device, in the plant as it is now.
    public func json(_ device: Device) -> JSONValue { look { $0.json(device) } }
}
