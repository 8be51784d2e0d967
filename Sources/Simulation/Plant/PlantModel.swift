import Primitives

/// The simulated plant of the demonstration: about sixty devices in the Netherlands, what they are called, and what
/// each of them measures at any time.
///
/// Everything is a pure function of the seed, the time and the ``PlantCourse``.
public struct PlantModel: Sendable {
    /// The connector that the assets' equipment references belong to.
    public static let connectorKey = "demo-erp"
    /// The key of the motor whose bearing wears out.
    public static let wearingDeviceKey = HaarlemLine.wearingKey
    /// The equipment number of that motor.
    public static let wearingEquipment = HaarlemLine.wearingEquipment

    /// The device types.
    public let profiles: [PlantDocument]
    /// The asset tree, parents before children.
    public let assets: [PlantDocument]
    /// The devices.
    public let devices: [PlantDocument]
    /// The alarm rules.
    public let rules: [PlantDocument]
    /// The names of all equipment numbers, for the ERP simulator.
    public let equipmentNames: [String: String]

    private let fleet: [PlantDevice]
    private let indices: [String: Int]

    /// Makes the plant; another seed gives the same plant with other noise.
    public init(seed: UInt64 = 1) {
        var builder = PlantBuilder(seed: seed)
        builder.group("lowland-foods", "Lowland Foods", level: "enterprise", parent: nil, at: nil)
        HaarlemLine.add(to: &builder)
        Greenhouse.add(to: &builder)
        Office.add(to: &builder)
        WaterDistrict.add(to: &builder)
        Silos.add(to: &builder)
        Trucks.add(to: &builder)
        profiles = PlantProfile.all.map(\.document)
        assets = builder.assets
        fleet = builder.devices
        devices = fleet.map(\.document)
        rules = PlantRules.documents
        equipmentNames = builder.equipmentNames
        indices = Dictionary(fleet.enumerated().map { ($1.key, $0) }) { first, _ in first }
    }

    /// How many devices there are; their indices are 0 up to it, in the order of ``devices``.
    public var deviceCount: Int { fleet.count }

    /// The index of a device.
    public func index(ofDevice key: String) -> Int? { indices[key] }

    /// The key of a device, which is also its identifier on the wire.
    public func key(ofDevice index: Int) -> String { fleet[index].key }

    /// The keys of a device's metrics, in the order of its values.
    public func metricKeys(ofDevice index: Int) -> [String] { fleet[index].profile.metrics.map(\.key) }

    /// What a device measures at a time, in the order of its profile's metrics.
    public func values(ofDevice index: Int, at time: Timestamp, course: PlantCourse = .history) -> [PlantValue] {
        fleet[index].signal.values(at: PlantInstant(time, course: course))
    }

    /// The payload of a device at a time: `{"ts": milliseconds, metric: value, …}`.
    public func reading(ofDevice index: Int, at time: Timestamp, course: PlantCourse) -> JSONValue {
        // The values are those of the time that is written, which has milliseconds.
        let time = Timestamp(milliseconds: time.milliseconds)
        var object: JSONObject = ["ts": .integer(time.milliseconds)]
        let values = values(ofDevice: index, at: time, course: course)
        for (metric, value) in zip(fleet[index].profile.metrics, values) { object[metric.key] = value.json }
        return .object(object)
    }

    /// The payload of a device at a time, when nothing was ever repaired.
    ///
    /// - Parameters:
    ///   - deviceKey: the device.
    ///   - time: the source time.
    ///   - liveSince: when wear began; nil for healthy history.
    /// - Returns: the payload; null for an unknown device.
    public func reading(of deviceKey: String, at time: Timestamp, liveSince: Timestamp?) -> JSONValue {
        guard let index = indices[deviceKey] else { return .null }
        return reading(ofDevice: index, at: time, course: PlantCourse(liveSince: liveSince))
    }

    /// The healthy history of a device in increasing time, made while it is iterated.
    ///
    /// - Parameters:
    ///   - index: the device.
    ///   - start: the first time.
    ///   - end: where it ends, exclusive.
    ///   - step: seconds between samples; at least a microsecond.
    /// - Returns: one sample per step.
    public func history(
        ofDevice index: Int,
        from start: Timestamp,
        to end: Timestamp,
        step: Double
    ) -> some Sequence<PlantSample> {
        let signal = fleet[index].signal
        let interval = max(1, Int64((step * 1_000_000).rounded()))
        return stride(from: start.microseconds, to: end.microseconds, by: Int64.Stride(interval)).lazy.map { time in
            let time = Timestamp(microseconds: time)
            return PlantSample(time: time, values: signal.values(at: PlantInstant(time, course: .history)))
        }
    }
}
