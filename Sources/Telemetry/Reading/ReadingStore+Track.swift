import Assets
import Primitives

/// A vehicle's way, simplified.
public struct Track: Sendable {
    /// Lines; a new one begins after a silence.
    public var segments: [[TrackPoint]]
    /// How many positions it was made of.
    public var total: Int
    /// How far left-out positions lie from it at most, in metres.
    public var tolerance: Double
    /// Whether there were more positions than are looked at; the track ends early then.
    public var isCut: Bool
}

extension ReadingStore {
    /// Most positions that one track is made of.
    static let mostPositions = 500_000

    /// The positions of a location metric, simplified to `tolerance` metres and split where nothing was reported for
    /// longer than three expected intervals (five minutes when none is expected).
    public func track(
        device: Device,
        metric: Metric,
        from: Timestamp,
        to: Timestamp,
        tolerance: Double
    ) async throws -> Track {
        let interval = plant.snapshot.profile(of: device)?.reportingInterval
        let silence = interval.map { $0 * Self.gapIntervals } ?? 300
        var segments: [[TrackPoint]] = []
        var (total, isCut) = (0, false)
        try await rows(of: device).stream(from: from, to: to, in: pool) { readings in
            for reading in readings {
                guard let latitude = reading.values[metric.ordinal],
                    let longitude = reading.values[metric.ordinal + 1]
                else { continue }
                if total == Self.mostPositions {
                    isCut = true
                    continue
                }
                total += 1
                let point = TrackPoint(longitude: longitude, latitude: latitude, time: reading.timestamp)
                if let last = segments.last?.last, point.time.seconds(since: last.time) <= silence {
                    segments[segments.count - 1].append(point)
                } else {
                    segments.append([point])
                }
            }
        }
        return Track(
            segments: segments.map { TrackSimplification.simplify($0, tolerance: tolerance) },
            total: total,
            tolerance: tolerance,
            isCut: isCut
        )
    }
}
