import Foundation

/// A way along a polyline of WGS 84 points.
struct Route: Sendable {
    private let points: [(latitude: Double, longitude: Double)]
    /// Metres from the first point to each point.
    private let distances: [Double]

    init(_ points: [(latitude: Double, longitude: Double)]) {
        self.points = points
        var sum = 0.0
        distances = points.indices.map { index in
            if index > 0 { sum += Self.metres(from: points[index - 1], to: points[index]) }
            return sum
        }
    }

    /// The whole length in metres.
    var length: Double { distances.last ?? 0 }

    /// The point so many metres from the beginning.
    func point(at distance: Double) -> (latitude: Double, longitude: Double) {
        let next = distances.firstIndex { $0 > distance } ?? points.count - 1
        let previous = max(0, next - 1)
        let span = distances[next] - distances[previous]
        let part = span > 0 ? min(1, max(0, (distance - distances[previous]) / span)) : 0
        let (from, to) = (points[previous], points[next])
        return (
            from.latitude + part * (to.latitude - from.latitude),
            from.longitude + part * (to.longitude - from.longitude)
        )
    }

    /// The distance of two near points on a sphere with the earth's mean radius.
    static func metres(
        from: (latitude: Double, longitude: Double),
        to: (latitude: Double, longitude: Double)
    ) -> Double {
        let degree = 6_371_008.8 * Double.pi / 180
        let north = (to.latitude - from.latitude) * degree
        let east = (to.longitude - from.longitude) * degree * cos((from.latitude + to.latitude) / 2 * .pi / 180)
        return (north * north + east * east).squareRoot()
    }
}

extension Route {
    /// Motorways between Dutch cities, with the way points that keep them on land or on a bridge.
    static let dutch: [(name: String, route: Route)] = [
        (
            "Rotterdam–Utrecht",
            Route([
                (51.9300, 4.4150), (51.9400, 4.4600), (51.9480, 4.5100), (51.9460, 4.5600), (51.9640, 4.6150),
                (52.0180, 4.6900), (52.0630, 4.7500), (52.0740, 4.8800), (52.0720, 5.0300), (52.0680, 5.0630),
                (52.1030, 5.0680),
            ])
        ),
        (
            "Amsterdam–Westland",
            Route([
                (52.3890, 4.8370), (52.3600, 4.8430), (52.3380, 4.7950), (52.3080, 4.7480), (52.2820, 4.7000),
                (52.2240, 4.6420), (52.1900, 4.6080), (52.1480, 4.5320), (52.0870, 4.4080), (52.0530, 4.3850),
                (52.0130, 4.3330), (51.9940, 4.2090),
            ])
        ),
        (
            "Utrecht–Eindhoven",
            Route([
                (52.0570, 5.0830), (51.9950, 5.0900), (51.9600, 5.1400), (51.8830, 5.2600), (51.8150, 5.2700),
                (51.7400, 5.3150), (51.6950, 5.3500), (51.5950, 5.3500), (51.5110, 5.3800), (51.4520, 5.4280),
            ])
        ),
        (
            "Amersfoort–Groningen",
            Route([
                (52.1640, 5.4010), (52.2200, 5.4950), (52.2650, 5.5550), (52.3080, 5.5950), (52.3400, 5.6400),
                (52.3650, 5.7900), (52.4130, 5.8900), (52.4600, 6.0000), (52.4980, 6.0800), (52.6900, 6.1900),
                (52.7280, 6.4700), (52.8600, 6.5000), (52.9900, 6.5500), (53.2010, 6.5700),
            ])
        ),
        (
            "Rotterdam–Breda",
            Route([
                (51.8850, 4.5250), (51.8700, 4.6000), (51.8300, 4.7800), (51.8450, 4.9000), (51.8450, 4.9700),
                (51.8180, 4.9650), (51.7400, 4.9000), (51.6500, 4.8600), (51.5950, 4.7900),
            ])
        ),
        (
            "Haarlem–Enschede",
            Route([
                (52.3930, 4.6600), (52.3700, 4.7000), (52.3370, 4.7800), (52.2950, 4.8500), (52.2950, 4.9600),
                (52.3270, 4.9900), (52.3250, 5.0500), (52.2950, 5.1600), (52.2500, 5.2200), (52.1750, 5.4500),
                (52.1700, 5.6000), (52.1900, 5.9500), (52.2300, 6.1600), (52.2700, 6.4500), (52.2500, 6.7600),
                (52.2200, 6.8500),
            ])
        ),
    ]
}
