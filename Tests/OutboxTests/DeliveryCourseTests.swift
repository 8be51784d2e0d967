import ERP
import ERPConnectors
import Primitives
import Testing

@testable import Outbox

/// The outbox's decisions: given what is known of a delivery and how a call went, what follows.
@Suite struct DeliveryCourseTests {
    static let start = Timestamp(milliseconds: 1_790_000_000_000)

    static func course(
        uncertain: Bool = false,
        attempts: Int = 1,
        startedAt: Timestamp? = nil,
        canLookUp: Bool = true,
        isRepeatable: Bool = false,
        settle: Double = 60
    ) -> DeliveryCourse {
        DeliveryCourse(
            isUncertain: uncertain,
            attempts: attempts,
            attemptStartedAt: startedAt,
            canLookUp: canLookUp,
            isRepeatable: isRepeatable,
            settle: settle
        )
    }

    struct StepCase: Sendable, CustomTestStringConvertible {
        var uncertain: Bool
        var canLookUp: Bool
        var isRepeatable: Bool
        var step: DeliveryStep

        var testDescription: String { "uncertain \(uncertain), look-up \(canLookUp), repeatable \(isRepeatable)" }
    }

    @Test(arguments: [
        StepCase(uncertain: false, canLookUp: false, isRepeatable: false, step: .perform),
        StepCase(uncertain: false, canLookUp: false, isRepeatable: true, step: .perform),
        StepCase(uncertain: false, canLookUp: true, isRepeatable: false, step: .perform),
        StepCase(uncertain: false, canLookUp: true, isRepeatable: true, step: .perform),
        StepCase(uncertain: true, canLookUp: false, isRepeatable: false, step: .giveUp),
        StepCase(uncertain: true, canLookUp: false, isRepeatable: true, step: .perform),
        StepCase(uncertain: true, canLookUp: true, isRepeatable: false, step: .lookUp),
        StepCase(uncertain: true, canLookUp: true, isRepeatable: true, step: .lookUp),
    ])
    func theStepFollowsFromWhatIsKnown(_ given: StepCase) {
        let course = Self.course(
            uncertain: given.uncertain,
            canLookUp: given.canLookUp,
            isRepeatable: given.isRepeatable
        )
        #expect(course.step == given.step)
    }

    struct CallCase: Sendable, CustomTestStringConvertible {
        var outcome: CallOutcome
        var canLookUp = true
        var isRepeatable = false
        var verdict: DeliveryVerdict

        var testDescription: String { "\(outcome), look-up \(canLookUp), repeatable \(isRepeatable)" }
    }

    @Test(arguments: [
        CallCase(outcome: .done(externalID: "7"), verdict: .delivered(externalID: "7")),
        CallCase(outcome: .done(externalID: nil), verdict: .delivered(externalID: nil)),
        CallCase(
            outcome: .refused(reason: "http-422", detail: "no"),
            verdict: .dead(reason: "http-422", detail: "no", mayHaveHappened: false)
        ),
        CallCase(
            outcome: .transient(reason: "http-503", detail: "busy", retryAfter: nil),
            verdict: .waiting(until: start.adding(seconds: 2), reason: "http-503", detail: "busy")
        ),
        CallCase(
            outcome: .transient(reason: "http-429", detail: "slow down", retryAfter: 90),
            verdict: .waiting(until: start.adding(seconds: 90), reason: "http-429", detail: "slow down")
        ),
        CallCase(
            outcome: .transient(reason: "refused", detail: "", retryAfter: nil),
            canLookUp: false,
            verdict: .waiting(until: start.adding(seconds: 2), reason: "refused", detail: "")
        ),
        CallCase(
            outcome: .uncertain(reason: "time-out", detail: "20 s"),
            verdict: .uncertain(until: start.adding(seconds: 2), reason: "time-out", detail: "20 s")
        ),
        CallCase(
            outcome: .uncertain(reason: "time-out", detail: "20 s"),
            canLookUp: false,
            isRepeatable: true,
            verdict: .uncertain(until: start.adding(seconds: 2), reason: "time-out", detail: "20 s")
        ),
        CallCase(
            outcome: .uncertain(reason: "time-out", detail: "20 s"),
            canLookUp: false,
            verdict: .dead(reason: "outcome-unknown", detail: "time-out: 20 s", mayHaveHappened: true)
        ),
    ])
    func theVerdictFollowsFromTheCall(_ given: CallCase) {
        let course = Self.course(canLookUp: given.canLookUp, isRepeatable: given.isRepeatable)
        #expect(course.verdict(after: given.outcome, at: Self.start, jitter: 1) == given.verdict)
    }

