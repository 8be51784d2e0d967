import Primitives

/// A device type of the plant.
struct PlantProfile: Sendable {
    struct Metric: Sendable {
        var key: String
        var name: String
        var unit: String
        var kind: String
    }

    var key: String
    var name: String
    var metrics: [Metric]

    /// All of them report every second.
    var document: PlantDocument {
        let list = metrics.map { metric -> JSONValue in
            [
                "key": .string(metric.key), "name": .string(metric.name), "unit": .string(metric.unit),
                "kind": .string(metric.kind),
            ]
        }
        return PlantDocument(
            key: key,
            document: ["name": .string(name), "reportingInterval": 1, "metrics": .array(list)]
        )
    }

    private init(_ key: String, _ name: String, _ metrics: [(String, String, String, String)]) {
        self.key = key
        self.name = name
        self.metrics = metrics.map { Metric(key: $0.0, name: $0.1, unit: $0.2, kind: $0.3) }
    }

    static let motor = PlantProfile(
        "motor",
        "Motor with bearing sensor",
        [
            ("temperature", "Bearing temperature", "Cel", "gauge"), ("vibration", "Vibration", "mm/s", "gauge"),
            ("current", "Current", "A", "gauge"), ("running", "Running", "", "state"),
        ]
    )
    static let soilProbe = PlantProfile(
        "soil-probe",
        "Soil probe",
        [("moisture", "Soil moisture", "%", "gauge"), ("temperature", "Soil temperature", "Cel", "gauge")]
    )
    static let truck = PlantProfile(
        "refrigerated-truck",
        "Refrigerated truck",
        [
            ("position", "Position", "", "location"), ("cargoTemperature", "Cargo temperature", "Cel", "gauge"),
            ("speed", "Speed", "km/h", "gauge"),
        ]
    )
    static let room = PlantProfile(
        "room",
        "Room climate",
        [
            ("occupied", "Occupied", "", "state"), ("co2", "CO₂", "[ppm]", "gauge"),
            ("temperature", "Temperature", "Cel", "gauge"), ("setpoint", "Set point", "Cel", "gauge"),
        ]
    )
    static let waterStation = PlantProfile(
        "water-station",
        "Water pumping station",
        [
            ("flow", "Flow", "m3/h", "gauge"), ("pressure", "Pressure", "bar", "gauge"),
            ("total", "Total volume", "m3", "counter"),
        ]
    )
    static let silo = PlantProfile(
        "silo",
        "Raw material silo",
        [("level", "Level", "kg", "gauge"), ("temperature", "Temperature", "Cel", "gauge")]
    )

    static let all = [motor, soilProbe, truck, room, waterStation, silo]
}
