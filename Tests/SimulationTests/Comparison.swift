import Primitives
import Simulation

/// A rule's condition of the form `metric < number` or `metric > number`, evaluated without the expression language.
struct Comparison {
    struct NotSimple: Error {}

    let metric: String
    private let isAbove: Bool
    private let limit: Double

    init(_ text: String) throws {
        let words = text.split(separator: " ")
        guard words.count == 3, words[1] == ">" || words[1] == "<", let limit = Double(words[2]) else {
            throw NotSimple()
        }
        metric = String(words[0])
        isAbove = words[1] == ">"
        self.limit = limit
    }

    func holds(for value: PlantValue) -> Bool {
        guard case .number(let number) = value else { return false }
        return isAbove ? number > limit : number < limit
    }
}

extension PlantModel {
    /// The conditions of the rules that concern a device, with the places of their metrics.
    func conditions(ofDevice index: Int) throws -> [(rule: String, metric: Int, comparison: Comparison)] {
        let profile = devices[index].document["profile"]
        return try rules.filter { $0.document["profile"] == profile }.compactMap { rule in
            let comparison = try Comparison(rule.document["condition"]?.string ?? "")
            guard let metric = metricKeys(ofDevice: index).firstIndex(of: comparison.metric) else { return nil }
            return (rule.key, metric, comparison)
        }
    }

    /// The number that a device reports for a metric.
    func number(_ metric: String, of device: String, at time: Timestamp, course: PlantCourse) -> Double? {
        guard let index = index(ofDevice: device) else { return nil }
        return reading(ofDevice: index, at: time, course: course)[metric]?.double
    }
}