    @Test func aFoundOrderIsDelivered() {
        let course = Self.course(uncertain: true, startedAt: Self.start)
        let verdict = course.verdict(after: .found(externalID: "7"), begun: Self.start, at: Self.start, jitter: 1)
        #expect(verdict == .delivered(externalID: "7"))
    }

    @Test func aFailedLookUpLeavesItUncertain() {
        let course = Self.course(uncertain: true, attempts: 3, startedAt: Self.start)
        let now = Self.start.adding(seconds: 1_000)
        let verdict = course.verdict(
            after: .failed(reason: "http-500", detail: "", retryAfter: nil),
            begun: now,
            at: now,
            jitter: 1
        )
        #expect(verdict == .uncertain(until: now.adding(seconds: 8), reason: "http-500", detail: ""))
    }

    struct SettleCase: Sendable, CustomTestStringConvertible {
        /// Seconds from the start of the uncertain call to that of the look-up.
        var begun: Double
        var settle = 60.0
        var attempts = 2
        /// Seconds from the start of the uncertain call to the next step; nil when it is sent again at once.
        var next: Double?

        var testDescription: String { "look-up after \(begun) s of \(settle), attempt \(attempts)" }
    }

    @Test(arguments: [
        SettleCase(begun: 60, next: nil),
        SettleCase(begun: 61, next: nil),
        SettleCase(begun: 0, settle: 0, next: nil),
        SettleCase(begun: 1, next: 1.5 + 4),
        // The look-up ends after the settle time, but its answer may be older than that: asked again at once.
        SettleCase(begun: 59.9, next: 60.4),
        // The next look-up is no later than needed.
        SettleCase(begun: 40, attempts: 6, next: 60),
    ])
    func notFoundCountsOnlyAfterTheSettleTime(_ given: SettleCase) {
        let course = Self.course(
            uncertain: true,
            attempts: given.attempts,
            startedAt: Self.start,
            settle: given.settle
        )
        let begun = Self.start.adding(seconds: given.begun)
        let now = begun.adding(seconds: 0.5)
        let verdict = course.verdict(after: .notFound, begun: begun, at: now, jitter: 1)
        if let next = given.next {
            guard case .uncertain(let until, "not-found-yet", _) = verdict else {
                Issue.record("\(verdict)")
                return
            }
            #expect(until == Self.start.adding(seconds: next))
        } else {
            guard case .waiting(now, "not-found", _) = verdict else {
                Issue.record("\(verdict)")
                return
            }
        }
    }

    @Test func nobodyGuessesWhenNothingCanBeKnown() {
        let course = Self.course(uncertain: true, canLookUp: false)
        guard case .dead("outcome-unknown", _, true) = course.outcomeUnknown else {
            Issue.record("\(course.outcomeUnknown)")
            return
        }
    }
}

@Suite struct RetryDelayTests {
    @Test(arguments: zip([1, 2, 3, 7, 8, 9, 50, Int.max], [2.0, 4, 8, 128, 256, 300, 300, 300]))
    func itDoublesUpToFiveMinutes(attempts: Int, longest: Double) {
        #expect(RetryDelay().seconds(after: attempts, jitter: 1) == longest)
        #expect(RetryDelay().seconds(after: attempts, jitter: 0) == longest / 2)
    }

    @Test func theERPsWishIsNeverUndercut() {
        let delay = RetryDelay()
        #expect(delay.seconds(after: 1, jitter: 1, asked: 30) == 30)
        #expect(delay.seconds(after: 1, jitter: 1, asked: 0.5) == 2)
        #expect(delay.seconds(after: 1, jitter: 1, asked: -3) == 2)
        #expect(delay.seconds(after: 1, jitter: 1, asked: .nan) == 2)
        #expect(delay.seconds(after: 1, jitter: 1, asked: 1e12) == 86_400)
    }
}

@Suite struct CircuitBreakerTests {
    static let start = Timestamp(milliseconds: 0)

