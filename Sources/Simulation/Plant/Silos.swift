/// Two raw material silos in Rotterdam, whose levels drive the stock in the ERP.
enum Silos {
    static func add(to builder: inout PlantBuilder) {
        builder.group(
            "rotterdam",
            "Rotterdam raw materials",
            level: "site",
            parent: "lowland-foods",
            at: (51.93050, 4.41000)
        )
        for (index, material) in ["PET granulate", "Corn starch"].enumerated() {
            builder.unit(
                "rotterdam-silo-\(index + 1)",
                "Silo \(index + 1) \(material)",
                parent: "rotterdam",
                at: (51.93050 + 0.0006 * Double(index), 4.40960 + 0.0010 * Double(index)),
                equipment: "EQ-600\(index + 1)",
                profile: .silo
            ) { Silo(noise: $0, dosePeriod: index == 0 ? 15 : 18) }
        }
    }
}

/// A silo on load cells: level and temperature.
///
/// It empties over two days. In live operation it also gives a dose of 60 kg every `dosePeriod` seconds, and what was
/// dosed is filled up again after 100 doses.
struct Silo: DeviceSignal {
    let noise: Noise
    /// Seconds from one dose to the next.
    let dosePeriod: Double

    /// The mass of a dose in kilograms.
    static let dose = 60.0
    /// How many doses there are before the silo is filled up again.
    static let doses = 100.0
    private static let doseLength = 3.0
    private static let fillLength = 120.0
    private static let emptying = 172_800.0

    func values(at instant: PlantInstant) -> [PlantValue] {
        let turn = instant.seconds / Self.emptying + noise.constant(1)
        let phase = turn - turn.rounded(.down)
        let slow = phase < 0.96 ? 24_000 - 14_000 * phase / 0.96 : 10_000 + 14_000 * Ramp.smooth((phase - 0.96) / 0.04)
        let level = slow - dosed(after: instant.liveSeconds ?? 0)
        let temperature =
            16 + 1.5 * instant.wave(crest: 17) + 0.5 * noise.smooth(2, at: instant.seconds, period: 7_200)
        return [.rounded(level, decimals: 0), .rounded(temperature, decimals: 1)]
    }

    private func dosed(after live: Double) -> Double {
        let length = Self.doses * dosePeriod
        let time = live.truncatingRemainder(dividingBy: length + Self.fillLength)
        guard time < length else { return Self.dose * Self.doses * (1 - (time - length) / Self.fillLength) }
        let count = (time / dosePeriod).rounded(.down)
        let within = time - count * dosePeriod
        // The dose is given at the end of its period, so that live operation begins where history ended.
        let part = max(0, within - (dosePeriod - Self.doseLength)) / Self.doseLength
        return Self.dose * (count + part)
    }
}
