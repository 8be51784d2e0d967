import Foundation

/// A water district in the Green Heart: eight pumping stations.
enum WaterDistrict {
    private static let stations: [(name: String, latitude: Double, longitude: Double)] = [
        ("Gouda", 52.0110, 4.7000), ("Alphen aan den Rijn", 52.1270, 4.6520), ("Leiden", 52.1560, 4.4870),
        ("Zoetermeer", 52.0610, 4.4930), ("Woerden", 52.0850, 4.8830), ("Bodegraven", 52.0850, 4.7480),
        ("Waddinxveen", 52.0450, 4.6480), ("Boskoop", 52.0740, 4.6510),
    ]

    static func add(to builder: inout PlantBuilder) {
        builder.group(
            "green-heart",
            "Green Heart water",
            level: "site",
            parent: "lowland-foods",
            at: (52.08300, 4.66500)
        )
        for (index, station) in stations.enumerated() {
            builder.unit(
                "green-heart-station-\(index + 1)",
                "\(station.name) pumping station",
                parent: "green-heart",
                at: (station.latitude, station.longitude),
                equipment: "EQ-500\(index + 1)",
                profile: .waterStation
            ) { WaterStation(noise: $0) }
        }
    }
}

/// A pumping station: flow, pressure, and the total volume, which is the integral of the flow without its noise.
struct WaterStation: DeviceSignal {
    let noise: Noise

    /// Seconds since the Unix epoch at which the counters were at 0: 2020-01-01.
    private static let origin = 1_577_836_800.0
    private static let day = 86_400.0

    func values(at instant: PlantInstant) -> [PlantValue] {
        let seconds = instant.seconds
        let mean = 90 + 120 * noise.constant(1)
        // Most is drawn in the day, with crests at 8 and 20 o'clock.
        let draw = 1 + 0.32 * instant.wave(crest: 14) + 0.28 * instant.wave(crest: 8, perDay: 2)
        let flow =
            mean * draw
            * (1 + 0.03 * noise.smooth(2, at: seconds, period: 1_200) + 0.008 * noise.smooth(3, at: seconds, period: 4))
        let pressure =
            4.5 - 0.5 * draw + 0.12 * noise.smooth(4, at: seconds, period: 1_800)
            + 0.02 * noise.smooth(5, at: seconds, period: 3)
        let local = seconds + 3_600
        func integral(crest: Double, perDay: Double) -> Double {
            let speed = 2 * .pi * perDay / Self.day
            return sin((local - crest * 3_600).truncatingRemainder(dividingBy: Self.day) * speed) / speed
        }
        let total =
            mean / 3_600
            * (seconds - Self.origin + 0.32 * integral(crest: 14, perDay: 1) + 0.28 * integral(crest: 8, perDay: 2))
        return [.rounded(flow, decimals: 1), .rounded(pressure), .rounded(total, decimals: 3)]
    }
}
