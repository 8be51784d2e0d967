import Primitives
import Simulation
import Testing

@Suite("Documents of the simulated plant")
struct PlantDocumentTests {
    private let model = PlantModel()

    @Test func theKeysAreValidAndUnique() {
        for list in [model.profiles, model.assets, model.devices, model.rules] {
            for document in list { #expect(ResourceKey(document.key) != nil, "\(document.key)") }
            #expect(Set(list.map(\.key)).count == list.count)
        }
        #expect(model.deviceCount == 58)
        #expect(model.devices.count == 58)
    }

    @Test func parentsComeBeforeTheirChildren() {
        var seen: Set<String> = []
        for asset in model.assets {
            if let parent = asset.document["parent"]?.string { #expect(seen.contains(parent), "\(asset.key)") }
            seen.insert(asset.key)
        }
        #expect(model.assets.filter { $0.document["parent"] == nil }.count == 1)
    }

    @Test func assetsAreAtDifferentPlacesInTheNetherlands() throws {
        var places: Set<String> = []
        for asset in model.assets where asset.document["level"] == "work-unit" {
            let latitude = try #require(asset.document["location"]?["lat"]?.double)
            let longitude = try #require(asset.document["location"]?["lon"]?.double)
            #expect((51.4...53.3).contains(latitude) && (4.1...7.0).contains(longitude), "\(asset.key)")
            #expect(places.insert("\(latitude) \(longitude)").inserted, "\(asset.key)")
        }
        #expect(places.count == 58)
    }

    @Test func everyWorkUnitHasANamedEquipmentNumberOfItsOwn() throws {
        var numbers: Set<String> = []
        for asset in model.assets where asset.document["level"] == "work-unit" {
            let number = try #require(asset.document["equipment"]?[PlantModel.connectorKey]?.string)
            #expect(numbers.insert(number).inserted)
            #expect(model.equipmentNames[number] == asset.document["name"]?.string)
        }
        #expect(Set(model.equipmentNames.keys) == numbers)
    }

    @Test func devicesReferToProfilesAndAssetsThatExist() throws {
        let profiles = Set(model.profiles.map(\.key))
        let assets = Set(model.assets.map(\.key))
        for (index, device) in model.devices.enumerated() {
            #expect(profiles.contains(try #require(device.document["profile"]?.string)))
            #expect(assets.contains(try #require(device.document["asset"]?.string)))
            #expect(device.document["identifier"]?.string == device.key)
            #expect(model.index(ofDevice: device.key) == index)
            #expect(model.key(ofDevice: index) == device.key)
        }
    }

    @Test func rulesReferToProfilesAndMetricsThatExist() throws {
        let kinds: Set<JSONValue> = ["gauge", "counter", "state", "location"]
        for profile in model.profiles {
            for metric in try #require(profile.document["metrics"]?.array) {
                let kind = try #require(metric["kind"])
                #expect(kinds.contains(kind))
            }
        }
        for rule in model.rules {
            let profile = try #require(model.profiles.first { $0.key == rule.document["profile"]?.string })
            let metrics = try #require(profile.document["metrics"]?.array).compactMap { $0["key"]?.string }
            for field in ["condition", "clear"] {
                let comparison = try Comparison(try #require(rule.document[field]?.string))
                #expect(metrics.contains(comparison.metric), "\(rule.key)")
            }
            #expect(ISODuration(try #require(rule.document["for"]?.string)) != nil)
        }
    }

    @Test func payloadsHaveTheMetricsOfTheProfileInTheirKinds() throws {
        let time = Timestamp(milliseconds: 1_763_827_200_123)
        for (index, device) in model.devices.enumerated() {
            let profile = try #require(model.profiles.first { $0.key == device.document["profile"]?.string })
            let metrics = try #require(profile.document["metrics"]?.array)
            let payload = model.reading(of: device.key, at: time, liveSince: nil)
            #expect(payload["ts"] == 1_763_827_200_123)
            #expect(payload.object?.names == ["ts"] + metrics.compactMap { $0["key"]?.string })
            #expect(model.metricKeys(ofDevice: index) == metrics.compactMap { $0["key"]?.string })
            for metric in metrics {
                let key = try #require(metric["key"]?.string)
                let value = try #require(payload[key])
                switch metric["kind"]?.string {
                case "state": #expect(value.bool != nil)
                case "location": #expect(value["lat"]?.double != nil && value["lon"]?.double != nil)
                default: #expect(value.double != nil)
                }
            }
        }
        #expect(model.reading(of: "unknown", at: time, liveSince: nil) == .null)
    }
}
