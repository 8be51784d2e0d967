import Foundation
import Primitives

@testable import ChartPicture

/// Pictures of every sort of course.
enum PictureExamples {
    static let raised = Timestamp(rfc3339: "2026-12-01T10:15:32Z") ?? Timestamp(microseconds: 0)
    static let from = raised.adding(seconds: -3_600)
    static let to = raised.adding(seconds: 900)

    /// Values at equal distances.
    static func points(_ count: Int, _ value: (Int) -> Double?) -> [ChartPanel.Point] {
        let width = to.seconds(since: from) / Double(max(1, count - 1))
        return (0..<count).map { ChartPanel.Point(from.adding(seconds: Double($0) * width), value($0)) }
    }

    static func picture(_ title: String, _ panels: [ChartPanel]) -> ChartPicture {
        ChartPicture(
            title: title,
            subtitle: "Bearing overheats (high): temperature > 80 · Motor 04 · Line 2",
            from: from,
            to: to,
            mark: .init(raised, "alarm raised"),
            panels: panels
        )
    }

    static let gauge = picture(
        "Motor 04",
        [
            ChartPanel(
                name: "Temperature",
                unit: "°C",
                points: points(300) { 70 + Double($0) * 0.045 + sin(Double($0) / 9) * 1.7 },
                thresholds: [.init(80, "> 80")]
            )
        ]
    )

    static let all: [(name: String, picture: ChartPicture)] = [
        ("gauge", gauge),
        (
            "state",
            picture(
                "Press 7 · mode",
                [
                    ChartPanel(
                        name: "Mode",
                        course: .states(["fault", "idle", "running"]),
                        points: points(60) { $0 < 20 ? 2 : $0 < 28 ? nil : $0 < 48 ? 1 : 0 }
                    )
                ]
            )
        ),
        (
            "counter",
            picture("Packer 2", [ChartPanel(name: "Pieces", points: points(200) { 1_204_300 + Double($0 * 7) })])
        ),
        (
            "gaps",
            picture(
                "Pump 7",
                [
                    ChartPanel(
                        name: "Vibration",
                        unit: "mm/s",
                        points: points(120) {
                            (30..<55).contains($0) || $0 == 80 || $0 == 82 ? nil : 4 + cos(Double($0))
                        }
                    )
                ]
            )
        ),
        (
            "two-readings",
            picture("Silo 3", [ChartPanel(name: "Level", unit: "%", points: points(2) { [62, 18][$0] })])
        ),
        ("one-reading", picture("Silo 3", [ChartPanel(name: "Level", unit: "%", points: points(1) { _ in 62 })])),
        ("none", picture("Silo 3", [ChartPanel(name: "Level", unit: "%", points: [])])),
        (
            "huge-and-tiny",
            picture(
                "Laboratory",
                [
                    ChartPanel(
                        name: "Resistance",
                        unit: "Ω",
                        points: points(90) { 3.2e12 + 4e11 * sin(Double($0) / 8) }
                    ),
                    ChartPanel(
                        name: "Leak rate",
                        unit: "mbar·l/s",
                        points: points(90) { 2e-9 + 1e-9 * cos(Double($0) / 5) }
                    ),
                ]
            )
        ),
        (
            "four",
            picture(
                "Extruder 1",
                [
                    ChartPanel(name: "Zone 1", unit: "°C", points: points(400) { 180 + sin(Double($0) / 20) * 4 }),
                    ChartPanel(name: "Pressure", unit: "bar", points: points(400) { 95 - Double($0 % 50) / 5 }),
                    ChartPanel(name: "Screw", unit: "1/min", points: points(400) { _ in 42 }),
                    ChartPanel(
                        name: "Running",
                        course: .states(["false", "true"]),
                        points: points(400) { $0 < 350 ? 1 : 0 }
                    ),
                ]
            )
        ),
        (
            "buckets",
            picture(
                "Compressor",
                [
                    ChartPanel(
                        name: "Current",
                        unit: "A",
                        points: points(600) { 20 + sin(Double($0) / 40) * 6 }.map { point in
                            var point = point
                            point.low = (point.value ?? 0) - 3
                            point.high = (point.value ?? 0) + 5
                            return point
                        }
                    )
                ]
            )
        ),
        (
            "long-names",
            ChartPicture(
                title: String(repeating: "Circulation pump of the second cooling loop, hall north ", count: 6),
                subtitle: "Ελληνικά · Кириллица · Größe ≥ 5 µm · 汉字 · " + String(repeating: "and so on ", count: 30),
                from: from,
                to: to,
                mark: .init(raised, "alarm raised"),
                panels: [
                    ChartPanel(
                        name: String(repeating: "Temperature of the outer bearing ", count: 8),
                        unit: "°C",
                        course: .states(["a state with a name that is longer than any axis can take", "off"]),
                        points: points(9) { Double($0 % 2) }
                    )
                ]
            )
        ),
    ]
}
