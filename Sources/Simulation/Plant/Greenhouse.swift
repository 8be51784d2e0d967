/// A greenhouse in the Westland: ten soil probes in two compartments.
enum Greenhouse {
    static func add(to builder: inout PlantBuilder) {
        builder.group(
            "westland",
            "Westland greenhouse",
            level: "site",
            parent: "lowland-foods",
            at: (51.97900, 4.24200)
        )
        for compartment in 1...2 {
            let longitude = 4.24080 + 0.00240 * Double(compartment - 1)
            let area = "westland-compartment-\(compartment)"
            builder.group(
                area,
                compartment == 1 ? "Tomato compartment" : "Pepper compartment",
                level: "area",
                parent: "westland",
                at: (51.97900, longitude)
            )
            for bed in 1...5 {
                builder.unit(
                    "\(area)-bed-\(bed)",
                    "\(compartment == 1 ? "Tomato" : "Pepper") bed \(bed)",
                    parent: area,
                    at: (51.97780 + 0.00050 * Double(bed), longitude + (bed.isMultiple(of: 2) ? 0.0004 : -0.0004)),
                    equipment: "EQ-2\(compartment)0\(bed)",
                    profile: .soilProbe
                ) { SoilProbe(noise: $0) }
            }
        }
    }
}

/// A probe in a bed that is watered every morning: moisture and temperature of the soil.
struct SoilProbe: DeviceSignal {
    let noise: Noise

    func values(at instant: PlantInstant) -> [PlantValue] {
        let seconds = instant.seconds
        // Watered from 6 to 7; it then dries until the next morning.
        let sinceWatering = (instant.hour - 7 + 24).truncatingRemainder(dividingBy: 24)
        let watered = instant.hour >= 6 && instant.hour < 7 ? Ramp.smooth(instant.hour - 6) : 0
        let dryness = sinceWatering < 23 ? sinceWatering / 23 : 1 - watered
        let moisture =
            37 + 5 * noise.constant(1) - 11 * dryness + 0.8 * noise.smooth(2, at: seconds, period: 7_200)
            + 0.1 * noise.smooth(3, at: seconds, period: 10)
        let temperature =
            20.5 + noise.constant(4) + 2.2 * instant.wave(crest: 15.5)
            + 0.6 * noise.smooth(5, at: seconds, period: 5_400) + 0.05 * noise.smooth(6, at: seconds, period: 10)
        return [.rounded(moisture), .rounded(temperature)]
    }
}
