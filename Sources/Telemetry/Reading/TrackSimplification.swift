import Assets
import Foundation
import Primitives

/// One position of a track.
public struct TrackPoint: Hashable, Sendable {
    /// Degrees east.
    public var longitude: Double
    /// Degrees north.
    public var latitude: Double
    /// Source time.
    public var time: Timestamp

    /// Makes a position.
    public init(longitude: Double, latitude: Double, time: Timestamp) {
        self.longitude = longitude
        self.latitude = latitude
        self.time = time
    }
}

/// Simplifies lines after Douglas and Peucker (Cartographica 10, 1973): no point of the line lies farther than the
/// tolerance from what is kept.
///
/// Distances are metres on an equirectangular projection around each piece, which is right to a fraction of a percent
/// over the tens of kilometres that a piece of a track has.
enum TrackSimplification {
    /// The mean radius of the Earth in metres (IUGG).
    private static let radius = 6_371_008.8
    /// Longer lines are simplified in pieces, since the work can grow with the square of the length.
    static let longestPiece = 2_000

    /// The points to keep, the first and the last among them.
    static func simplify(_ points: [TrackPoint], tolerance: Double) -> [TrackPoint] {
        guard points.count > 2, tolerance > 0 else { return points }
        var kept: [TrackPoint] = [points[0]]
        var start = 0
        while start < points.count - 1 {
            let end = min(start + longestPiece, points.count - 1)
            kept += piece(points[start...end], tolerance: tolerance).dropFirst()
            start = end
        }
        return kept
    }

    private static func piece(_ points: ArraySlice<TrackPoint>, tolerance: Double) -> [TrackPoint] {
        let all = Array(points)
        let scale = cos(all[0].latitude * .pi / 180)
        let plane = all.map { point -> (x: Double, y: Double) in
            // The short way around the antimeridian.
            let east = (point.longitude - all[0].longitude).remainder(dividingBy: 360)
            return (
                x: east * .pi / 180 * radius * scale, y: (point.latitude - all[0].latitude) * .pi / 180 * radius
            )
        }
        var keeps = [Bool](repeating: false, count: all.count)
        keeps[0] = true
        keeps[all.count - 1] = true
        var open = [(0, all.count - 1)]
        while let (first, last) = open.popLast() {
            var farthest = (index: 0, distance: tolerance)
            for index in (first + 1)..<max(first + 1, last) {
                let distance = distance(plane[index], plane[first], plane[last])
                if distance > farthest.distance { farthest = (index, distance) }
            }
            if farthest.index > 0 {
                keeps[farthest.index] = true
                open.append((first, farthest.index))
                open.append((farthest.index, last))
            }
        }
        return all.indices.compactMap { keeps[$0] ? all[$0] : nil }
    }

    /// From a point to a line segment.
    static func distance(
        _ point: (x: Double, y: Double),
        _ first: (x: Double, y: Double),
        _ last: (x: Double, y: Double)
    ) -> Double {
        let (dx, dy) = (last.x - first.x, last.y - first.y)
        let square = dx * dx + dy * dy
        let share = square == 0 ? 0 : ((point.x - first.x) * dx + (point.y - first.y) * dy) / square
        let place = min(1, max(0, share))
        return hypot(point.x - first.x - place * dx, point.y - first.y - place * dy)
    }
}
