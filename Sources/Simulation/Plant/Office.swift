/// An office building in Utrecht: eight rooms on two floors.
enum Office {
    private static let rooms = [
        "Reception", "Meeting room Dom", "Open office west", "Open office east", "Boardroom", "Meeting room Gracht",
        "Laboratory", "Canteen",
    ]

    static func add(to builder: inout PlantBuilder) {
        builder.group("utrecht", "Utrecht office", level: "site", parent: "lowland-foods", at: (52.08760, 5.10830))
        for floor in 1...2 {
            let area = "utrecht-floor-\(floor)"
            builder.group(
                area,
                "Floor \(floor)",
                level: "area",
                parent: "utrecht",
                at: (52.08760 + 0.0004 * (Double(floor) - 1.5), 5.10830)
            )
            for position in 0..<4 {
                let name = rooms[(floor - 1) * 4 + position]
                builder.unit(
                    "\(area)-room-\(position + 1)",
                    name,
                    parent: area,
                    at: (
                        52.08760 + 0.0004 * (Double(floor) - 1.5) + (position.isMultiple(of: 2) ? 0.0001 : -0.0001),
                        5.10770 + 0.0004 * Double(position)
                    ),
                    equipment: "EQ-4\(floor)0\(position + 1)",
                    profile: .room
                ) { Room(noise: $0, isCrowded: name == "Meeting room Dom") }
            }
        }
    }
}

/// A room: occupied, CO₂, temperature, set point.
struct Room: DeviceSignal {
    let noise: Noise
    /// Whether, in live operation, too many people meet here now and then.
    let isCrowded: Bool

    /// Seconds between the beginnings of crowded meetings.
    static let meetingPeriod = 540.0
    /// How long a crowded meeting is felt, in seconds.
    static let meetingLength = 180.0

    func values(at instant: PlantInstant) -> [PlantValue] {
        let seconds = instant.seconds
        let isWorkday = instant.weekday < 5
        let hours = isWorkday ? instant.window(7.5...18.5, flank: 1.5) : 0
        let lunch = 0.3 * instant.window(12...13.5, flank: 0.5)
        let interest = 0.6 + 0.4 * noise.smooth(1, at: seconds, period: 2_700)
        let people = max(0, hours * (1 - lunch) * interest)
        let meeting = meeting(at: instant)
        var co2 = 430 + 480 * people + 12 * noise.smooth(2, at: seconds, period: 30)
        co2 += meeting * (1_320 - co2)
        let comfort = isWorkday ? instant.window(5...19, flank: 2) : 0
        let temperature =
            18.4 + 2.6 * comfort + 0.5 * people + 0.4 * meeting + 0.3 * noise.smooth(3, at: seconds, period: 3_600)
            + 0.03 * noise.smooth(4, at: seconds, period: 10)
        let isComfortable = isWorkday && (6..<18).contains(instant.hour)
        return [
            .flag(people > 0.25 || meeting > 0.2), .rounded(co2, decimals: 0), .rounded(temperature),
            .number(isComfortable ? 21 : 18),
        ]
    }

    /// How much a crowded meeting is felt, 0 to 1; the first one begins minutes after the plant went live.
    private func meeting(at instant: PlantInstant) -> Double {
        guard isCrowded, let live = instant.liveSeconds else { return 0 }
        let phase = live.truncatingRemainder(dividingBy: Self.meetingPeriod)
        let begin = Self.meetingPeriod - Self.meetingLength - 120
        return Ramp.smooth((phase - begin) / 45) * Ramp.smooth((begin + Self.meetingLength - phase) / 90)
    }
}
