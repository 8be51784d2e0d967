import Assets
import HTTPServer
import Primitives
import Telemetry

/// Profiles, assets and devices.
struct PlantRoutes: Sendable {
    let plant: PlantStore
    let refused: RefusedMessageStore

    func register(on routes: inout APIRouter) {
        profiles.register(on: &routes)
        assets.register(on: &routes)
        devices.register(on: &routes)
    }

    private var profiles: ResourceEndpoint {
        ResourceEndpoint(
            path: "/api/v1/profiles",
            name: "profile",
            list: { plant.snapshot.profiles.values.map(Self.state) },
            get: { key in
                guard let profile = plant.snapshot.profile(key: key.text) else {
                    throw ResourceFailure.notFound("profile “\(key)”")
                }
                return Self.state(profile)
            },
            put: { key, document, condition in
                let (profile, isNew) = try await plant.putProfile(key: key, document: document, onlyIf: condition)
                return (Self.state(profile), isNew)
            },
            delete: { key, condition in try await plant.deleteProfile(key: key, onlyIf: condition) }
        )
    }

    private static func state(_ profile: Profile) -> ResourceState {
        ResourceState(key: profile.key, document: profile.json, version: profile.version)
    }

    private var assets: ResourceEndpoint {
        ResourceEndpoint(
            path: "/api/v1/assets",
            name: "asset",
            list: {
                let snapshot = plant.snapshot
                return snapshot.assets.values.map { Self.state($0, in: snapshot) }
            },
            get: { key in
                let snapshot = plant.snapshot
                guard let asset = snapshot.asset(key: key.text) else {
                    throw ResourceFailure.notFound("asset “\(key)”")
                }
                return Self.state(asset, in: snapshot)
            },
            put: { key, document, condition in
                let (asset, isNew) = try await plant.putAsset(key: key, document: document, onlyIf: condition)
                return (Self.state(asset, in: plant.snapshot), isNew)
            },
            delete: { key, condition in try await plant.deleteAsset(key: key, onlyIf: condition) }
        )
    }

    private static func state(_ asset: Asset, in plant: PlantSnapshot) -> ResourceState {
        ResourceState(key: asset.key, document: plant.json(asset), version: asset.version)
    }

    private var devices: ResourceEndpoint {
        ResourceEndpoint(
            path: "/api/v1/devices",
            name: "device",
            list: {
                let snapshot = plant.snapshot
                return snapshot.devices.values.map { Self.state($0, in: snapshot) }
            },
            get: { key in
                let snapshot = plant.snapshot
                guard let device = snapshot.device(key: key.text) else {
                    throw ResourceFailure.notFound("device “\(key)”")
                }
                return Self.state(device, in: snapshot)
            },
            put: { key, document, condition in
                let (device, isNew) = try await plant.putDevice(key: key, document: document, onlyIf: condition)
                // Also for a device that has been there: it may have got this identifier just now.
                _ = try await refused.replay(identifier: device.identifier)
                return (Self.state(device, in: plant.snapshot), isNew)
            },
            delete: { key, condition in try await plant.deleteDevice(key: key, onlyIf: condition) }
        )
    }

    private static func state(_ device: Device, in plant: PlantSnapshot) -> ResourceState {
        ResourceState(key: device.key, document: plant.json(device), version: device.version)
    }
}