    static var open: CircuitBreaker {
        var breaker = CircuitBreaker(threshold: 10, probeInterval: 10)
        for _ in 1...10 { breaker.fail(at: start) }
        return breaker
    }

    @Test func itOpensAfterTenSuccessiveFailures() {
        var breaker = CircuitBreaker(threshold: 10, probeInterval: 10)
        for _ in 1...9 { breaker.fail(at: Self.start) }
        #expect(breaker.allowance(of: 4, inFlight: 3, at: Self.start) == 4)
        breaker.succeed()
        for _ in 1...9 { breaker.fail(at: Self.start) }
        #expect(!breaker.isOpen)
        breaker.fail(at: Self.start)
        #expect(breaker.isOpen)
        #expect(breaker.allowance(of: 4, inFlight: 0, at: Self.start) == 0)
    }

    @Test func itProbesOneAtATime() {
        var breaker = Self.open
        let due = Self.start.adding(seconds: 10)
        #expect(breaker.allowance(of: 4, inFlight: 0, at: Self.start.adding(seconds: 9.9)) == 0)
        #expect(breaker.allowance(of: 4, inFlight: 0, at: due) == 1)
        #expect(breaker.allowance(of: 4, inFlight: 1, at: due) == 0)
        breaker.fail(at: due)
        #expect(breaker.allowance(of: 4, inFlight: 0, at: due.adding(seconds: 9)) == 0)
        #expect(breaker.allowance(of: 4, inFlight: 0, at: due.adding(seconds: 10)) == 1)
        breaker.succeed()
        #expect(breaker.allowance(of: 4, inFlight: 0, at: due) == 4)
    }

    @Test func aClockThatIsSetBackDoesNotHoldTheProbeUp() {
        #expect(Self.open.allowance(of: 4, inFlight: 0, at: Self.start.adding(seconds: -3_600)) == 1)
    }
}

@Suite struct CallPlacesTests {
    private static func wish(_ id: Int32, _ places: Int) -> CallAllotment {
        CallAllotment(connectorID: id, places: places)
    }

    @Test func theBoundForOneConnectorHolds() {
        var places = CallPlaces(perConnector: 4, total: 16)
        for _ in 1...3 { places.take(1) }
        #expect(places.free(for: 1) == 1)
        #expect(places.free(for: 2) == 4)
        places.giveBack(1)
        #expect(places.free(for: 1) == 2)
    }

    @Test func scarcePlacesAreDividedEvenly() {
        var places = CallPlaces(perConnector: 4, total: 6)
        places.take(9)
        let shares = places.share([Self.wish(1, 4), Self.wish(2, 4), Self.wish(3, 1)])
        #expect(shares.map(\.places).reduce(0, +) == 5)
        #expect(shares.allSatisfy { $0.places <= 2 })
        #expect(shares.first { $0.connectorID == 3 }?.places == 1)
    }

    @Test func everyConnectorComesFirstInTurn() {
        var places = CallPlaces(perConnector: 4, total: 1)
        let wishes = [Self.wish(1, 4), Self.wish(2, 4)]
        let first = places.share(wishes)
        let second = places.share(wishes)
        #expect(first.count == 1 && second.count == 1)
        #expect(first != second)
    }

    @Test func nothingIsGivenWithoutWishesOrPlaces() {
        var places = CallPlaces(perConnector: 1, total: 1)
        #expect(places.share([]).isEmpty)
        places.take(1)
        #expect(places.share([Self.wish(2, 1)]).isEmpty)
    }
}

@Suite struct OrderLinkTests {
    @Test func theNumberIsPutIntoTheTemplate() {
        let template = "http://erp.test/orders/${id}?of=${id}"
        #expect(OrderLink.make(template: template, externalID: "42") == "http://erp.test/orders/42?of=42")
        #expect(
            OrderLink.make(template: template, externalID: "WO/0 1é")
                == "http://erp.test/orders/WO%2F0%201%C3%A9?of=WO%2F0%201%C3%A9"
        )
    }

    @Test func onlyWebAddressesBecomeLinks() {
        #expect(OrderLink.make(template: nil, externalID: "1") == nil)
        #expect(OrderLink.make(template: "javascript:alert(${id})", externalID: "1") == nil)
    }
}
