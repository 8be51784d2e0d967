import Assets
import ERPConnectors
import Primitives
import Testing

@testable import ERP

@Suite struct MeterTests {
    /// Runs values, one a minute unless told otherwise, through a meter and gives its bookings.
    private struct Run {
        var meter: Meter
        var maxAge = MappingDefinition.defaultMaxAge
        var state: MeterState?
        var reference = 0.0
        var last = Timestamp(microseconds: 0)
        var bookings: [String] = []

        init(
            _ operation: ERPOperation,
            counter: Bool,
            step: Double? = nil,
            deadBand: Double = 0,
            factor: Double = 1,
            window: Int64 = 60,
            rollover: Double? = nil
        ) {
            let length = ISODuration(milliseconds: window * 60_000)
            let metering = Metering(window: length, step: step, deadBand: deadBand, factor: factor)
            meter = Meter(metering, operation, isCounter: counter, rollover: rollover)
        }

        mutating func take(_ value: Double, minute: Int64, delay: Double = 0, counts: Bool = true) {
            let time = Timestamp(milliseconds: minute * 60_000)
            let received = time.adding(seconds: delay)
            guard var state else {
                state = meter.begin(value, MetricValues(slots: [value]), receivedAt: received)
                reference = value
                last = time
                return
            }
            let outcome = meter.close(&state, last: last, next: time, receivedAt: received, maxAge: maxAge)
            switch outcome {
            case .nothing: break
            case .belowStep: bookings.append("below step")
            case .tooOld: bookings.append("too old")
            case .booked(let booking):
                let start = booking.window.start.milliseconds / 60_000
                bookings.append("\(start): \(JSONValue.text(of: booking.value))")
            }
            meter.take(value, &state, reference: &reference, counts: counts)
            self.state = state
            last = time
        }
    }

    @Test func aCounterIsBookedWindowByWindow() {
        var run = Run(.stockConsume, counter: true)
        for (minute, value) in [(0, 100.0), (30, 107), (59, 110), (60, 111), (90, 115), (120, 115), (200, 115)] {
            run.take(value, minute: Int64(minute))
        }
        #expect(run.bookings == ["0: 10", "60: 5"], "an hour without a change books nothing")
    }

    @Test func windowsStandOnTheClock() {
        var run = Run(.stockConsume, counter: true, window: 1_440)
        run.take(0, minute: 1_439)
        run.take(5, minute: 1_440)
        #expect(run.bookings == [], "the first reading of a device is where counting begins")
        var early = Run(.stockConsume, counter: true)
        early.take(0, minute: -30)
        early.take(3, minute: -1)
        early.take(3, minute: 0)
        #expect(early.bookings == ["-60: 3"])
    }

    @Test func aResetCountsFromZeroAndAGapIsNotSpread() {
        var run = Run(.stockReceive, counter: true)
        run.take(90, minute: 0)
        run.take(100, minute: 10)
        run.take(4, minute: 20)
        run.take(6, minute: 70)
        run.take(500, minute: 600)
        run.take(500, minute: 700)
        #expect(run.bookings == ["0: 14", "60: 2", "600: 494"])
    }

    @Test(arguments: [ERPOperation.stockConsume, .stockReceive])
    func aCounterIsBookedOverItsRollover(operation: ERPOperation) {
        var run = Run(operation, counter: true, rollover: 65_536)
        run.take(65_500, minute: 0)
        run.take(65_535, minute: 30)
        run.take(9, minute: 40)
        run.take(9, minute: 60)
        run.take(3, minute: 70)
        run.take(3, minute: 120)
        #expect(run.bookings == ["0: 45", "60: 3"], "35, 1 + 9; from 9 to 3 is no way over the end, but a reset")
    }

    @Test func aMeterGoesOnOverItsRollover() {
        var run = Run(.meterRecord, counter: true, factor: 2, rollover: 1_000)
        run.take(900, minute: 0)
        run.take(990, minute: 30)
        run.take(5, minute: 70)
        run.take(800, minute: 130)
        run.take(100, minute: 190)
        run.take(100, minute: 250)
        #expect(run.bookings == ["0: 1980", "60: 2010", "120: 3600", "180: 4200"])
    }

