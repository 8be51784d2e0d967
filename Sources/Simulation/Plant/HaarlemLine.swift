import Foundation
import Primitives

/// A factory in Haarlem: three packaging lines of eight motors, of which one has a bearing that wears out.
enum HaarlemLine {
    static let wearingKey = "haarlem-line-1-motor-07"
    static let wearingEquipment = "EQ-1107"

    private static let lines = ["Bottling line", "Canning line", "Pouch line"]
    private static let roles = [
        "infeed conveyor", "rinser pump", "filler drive", "capper drive", "labeller drive", "shrink tunnel fan",
        "palletiser drive", "wrapper drive",
    ]

    static func add(to builder: inout PlantBuilder) {
        builder.group(
            "haarlem",
            "Haarlem factory",
            level: "site",
            parent: "lowland-foods",
            at: (52.39640, 4.65580)
        )
        builder.group(
            "haarlem-packaging",
            "Packaging hall",
            level: "area",
            parent: "haarlem",
            at: (52.39650, 4.65600)
        )
        for (index, line) in lines.enumerated() {
            let number = index + 1
            let latitude = 52.39710 - 0.00060 * Double(index)
            let lineKey = "haarlem-line-\(number)"
            builder.group(
                lineKey,
                "\(line) \(number)",
                level: "line",
                parent: "haarlem-packaging",
                at: (latitude, 4.65480)
            )
            for (position, role) in roles.enumerated() {
                let key = "\(lineKey)-motor-0\(position + 1)"
                let equipment = "EQ-1\(number)0\(position + 1)"
                builder.unit(
                    key,
                    "Line \(number) \(role)",
                    parent: lineKey,
                    at: (
                        latitude + (position.isMultiple(of: 2) ? 0.00008 : -0.00008),
                        4.65490 + 0.00032 * Double(position)
                    ),
                    equipment: equipment,
                    profile: .motor
                ) { noise in
                    Motor(
                        noise: noise,
                        wear: key == wearingKey ? Wear(equipment: equipment) : nil,
                        stopsAtNight: number == 3
                    )
                }
            }
        }
    }
}

/// A motor with a sensor on its bearing: temperature, vibration, current, running.
struct Motor: DeviceSignal {
    let noise: Noise
    /// The wear of its bearing; nil for one that stays healthy.
    let wear: Wear?
    /// Whether it rests from 1 to 4 in the night for cleaning.
    let stopsAtNight: Bool

    func values(at instant: PlantInstant) -> [PlantValue] {
        let seconds = instant.seconds
        let isRunning = !(stopsAtNight && (1..<4).contains(instant.hour))
        // A stopped motor cools down over its rest, and warms up again in the hour after it.
        let rest = stopsAtNight ? instant.window(1...5, flank: 1) : 0
        let load = 1 + 0.06 * instant.wave(crest: 15) + 0.04 * noise.smooth(1, at: seconds, period: 1_800)
        let healthy =
            wear == nil ? 46 + 10 * noise.constant(2) + 2 * instant.wave(crest: 16) : 54.5 + instant.wave(crest: 16)
        let jitter = 0.25 * noise.smooth(3, at: seconds, period: 5)
        let drift = 0.8 * noise.smooth(4, at: seconds, period: 900)
        var temperature = healthy + drift + (22 - healthy) * rest
        var vibration = 1.4 + 1.2 * noise.constant(5) + 0.25 * noise.smooth(6, at: seconds, period: 600)
        var current = (9 + 7 * noise.constant(7)) * load
        if let damage = wear?.damage(at: instant), damage > 0 {
            temperature += damage * (90 - temperature)
            vibration += pow(damage, 1.5) * (9.6 - vibration)
            current *= 1 + 0.18 * damage
        }
        vibration += 0.1 * noise.smooth(8, at: seconds, period: 2)
        current += 0.15 * noise.smooth(9, at: seconds, period: 3)
        return [
            .rounded(temperature + jitter), .rounded(isRunning ? vibration : 0.05),
            .rounded(isRunning ? current : 0), .flag(isRunning),
        ]
    }
}
