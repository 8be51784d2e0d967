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

/// One version of a mapping in a dry run.
struct DryRunSide: Sendable {
    let document: MappingDocument
    private let plant: PlantSnapshot
    private let states: StateTexts
    private let link: String
    private var guards: PastGuards
    private var compiled: [Int32: Result<CompiledMapping, InvalidInput>] = [:]
    /// Counts of what would not have been sent.
    private(set) var suppressed: [SuppressionReason: Int] = [:]
    private(set) var causes = 0

    init(
        _ document: MappingDocument,
        plant: PlantSnapshot,
        states: StateTexts,
        orders: [PastOrder],
        link: String
    ) {
        self.document = document
        self.plant = plant
        self.states = states
        self.link = link
        guards = PastGuards(document.mapping.definition, orders: orders)
    }

    /// The expressions for a device's profile.
    mutating func expressions(for device: Device) -> Result<CompiledMapping, InvalidInput> {
        if let known = compiled[device.profileID] { return known }
        let fresh = CompiledMapping.compile(document.mapping.definition, plant.profile(of: device), states)
        compiled[device.profileID] = fresh
        return fresh
    }

    /// Whether anything depends on the reading behind an alarm.
    mutating func usesReading(of device: Device) -> Bool {
        if case .success(let compiled) = expressions(for: device) { compiled.usesReading } else { false }
    }

    /// The course of a metric mapping over a device; nil when it is not concerned.
    mutating func course(_ device: Device) -> MetricCourse? {
        MetricCourse(document, device, plant, expressions(for: device))
    }

    /// What a step of a course comes to; nil when nothing would have been sent.
    mutating func outcome(_ step: MetricCourse.Step, _ course: MetricCourse) -> DryRunOutcome? {
        if let reason = step.suppressed {
            causes += 1
            suppressed[reason, default: 0] += 1
        }
        guard let cause = step.cause else { return nil }
        causes += 1
        return outcome(cause, course.compiled, ended: nil, checksCondition: false)
    }

    /// What an alarm comes to; nil when nothing would have been sent.
    mutating func outcome(_ cause: DeliveryCause, ended: Timestamp?) -> DryRunOutcome? {
        causes += 1
        guard cause.receivedAt.seconds(since: cause.timestamp) <= document.mapping.definition.maxAge.seconds else {
            suppressed[.maxAge, default: 0] += 1
            return nil
        }
        return outcome(cause, expressions(for: cause.device), ended: ended, checksCondition: true)
    }

    private mutating func outcome(
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
                link: link
            )
        else {
            suppressed[.condition, default: 0] += 1
            return nil
        }
        var isAttached = false
        if DeliveryGuard.isNeeded(document.mapping.definition),
            let reason = guards.settle(cause, ended: ended, isAttached: &isAttached)
        {
            suppressed[reason, default: 0] += 1
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
