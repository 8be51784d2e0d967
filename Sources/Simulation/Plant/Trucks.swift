/// Six refrigerated trucks on their ways between Dutch cities.
enum Trucks {
    static func add(to builder: inout PlantBuilder) {
        builder.group("fleet", "Refrigerated fleet", level: "site", parent: "lowland-foods", at: (51.92800, 4.41400))
        for (index, (name, route)) in Route.dutch.enumerated() {
            builder.unit(
                "truck-\(index + 1)",
                "Truck \(index + 1) \(name)",
                parent: "fleet",
                at: (51.92800 + 0.0003 * Double(index), 4.41400 + 0.0003 * Double(index)),
                equipment: "EQ-300\(index + 1)",
                profile: .truck
            ) { Truck(noise: $0, route: route) }
        }
    }
}

/// A truck that drives along a route and back, with a stop at each end: position, cargo temperature, speed.
struct Truck: DeviceSignal {
    let noise: Noise
    let route: Route

    /// Metres per second on the motorway: 79 km/h.
    private static let cruise = 22.0
    /// Seconds from standing to cruising.
    private static let ramp = 60.0
    /// Seconds at each end.
    private static let stop = 900.0

    /// Where in its trip a truck is.
    private struct Motion {
        /// Metres from the route's beginning.
        var distance: Double
        /// Metres per second.
        var speed: Double
        /// How much of a stop has passed, 0 to 1; 0 while driving.
        var stopped: Double
    }

    func values(at instant: PlantInstant) -> [PlantValue] {
        let seconds = instant.seconds
        let motion = motion(at: seconds)
        let place = route.point(at: motion.distance)
        // The doors are open at a stop, and the cargo warms up a little.
        let doors = 1.6 * Ramp.smooth(2 * motion.stopped) * Ramp.smooth(2 - 2 * motion.stopped)
        let cargo =
            2.6 + 0.8 * noise.constant(1) + doors + 0.5 * noise.smooth(2, at: seconds, period: 1_500)
            + 0.05 * noise.smooth(3, at: seconds, period: 8)
        let speed = motion.speed * 3.6 * (1 + 0.015 * noise.smooth(4, at: seconds, period: 20))
        return [
            .position(latitude: degrees(place.latitude), longitude: degrees(place.longitude)),
            .rounded(cargo), .rounded(speed, decimals: 1),
        ]
    }

    private func motion(at seconds: Double) -> Motion {
        let drive = route.length / Self.cruise + Self.ramp
        let half = drive + Self.stop
        let time = (seconds + noise.constant(5) * 2 * half).truncatingRemainder(dividingBy: 2 * half)
        let isReturning = time >= half
        let passed = isReturning ? time - half : time
        guard passed < drive else {
            return Motion(
                distance: isReturning ? 0 : route.length,
                speed: 0,
                stopped: (passed - drive) / Self.stop
            )
        }
        // Whichever is less: the way since the start, or the way left before the end, at constant acceleration.
        let fraction = min(1, min(passed, drive - passed) / Self.ramp)
        let way: Double
        if passed < Self.ramp {
            way = Self.cruise * passed * passed / (2 * Self.ramp)
        } else if passed > drive - Self.ramp {
            let left = drive - passed
            way = route.length - Self.cruise * left * left / (2 * Self.ramp)
        } else {
            way = Self.cruise * (passed - Self.ramp / 2)
        }
        return Motion(
            distance: isReturning ? route.length - way : way,
            speed: Self.cruise * fraction,
            stopped: 0
        )
    }

    /// Degrees with five decimals, about a metre.
    private func degrees(_ value: Double) -> Double { (value * 100_000).rounded() / 100_000 }
}
