import Assets
import ERPConnectors
import Primitives

/// What a version of a mapping would have made of a cause.
struct DryRunOutcome: Sendable {
    var cause: DeliveryCause
    var operation: ERPOperation
    var fields: JSONObject
    /// Why the fields cannot be computed; empty when they can.
    var issues: [InputIssue]

    /// Whether another version would have done the same.
    func isSame(as other: DryRunOutcome) -> Bool {
        operation == other.operation && fields == other.fields && issues.isEmpty == other.issues.isEmpty
    }
}

/// One version of a mapping, and what it is run with.
struct DryRunVersion: Sendable {
    let document: MappingDocument
    let plant: PlantSnapshot
    let states: StateTexts
    /// The orders that the ERP had; empty when nothing depends on them.
    let orders: [PastOrder]
    /// The address of an evidence page, such as the deliveries would have had.
    let link: String

    /// Whether a cause depends on those before it, of whichever device.
    var dependsOnOrder: Bool { DeliveryGuard.isNeeded(document.mapping.definition) }
}

/// What a version has come across.
struct DryRunCounts: Sendable {
    /// Counts of what would not have been sent.
    var suppressed: [SuppressionReason: Int] = [:]
    var causes = 0

    mutating func merge(_ other: DryRunCounts) {
        causes += other.causes
        suppressed.merge(other.suppressed, uniquingKeysWith: +)
    }
}

/// One version of a mapping on its way through history, in one lane.
final class DryRunSide {
    let version: DryRunVersion
    private(set) var counts = DryRunCounts()
    private var guards: PastGuards
    private var compiled: [Int32: Result<CompiledMapping, InvalidInput>] = [:]

    init(_ version: DryRunVersion) {
        self.version = version
        guards = PastGuards(version.document.mapping.definition, orders: version.orders)
    }

    private var document: MappingDocument { version.document }

    /// The expressions for a device's profile.
    func expressions(for device: Device) -> Result<CompiledMapping, InvalidInput> {
        if let known = compiled[device.profileID] { return known }
        let fresh = CompiledMapping.compile(
            document.mapping.definition,
            version.plant.profile(of: device),
            version.states
        )
        compiled[device.profileID] = fresh
        return fresh
    }

    /// Whether anything depends on the reading behind an alarm.
    func usesReading(of device: Device) -> Bool {
        if case .success(let compiled) = expressions(for: device) { compiled.usesReading } else { false }
    }

    /// The course of a metric mapping over a device; nil when it is not concerned.
    func course(_ device: Device) -> MetricCourse? {
        MetricCourse(document, device, version.plant, expressions(for: device))
    }

    /// What a step of a course comes to; nil when nothing would have been sent.
    func outcome(_ step: MetricCourse.Step, _ course: MetricCourse) -> DryRunOutcome? {
        if let reason = step.suppressed {
            counts.causes += 1
            counts.suppressed[reason, default: 0] += 1
        }
        guard let cause = step.cause else { return nil }
        counts.causes += 1
        return outcome(cause, course.compiled, ended: nil, checksCondition: false)
    }

    /// What an alarm comes to; nil when nothing would have been sent.
    func outcome(_ cause: DeliveryCause, ended: Timestamp?) -> DryRunOutcome? {
        counts.causes += 1
        guard cause.receivedAt.seconds(since: cause.timestamp) <= document.mapping.definition.maxAge.seconds else {
            counts.suppressed[.maxAge, default: 0] += 1
            return nil
        }
        return outcome(cause, expressions(for: cause.device), ended: ended, checksCondition: true)
    }

    private func outcome(
        _ cause: DeliveryCause,
        _ compiled: Result<CompiledMapping, InvalidInput>,
        ended: Timestamp?,
        checksCondition: Bool
    ) -> DryRunOutcome? {
        guard
            let computed = DeliveryMaker.compute(
                document,
                compiled,
                cause,
                checksCondition: checksCondition,
                link: version.link
            )
        else {
            counts.suppressed[.condition, default: 0] += 1
            return nil
        }
        var isAttached = false
        if version.dependsOnOrder,
            let reason = guards.settle(cause, ended: ended, isAttached: &isAttached)
        {
            counts.suppressed[reason, default: 0] += 1
            return nil
        }
        var outcome = DryRunOutcome(
            cause: cause,
            operation: document.mapping.definition.operation,
            fields: computed.fields,
            issues: computed.issues
        )
        if isAttached, computed.issues.isEmpty {
            outcome.operation = .workOrderComment
            outcome.fields = DeliveryDraft.remark(of: computed.fields)
        }
        return outcome
    }
}
