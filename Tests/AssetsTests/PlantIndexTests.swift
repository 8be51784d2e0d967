import Primitives
import Testing

@testable import Assets

@Suite
struct PlantIndexTests {
    /// A plant that is changed row by row must be the one that is indexed at once.
    @Test(arguments: [1, 2, 3, 4, 5] as [UInt64])
    func manyChangesGiveWhatIndexingAtOnceGives(seed: UInt64) {
        var random = Sequence(state: seed)
        var index = PlantIndex(profiles: [:], assets: [:], devices: [:])
        var devices: [Int32: Device] = [:]
        var assets: [Int32: Asset] = [:]
        for _ in 0..<2_000 {
            let id = Int32(random.next(40))
            if random.next(2) == 0 {
                let wire = "wire-\(random.next(60))"
                let device = random.next(4) == 0 ? nil : Self.device(id, identifier: wire, in: devices)
                devices[id] = device
                index.replace(device: id, with: device)
            } else {
                let asset = random.next(4) == 0 ? nil : Self.asset(id, below: nil)
                assets[id] = asset
                index.replace(asset: id, with: asset)
            }
        }
        #expect(index.devices == devices)
        #expect(index.assets == assets)
        for number in 0..<40 as Range<Int32> {
            #expect(index.device(key: "d-\(number)") == devices[number])
            #expect(index.asset(key: "a-\(number)") == assets[number])
        }
        for number in 0..<60 {
            let wire = "wire-\(number)"
            #expect(index.device(identifier: wire) == devices.values.first { $0.identifier == wire })
            #expect(index.target(identifier: wire)?.deviceID == index.device(identifier: wire)?.id)
        }
    }

    @Test
    func anIdentifierMayPassFromOneDeviceToAnother() {
        var index = PlantIndex(
            profiles: [:],
            assets: [:],
            devices: [1: Self.device(1, identifier: "x"), 2: Self.device(2, identifier: "y")]
        )
        // In either order: the one that takes it may be read before the one that gives it away.
        index.replace(device: 2, with: Self.device(2, identifier: "x"))
        index.replace(device: 1, with: Self.device(1, identifier: "z"))
        #expect(index.device(identifier: "x")?.id == 2)
        #expect(index.device(identifier: "y") == nil)
        #expect(index.device(identifier: "z")?.id == 1)
    }

    @Test
    func aProfilesScheduleIsForgottenWithIt() {
        var profile = Profile(id: 1, key: "p", name: "P", metrics: [], retired: [], revision: 1)
        let month = RetentionClass(days: 30)
        profile.retention = RetentionSchedule(entries: [.init(since: Timestamp(microseconds: 0), retention: month)])
        var index = PlantIndex(profiles: [1: profile], assets: [:], devices: [:])
        #expect(index.retentionByProfile[1] != nil)
        index.replace(profile: 1, with: nil)
        #expect(index.retentionByProfile.isEmpty)
        #expect(index.profile(key: "p") == nil)
    }

    @Test
    func whatStandsBelowIsTold() {
        let assets: [Int32: Asset] = [
            1: Self.asset(1, below: nil), 2: Self.asset(2, below: 1), 3: Self.asset(3, below: 2),
            4: Self.asset(4, below: nil),
        ]
        var index = PlantIndex(profiles: [:], assets: assets, devices: [:])
        #expect(index.isAsset(3, within: 1))
        #expect(index.isAsset(2, within: 2))
        #expect(!index.isAsset(1, within: 3))
        #expect(!index.isAsset(4, within: 1))
        // What cannot be stored must not hang either.
        index.replace(asset: 1, with: Self.asset(1, below: 3))
        #expect(!index.isAsset(3, within: 4))
    }

    private static func device(_ id: Int32, identifier: String) -> Device {
        Device(id: id, key: "d-\(id)", name: "D", identifier: identifier, profileID: 1, assetID: nil, revision: 1)
    }

    /// With an identifier that no other device has.
    private static func device(_ id: Int32, identifier: String, in devices: [Int32: Device]) -> Device? {
        let isTaken = devices.contains { $0.key != id && $0.value.identifier == identifier }
        return isTaken ? nil : device(id, identifier: identifier)
    }

    private static func asset(_ id: Int32, below parent: Int32?) -> Asset {
        Asset(
            id: id,
            key: "a-\(id)",
            name: "A",
            level: .area,
            parentID: parent,
            location: nil,
            equipment: [:],
            revision: 1
        )
    }
}

/// Numbers that are the same in every run (a linear congruence, Knuth's constants).
private struct Sequence {
    var state: UInt64

    mutating func next(_ limit: UInt64) -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return (state >> 33) % limit
    }
}
