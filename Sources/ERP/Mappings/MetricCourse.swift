import Assets
import Primitives

/// What a metric mapping does with the readings of a device, one after the other: pure, and the same for what comes in
/// and for history.
final class MetricCourse: Sendable {
    let document: MappingDocument
    private let origin: CauseOrigin
    let compiled: Result<CompiledMapping, InvalidInput>
    private let trigger: MetricTrigger
    private let ordinal: Int
    private let rollover: Double?
    private let meter: Meter?
    private let leastChange: Double?
    private let maxAge: ISODuration
    /// What a value is multiplied by when it becomes a figure; 1 when it does not become one.
    private let factor: Double

    /// What a reading led to.
    struct Step: Sendable {
        /// What is remembered from now on; nil when nothing changed.
        var mark: MetricMark?
        /// What a delivery is to be made of.
        var cause: DeliveryCause?
        /// Why there is none, although there was a reason for one.
        var suppressed: SuppressionReason?
    }

    /// Makes a course; nil when the mapping has no metric trigger or the device's profile has no such metric.
    init?(
        _ document: MappingDocument,
        _ device: Device,
        _ plant: PlantSnapshot,
        _ compiled: Result<CompiledMapping, InvalidInput>
    ) {
        guard let trigger = document.mapping.definition.metric,
            let metric = plant.profile(of: device)?.metric(trigger.metric)
        else { return nil }
        self.document = document
        origin = CauseOrigin(device, in: plant)
        self.compiled = compiled
        self.trigger = trigger
        ordinal = metric.ordinal
        rollover = metric.rollover
        let definition = document.mapping.definition
        leastChange = [trigger.minChange, definition.options.deadBand].compactMap(\.self).max()
        maxAge = definition.maxAge
        factor = OperationDefaults.valueField(definition.operation) == nil ? 1 : definition.options.factor ?? 1
        meter = definition.metering.map {
            Meter($0, definition.operation, isCounter: metric.kind == .counter, rollover: metric.rollover)
        }
    }

    /// Takes a reading.
    func take(_ reading: Reading, after mark: MetricMark?) -> Step {
        guard let value = reading.values[ordinal] else { return Step() }
        if let meter { return book(value, reading, mark, meter) }
        let isNews = trigger.fires(
            value,
            at: reading.timestamp,
            after: mark,
            leastChange: leastChange,
            rollover: rollover
        )
        guard isNews else { return Step() }
        if reading.receivedAt.seconds(since: reading.timestamp) > maxAge.seconds { return Step(suppressed: .maxAge) }
        let cause = cause(reading.values, reading.timestamp, reading.receivedAt, value: value * factor)
        guard holds(reading.values, { cause }) else { return Step(suppressed: .condition) }
        return Step(mark: MetricMark(value: value, timestamp: reading.timestamp), cause: cause)
    }

    private func book(_ value: Double, _ reading: Reading, _ mark: MetricMark?, _ meter: Meter) -> Step {
        guard var mark, var state = mark.meter else {
            let state = meter.begin(value, reading.values, receivedAt: reading.receivedAt)
            return Step(mark: MetricMark(value: value, timestamp: reading.timestamp, meter: state))
        }
        // The same reading again, with values that it lacked before, is no news of this metric.
        guard reading.timestamp > mark.timestamp else { return Step() }
        var step = Step()
        let outcome = meter.close(
            &state,
            last: mark.timestamp,
            next: reading.timestamp,
            receivedAt: reading.receivedAt,
            maxAge: maxAge
        )
        switch outcome {
        case .nothing: break
        case .belowStep: step.suppressed = .step
        case .tooOld: step.suppressed = .maxAge
        case .booked(let booking):
            step.cause = cause(
                state.values,
                mark.timestamp,
                state.receivedAt,
                value: booking.value,
                window: booking.window
            )
        }
        let counts = holds(reading.values) { cause(reading.values, reading.timestamp, reading.receivedAt) }
        meter.take(value, &state, reference: &mark.value, counts: counts)
        state.values = reading.values
        state.receivedAt = reading.receivedAt
        mark.timestamp = reading.timestamp
        mark.meter = state
        step.mark = mark
        return step
    }

    /// Whether the mapping's condition holds; one that cannot be compiled makes dead deliveries, which tell why.
    private func holds(_ values: MetricValues, _ cause: () -> DeliveryCause) -> Bool {
        guard case .success(let compiled) = compiled, compiled.hasCondition else { return true }
        if compiled.conditionNeedsReadingOnly { return compiled.holds(over: values) }
        return compiled.holds(cause().names(document, compiled, link: ""))
    }

    private func cause(
        _ values: MetricValues,
        _ timestamp: Timestamp,
        _ receivedAt: Timestamp,
        value: Double? = nil,
        window: MeterWindow? = nil
    ) -> DeliveryCause {
        DeliveryCause(
            origin: origin,
            values: values,
            timestamp: timestamp,
            receivedAt: receivedAt,
            value: value,
            window: window
        )
    }
}

extension MetricTrigger {
    /// Whether a value makes a delivery after the last one.
    ///
    /// Event time counts; late values never do. A counter's change is that over its roll-over value. `leastChange` is the
    /// larger of the trigger's and the mapping's dead band; nil when any change counts.
    func fires(
        _ value: Double,
        at timestamp: Timestamp,
        after last: MetricMark?,
        leastChange: Double?,
        rollover: Double? = nil
    ) -> Bool {
        guard let last else { return true }
        guard timestamp > last.timestamp,
            timestamp.microseconds - last.timestamp.microseconds >= minInterval.milliseconds * 1_000
        else { return false }
        guard let least = leastChange else { return value != last.value }
        // A change of exactly the least one must not be lost to rounding.
        let slack = max(abs(value), abs(last.value), 1) * 1e-12
        let step = CounterStep(from: last.value, to: value, rollover: rollover)
        return abs(step.distance(value - last.value)) + slack >= least
    }
}
