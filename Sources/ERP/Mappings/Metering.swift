import Assets
import ERPConnectors
import Primitives

/// How a metric becomes bookings: in tumbling windows of source time, aligned to 1970-01-01T00:00:00Z.
struct Metering: Hashable, Sendable {
    /// The length of a window.
    var window: ISODuration
    /// The smallest quantity; nil for any.
    var step: Double?
    /// Changes smaller than this are noise.
    var deadBand: Double
    /// ERP units per metric unit.
    var factor: Double

    /// The default window: an hour.
    static let defaultWindow = ISODuration(milliseconds: 3_600_000)

    /// The window that a time belongs to.
    func window(at time: Timestamp) -> MeterWindow {
        let length = max(1, window.milliseconds) * 1_000
        let (quotient, remainder) = time.microseconds.quotientAndRemainder(dividingBy: length)
        let start = (remainder < 0 ? quotient - 1 : quotient) * length
        return MeterWindow(
            start: Timestamp(microseconds: start),
            end: Timestamp(microseconds: start + length)
        )
    }
}

/// A stretch of source time, its end exclusive.
struct MeterWindow: Hashable, Sendable {
    var start: Timestamp
    var end: Timestamp
}

/// What is read off a metric.
enum MeterReading: Hashable, Sendable {
    /// Increases, as ``CounterStep`` judges them: over the roll-over value, and from zero after a reset.
    case counter
    /// What went out of a level.
    case decrease
    /// What came into a level.
    case increase
    /// The value itself.
    case value

    /// What an operation reads off a kind of metric.
    init(_ operation: ERPOperation, isCounter: Bool) {
        switch (operation, isCounter) {
        case (_, true): self = .counter
        case (.stockConsume, false): self = .decrease
        case (.stockReceive, false): self = .increase
        default: self = .value
        }
    }
}

/// Where the bookings of a device stand: all that is needed to go on after a crash.
struct MeterState: Hashable, Sendable {
    /// What is not booked as yet, in the metric's unit.
    var amount = 0.0
    /// The meter's reading, in the metric's unit: goes on where the counter rolls over or is reset.
    var total: Double
    /// What was recorded last of ``total``; nil before the first.
    var recorded: Double?
    /// The reading that was seen last.
    var values: MetricValues
    /// When that reached us.
    var receivedAt: Timestamp
}

/// The course of one device's meter, computed reading by reading; pure.
struct Meter: Hashable, Sendable {
    let metering: Metering
    let reading: MeterReading
    /// Where the counter rolls over; nil when it does not.
    let rollover: Double?
    /// Whether the meter's reading is recorded, and not the quantity since the last time.
    let records: Bool

    /// What a window came to.
    struct Booking: Hashable, Sendable {
        var window: MeterWindow
        /// The quantity, or the meter's reading, in the ERP's unit.
        var value: Double
    }

    /// What the end of a window led to.
    enum Outcome: Hashable, Sendable {
        /// The window goes on, or nothing happened in it.
        case nothing
        case booked(Booking)
        /// Less than a step: it waits for the next window.
        case belowStep
        /// The window ended too long before anything told so: it waits for the next window.
        case tooOld
    }

    init(_ metering: Metering, _ operation: ERPOperation, isCounter: Bool, rollover: Double? = nil) {
        self.metering = metering
        self.rollover = isCounter ? rollover : nil
        reading = MeterReading(operation, isCounter: isCounter)
        records = operation == .meterRecord
    }

    /// The state after the first reading of a device: what was before is unknown and not booked.
    func begin(_ value: Double, _ values: MetricValues, receivedAt: Timestamp) -> MeterState {
        MeterState(total: value, values: values, receivedAt: receivedAt)
    }

    /// Ends the window of the last reading if a new one belongs to a later window.
    func close(
        _ state: inout MeterState,
        last: Timestamp,
        next: Timestamp,
        receivedAt: Timestamp,
        maxAge: ISODuration
    ) -> Outcome {
        let window = metering.window(at: last)
        guard next >= window.end else { return .nothing }
        let isOld = receivedAt.seconds(since: window.end) > maxAge.seconds
        if records { return record(&state, window, isOld: isOld) }
        guard state.amount > 0 else { return .nothing }
        if isOld { return .tooOld }
        let whole = state.amount * metering.factor
        var quantity = whole
        if let step = metering.step {
            // Ten steps of 0.1 are 1, whatever their binary sum is.
            quantity = (whole / step + 1e-9).rounded(.down) * step
        }
        guard quantity > 0, quantity.isFinite else { return .belowStep }
        state.amount = metering.step == nil ? 0 : max(0, state.amount - quantity / metering.factor)
        return .booked(Booking(window: window, value: quantity))
    }

    private func record(_ state: inout MeterState, _ window: MeterWindow, isOld: Bool) -> Outcome {
        let value = state.total * metering.factor
        guard value.isFinite, state.recorded != state.total else { return .nothing }
        if let recorded = state.recorded, let step = metering.step,
            abs(state.total - recorded) * metering.factor < step * (1 - 1e-9)
        {
            return .belowStep
        }
        if isOld { return .tooOld }
        state.recorded = state.total
        return .booked(Booking(window: window, value: value))
    }

    /// Takes a value that is newer than all before.
    ///
    /// - Parameters:
    ///   - value: the metric's value.
    ///   - state: where the bookings stand.
    ///   - reference: the value from which changes count; moves with it.
    ///   - counts: whether the mapping's condition holds; if not, only the reference moves.
    func take(_ value: Double, _ state: inout MeterState, reference: inout Double, counts: Bool) {
        let step = CounterStep(from: reference, to: value, rollover: rollover)
        let change = step.distance(value - reference)
        guard change.isFinite else { return }
        if abs(change) < metering.deadBand { return }
        if reading == .value, !counts { return }
        reference = value
        guard counts else { return }
        switch reading {
        case .counter:
            state.amount += step.increase
            state.total += step.increase
        case .decrease: state.amount += max(0, -change)
        case .increase: state.amount += max(0, change)
        case .value: state.total = value
        }
        if !state.amount.isFinite { state.amount = 0 }
        if !state.total.isFinite { state.total = value }
    }
}

extension CounterStep {
    /// How far apart two values are, whose difference is given: over the roll-over value where that was passed.
    func distance(_ difference: Double) -> Double {
        if case .rollover(let increase) = self { increase } else { difference }
    }
}

extension ISODuration {
    /// The length in seconds.
    var seconds: Double { Double(milliseconds) / 1_000 }
}