    @Test func noiseAroundTheRolloverIsNoConsumption() {
        var run = Run(.stockConsume, counter: true, deadBand: 5, rollover: 65_536)
        run.take(65_534, minute: 0)
        for minute in 1..<50 { run.take(minute % 2 == 0 ? 65_534 : 1, minute: Int64(minute)) }
        run.take(4, minute: 55)
        run.take(4, minute: 60)
        #expect(run.bookings == ["0: 6"], "3 is less than the dead band, 6 is not")
    }

    @Test func stepsCarryTheRest() {
        var run = Run(.stockConsume, counter: true, step: 5, factor: 0.5)
        run.take(0, minute: 0)
        run.take(9, minute: 30)
        run.take(9, minute: 60)
        run.take(33, minute: 90)
        run.take(33, minute: 120)
        run.take(34, minute: 130)
        run.take(34, minute: 180)
        #expect(run.bookings == ["below step", "60: 15", "below step"], "4.5; 16.5 → 15; 1.5 and 0.5")
        var tenths = Run(.stockConsume, counter: true, step: 0.1)
        tenths.take(0, minute: 0)
        for minute in 1...3 { tenths.take(Double(minute) * 0.1, minute: Int64(minute)) }
        tenths.take(0.3, minute: 60)
        #expect(tenths.bookings.count == 1 && tenths.bookings[0].hasPrefix("0: 0.3"), "\(tenths.bookings)")
    }

    @Test func levelsAreBookedByTheirDirection() {
        let course: [(Int64, Double)] = [(0, 50), (10, 45), (20, 60), (30, 58), (60, 58)]
        var consumed = Run(.stockConsume, counter: false)
        var received = Run(.stockReceive, counter: false)
        for (minute, value) in course {
            consumed.take(value, minute: minute)
            received.take(value, minute: minute)
        }
        #expect(consumed.bookings == ["0: 7"] && received.bookings == ["0: 15"])
    }

    @Test func noiseWithinTheDeadBandIsNoConsumption() {
        var run = Run(.stockConsume, counter: false, deadBand: 1)
        for minute in 0..<60 { run.take(minute % 2 == 0 ? 50 : 50.6, minute: Int64(minute)) }
        run.take(49.5, minute: 60)
        run.take(48.4, minute: 70)
        run.take(48.4, minute: 120)
        #expect(run.bookings.count == 1 && run.bookings[0].hasPrefix("60: 1.6"), "slow change counts in the end")
    }

    @Test func whatTheConditionForbidsDoesNotCount() {
        var run = Run(.stockConsume, counter: true)
        run.take(0, minute: 0)
        run.take(5, minute: 10, counts: false)
        run.take(7, minute: 20)
        run.take(7, minute: 60)
        #expect(run.bookings == ["0: 2"])
    }

    @Test func oldWindowsWaitForAFreshOne() {
        var run = Run(.stockConsume, counter: true)
        run.take(0, minute: 0)
        run.take(5, minute: 30)
        run.take(8, minute: 90, delay: 2 * 86_400)
        run.take(9, minute: 150)
        #expect(run.bookings == ["too old", "60: 8"], "nothing is lost and nothing booked long after")
    }

    @Test func aMeterGoesOnOverResets() {
        var run = Run(.meterRecord, counter: true, factor: 2)
        run.take(100, minute: 0)
        run.take(110, minute: 30)
        run.take(3, minute: 70)
        run.take(3, minute: 130)
        run.take(3, minute: 200)
        #expect(run.bookings == ["0: 220", "60: 226"], "unchanged meters are not recorded again")
        var gauge = Run(.meterRecord, counter: false, step: 10)
        for (minute, value) in [(0, 20.0), (60, 25), (120, 31), (180, 12), (240, 12)] {
            gauge.take(value, minute: Int64(minute))
        }
        #expect(gauge.bookings == ["0: 20", "below step", "120: 31", "180: 12"])
    }
}
