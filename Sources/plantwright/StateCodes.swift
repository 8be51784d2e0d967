import Assets
import PostgreSQL
import Primitives
import Simulation

/// Turns simulated values into stored ones, giving codes to state texts on the way.
struct StateCodes {
    let states: StateTexts
    let pool: PostgresPool

    /// The values of a reading; they come in the order of the profile's metrics.
    mutating func metricValues(_ values: [PlantValue], profile: Profile) async throws -> MetricValues {
        var result = MetricValues(count: profile.slotCount)
        for (metric, value) in zip(profile.metrics, values) {
            switch value {
            case .number(let number): result[metric.ordinal] = number
            case .flag(let flag): result[metric.ordinal] = flag ? 1 : 0
            case .text(let text):
                if states.code(of: text) == nil { try await states.register([text], in: pool) }
                result[metric.ordinal] = states.code(of: text).map(Double.init)
            case .position(let latitude, let longitude):
                result[metric.ordinal] = latitude
                result[metric.ordinal + 1] = longitude
            }
        }
        return result
    }
}
