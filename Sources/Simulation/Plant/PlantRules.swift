import Primitives

/// The alarm rules of the plant.
///
/// In normal operation only wear and a crowded meeting room raise alarms.
enum PlantRules {
    static let documents = [
        rule(
            "bearing-overheating",
            "Bearing overheating",
            .motor,
            severity: "high",
            condition: "temperature > 80",
            hold: "PT5S",
            clear: "temperature < 70"
        ),
        rule(
            "vibration-high",
            "Vibration high",
            .motor,
            severity: "medium",
            condition: "vibration > 7.1",
            hold: "PT10S",
            clear: "vibration < 5"
        ),
        rule(
            "soil-dry",
            "Soil too dry",
            .soilProbe,
            severity: "low",
            condition: "moisture < 18",
            hold: "PT10M",
            clear: "moisture > 22"
        ),
        rule(
            "cargo-warm",
            "Cargo too warm",
            .truck,
            severity: "critical",
            condition: "cargoTemperature > 7",
            hold: "PT1M",
            clear: "cargoTemperature < 5.5"
        ),
        rule(
            "pressure-low",
            "Water pressure low",
            .waterStation,
            severity: "high",
            condition: "pressure < 2",
            hold: "PT30S",
            clear: "pressure > 2.5"
        ),
        rule(
            "co2-high",
            "Room needs fresh air",
            .room,
            severity: "low",
            condition: "co2 > 1200",
            hold: "PT10S",
            clear: "co2 < 1000"
        ),
        rule(
            "silo-low",
            "Silo nearly empty",
            .silo,
            severity: "medium",
            condition: "level < 2000",
            hold: "PT1M",
            clear: "level > 3000"
        ),
    ]

    private static func rule(
        _ key: String,
        _ name: String,
        _ profile: PlantProfile,
        severity: String,
        condition: String,
        hold: String,
        clear: String
    ) -> PlantDocument {
        PlantDocument(
            key: key,
            document: [
                "name": .string(name), "profile": .string(profile.key), "severity": .string(severity),
                "condition": .string(condition), "for": .string(hold), "clear": .string(clear),
            ]
        )
    }
}
