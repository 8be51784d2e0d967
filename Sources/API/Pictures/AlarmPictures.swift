import Alarms
import Assets
import ChartPicture
import Expressions
import Foundation
import Primitives
import Telemetry

/// Draws the readings that raised an alarm.
///
/// Readings after the alarm are left out, so that every call draws the same picture.
public struct AlarmPictures: Sendable {
    private let alarms: AlarmStore
    private let readings: ReadingStore
    private let plant: PlantStore

    /// The most points of a course; what is more is drawn as average, lowest and highest value.
    private static let points = 1_200
    /// How much is shown before the alarm, in seconds, and how many reporting intervals where that is more.
    private static let before = 3_600.0
    private static let intervals = 60.0
    private static let longest = 7 * 86_400.0

    /// Makes a painter.
    public init(alarms: AlarmStore, readings: ReadingStore, plant: PlantStore) {
        self.alarms = alarms
        self.readings = readings
        self.plant = plant
    }

    /// The picture of an alarm: the metrics of its rule, up to the moment when it was raised.
    ///
    /// - Throws: ``ResourceFailure`` when there is no such alarm, or nothing to draw of it; `PostgresError`.
    public func picture(ofAlarm id: UUID) async throws -> (title: String, png: [UInt8]) {
        let alarm = try await alarms.alarm(id)
        let snapshot = plant.snapshot
        guard let device = snapshot.devices[alarm.deviceID], let profile = snapshot.profile(of: device) else {
            throw ResourceFailure.notFound("device of the alarm")
        }
        let condition = try await alarms.condition(of: alarm, profile: profile)
        let metrics = Array(condition.metrics.prefix(ChartPicture.maximumPanels))
        let span = min(max(Self.before, (profile.reportingInterval ?? 0) * Self.intervals), Self.longest)
        let from = alarm.raisedAt.adding(seconds: -span)
        let columns = try await readings.columns(
            device: device,
            metrics: metrics,
            from: from,
            // The reading that raised it is the last.
            to: Timestamp(microseconds: alarm.raisedAt.microseconds + 1),
            points: Self.points
        )
        guard !columns.times.isEmpty else { throw ResourceFailure.notFound("readings of the alarm's time") }
        let picture = ChartPicture(
            title: title(of: device, alarm, snapshot),
            subtitle: subtitle(of: alarm, condition),
            from: from,
            to: alarm.raisedAt.adding(seconds: span / 40),
            mark: .init(alarm.raisedAt, "alarm raised"),
            panels: columns.series.map { ChartPanel($0.metric, $0.column, columns.times, condition.comparisons) }
        )
        let metric = metrics.map(\.name).joined(separator: ", ")
        let title = "\(device.name): \(metric) before the alarm “\(alarm.ruleName)”"
        return (String(title.prefix(200)), try picture.png())
    }

    /// Asset and device; the key of one whose name has letters that pictures do not have.
    private func title(of device: Device, _ alarm: Alarm, _ snapshot: PlantSnapshot) -> String {
        func shown(_ name: String, _ key: String) -> String { ChartPicture.hasLetters(for: name) ? name : key }
        let asset = alarm.assetID.flatMap { snapshot.assets[$0] }.map { shown($0.name, $0.key) }
        let name = shown(device.name, device.key)
        guard let asset, asset != name else { return name }
        return "\(asset) · \(name)"
    }

    private func subtitle(of alarm: Alarm, _ condition: AlarmCondition) -> String {
        let rule = ChartPicture.hasLetters(for: alarm.ruleName) ? alarm.ruleName : alarm.ruleKey
        let what = "\(rule) (\(alarm.severity.rawValue))"
        return condition.text.map { "\(what): \($0)" } ?? what
    }
}

extension ChartPanel {
    /// The course of a metric as charts read it.
    init(
        _ metric: Metric,
        _ column: ReadingColumns.Column,
        _ times: [Timestamp],
        _ comparisons: [NumericComparison]
    ) {
        var thresholds: [Threshold] = []
        for comparison in comparisons where comparison.name == metric.key {
            let value = JSONValue.text(of: comparison.value)
            let threshold = Threshold(comparison.value, "rule: \(comparison.symbol) \(value)")
            if !thresholds.contains(threshold) { thresholds.append(threshold) }
        }
        let name = ChartPicture.hasLetters(for: metric.name) ? metric.name : metric.key
        switch column {
        case .buckets(let low, let high, let average, _):
            let points = times.indices.map { Point(times[$0], average[$0], low: low[$0], high: high[$0]) }
            self.init(name: name, unit: UnitSign.of(metric.unit), points: points, thresholds: thresholds)
        case .values(let values) where metric.kind == .state:
            let texts = values.map { $0.string ?? ($0.isNull ? nil : $0.text) }
            let states = Set(texts.compactMap { $0 }).sorted()
            let points = zip(times, texts).map { time, text in
                Point(time, text.flatMap { states.firstIndex(of: $0) }.map(Double.init))
            }
            self.init(name: name, course: .states(states), points: points)
        case .values(let values):
            let points = zip(times, values).map { Point($0, $1.double) }
            self.init(name: name, unit: UnitSign.of(metric.unit), points: points, thresholds: thresholds)
        }
    }
}

/// Units as people write them, like those of the browser's charts (`Public/app/core/format.js`).
enum UnitSign {
    private static let signs = [
        "1": "", "Cel": "°C", "[degF]": "°F", "m3": "m³", "m3/h": "m³/h", "m2": "m²", "m/s2": "m/s²",
        "[ppm]": "ppm", "Ohm": "Ω", "deg": "°", "kW.h": "kWh", "W/m2": "W/m²", "{rpm}": "rpm", "{count}": "",
        "{persons}": "people", "umol/(m2.s)": "µmol/m²s", "g/m3": "g/m³", "[in_i]": "in", "ug/m3": "µg/m³",
        "kg/m3": "kg/m³",
    ]

    /// The sign of a UCUM code.
    static func of(_ code: String) -> String {
        if let sign = signs[code] { return sign }
        let isAnnotation = code.hasPrefix("{") && code.hasSuffix("}")
        return (isAnnotation ? String(code.dropFirst().dropLast()) : code).replacing(".", with: "·")
    }
}
