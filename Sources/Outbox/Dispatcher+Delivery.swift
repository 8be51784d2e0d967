import ERP
import ERPConnectors
import Foundation
import Logging
import Observability
import PostgreSQL
import Primitives

/// A leased delivery with the connector to call.
struct DeliveryCall: ConnectorCall {
    var delivery: LeasedDelivery
    var runtime: ConnectorRuntime
    /// Gives the place back to others before the end is written down: the ERP has answered.
    var giveBack: @Sendable () -> Void = {}

    var connectorID: Int32 { delivery.connectorID }

    func course(delay: RetryDelay) -> DeliveryCourse {
        // An operation that the connector no longer has ends with its refusal.
        let traits = runtime.connector.traits(of: delivery.operation) ?? OperationTraits()
        return DeliveryCourse(
            isUncertain: delivery.wasUncertain,
            attempts: delivery.attempts,
            attemptStartedAt: delivery.attemptStartedAt,
            canLookUp: traits.canLookUp,
            isRepeatable: traits.isRepeatable,
            settle: runtime.settle,
            delay: delay
        )
    }
}

extension Dispatcher {
    /// One attempt, from its committed start to its committed outcome.
    func deliver(_ call: DeliveryCall) async {
        let course = call.course(delay: configuration.delay)
        let step = course.step
        if step == .giveUp { return await settle(call, course.outcomeUnknown, nil) }
        var call = call
        if call.delivery.operation.needsTarget {
            guard let known = await withTarget(call) else { return }
            call = known
        }
        if call.delivery.operation == .workOrderAttach, step == .perform {
            guard let drawn = await withPicture(call, course) else { return }
            call = drawn
        }
        if step == .lookUp { await lookUp(call, course) } else { await perform(call, course) }
    }

    private func perform(_ call: DeliveryCall, _ course: DeliveryCourse) async {
        let purpose = CallPurpose(performing: call.delivery.operation)
        if call.delivery.isBegun {
            note(.began(purpose))
        } else {
            guard await begin(call, purpose, at: clock.now) else { return }
        }
        let report = await call.runtime.connector.perform(call.delivery.order)
        let outcome = report.outcome
        let ended = clock.now
        observe(call.runtime, answered: outcome.isAnswer)
        let verdict = course.verdict(after: outcome, at: ended, jitter: random())
        await settle(call, verdict, AttemptEnd(outcome, at: ended, report.trace))
    }

    private func lookUp(_ call: DeliveryCall, _ course: DeliveryCourse) async {
        let begun = clock.now
        guard await begin(call, .lookUp, at: begun) else { return }
        let report = await call.runtime.connector.lookUp(call.delivery.order)
        let outcome = report.outcome
        let ended = clock.now
        observe(call.runtime, answered: outcome.isAnswer)
        let verdict = course.verdict(after: outcome, begun: begun, at: ended, jitter: random())
        await settle(call, verdict, AttemptEnd(outcome, at: ended, report.trace))
    }

    /// Commits that a call is about to be made and renews the lease.
    ///
    /// - Returns: whether the lease still held and the call may be made.
    private func begin(_ call: DeliveryCall, _ purpose: CallPurpose, at time: Timestamp) async -> Bool {
        let statement = DispatchQueries.begin(
            call.delivery,
            purpose: purpose,
            at: time,
            until: time.adding(seconds: configuration.lease)
        )
        let isBegun = await persistently(call) { try await self.pool.execute(statement) == 1 }
        if isBegun == true { note(.began(purpose)) }
        if isBegun == false { note(.lost) }
        return isBegun ?? false
    }

    /// Commits what came of an attempt, if the lease still holds.
    func settle(_ call: DeliveryCall, _ verdict: DeliveryVerdict, _ report: AttemptEnd?) async {
        await whileSettling(call) {
            // An ERP that asks for a rest must not be called before that is known everywhere.
            if verdict.isFinal { call.giveBack() }
            let settled = SettledCall(delivery: call.delivery, verdict: verdict, report: report)
            // Not cancelled with the rest: what is known about the ERP must be written down.
            let isSettled = await Task { await self.persistently(call) { try await self.batcher.write(settled) } }.value
            switch isSettled {
            case true?:
                metrics.deliveries(connector: call.runtime.key, outcome: verdict.countedAs).increment()
                note(.settled(verdict.state))
            case false?:
                logger.warning(
                    "a lease was lost; another process decides on the delivery",
                    metadata: metadata(call, report)
                )
                note(.lost)
            case nil: note(.gaveUp)
            }
        }
    }

    /// Tries a write until the database has taken it.
    ///
    /// - Returns: nil when the database will not take it, or the dispatcher stops before it did.
    func persistently<Value: Sendable>(
        _ call: DeliveryCall,
        _ body: @Sendable () async throws -> Value
    ) async -> Value? {
        var pause = Duration.milliseconds(50)
        while true {
            do {
                return try await body()
            } catch {
                let failure = error as? PostgresError
                let mayPass = failure?.isTransient == true || failure?.isOutcomeUnknown == true
                guard mayPass, !Task.isCancelled, !loop.isStopping else {
                    var metadata = metadata(call, nil)
                    metadata["error"] = "\(error)"
                    logger.error("a delivery's progress was not written down", metadata: metadata)
                    return nil
                }
            }
            try? await Task.sleep(for: pause)
            pause = min(pause * 2, .seconds(1))
        }
    }

    private func metadata(_ call: DeliveryCall, _ report: AttemptEnd?) -> Logger.Metadata {
        var metadata: Logger.Metadata = [
            "connector": "\(call.runtime.key)", "delivery": "\(call.delivery.id.uuidString.lowercased())",
            "key": "\(call.delivery.idempotencyKey)",
        ]
        if let report { metadata["outcome"] = "\(report.outcome)" }
        return metadata
    }
}

extension DeliveryVerdict {
    /// The state that it leads to.
    var state: DeliveryState {
        switch self {
        case .delivered: .delivered
        case .dead: .dead
        case .superseded: .superseded
        case .waiting: .waiting
        case .uncertain: .uncertain
        }
    }

    /// Whether the delivery is over.
    var isFinal: Bool {
        switch self {
        case .delivered, .dead, .superseded: true
        case .waiting, .uncertain: false
        }
    }

    /// The metric's label for it.
    var countedAs: String {
        switch self {
        case .waiting: "retry"
        case .delivered, .dead, .superseded, .uncertain: state.rawValue
        }
    }
}
