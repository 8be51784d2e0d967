import Assets
import ERPConnectors
import Expressions
import Foundation
import PostgreSQL
import Primitives

/// What a mapping would send for a sample; nothing is sent or stored.
public struct MappingPreview: Sendable {
    /// The exact requests in order, without credentials; none when they cannot be made.
    public var requests: [RenderedRequest]
    /// The computed fields.
    public var fields: JSONObject
    /// What is wrong, pointers as in the mapping's document.
    public var issues: [InputIssue]
    /// The sample's device.
    public var device: Device?
    /// What may be wrong, and does not keep anybody from saving.
    public var warnings: [InputIssue] = []
    /// Whether the sample fulfils the mapping's condition; nil when there is none or it cannot be asked.
    public var isFulfilled: Bool?

    /// The API's form: `{request, requests, fields, issues, warnings, condition, device}`; `request` is the first that
    /// changes something.
    public var json: JSONValue {
        [
            "request": (requests.first { $0.method != "GET" } ?? requests.first)?.json ?? .null,
            "requests": .array(requests.map(\.json)), "fields": .object(fields),
            "issues": .array(issues.map(\.shown)), "warnings": .array(warnings.map(\.shown)),
            "condition": isFulfilled.map(JSONValue.bool) ?? .null,
            "device": device?.shown ?? .null,
        ]
    }
}

extension InputIssue {
    /// The API's form.
    var shown: JSONValue {
        ["pointer": .string(pointer), "code": .string(code), "detail": .string(detail)]
    }
}

/// Previews mappings, saved or not.
public struct MappingPreviewer: Sendable {
    private let session: any PostgresSession
    private let plant: PlantStore
    private let registry: ConnectorRegistry
    private let clock: WallClock
    private let link: @Sendable (UUID) -> String

    /// Makes a previewer.
    public init(
        session: any PostgresSession,
        plant: PlantStore,
        registry: ConnectorRegistry,
        clock: WallClock,
        link: @escaping @Sendable (UUID) -> String
    ) {
        self.session = session
        self.plant = plant
        self.registry = registry
        self.clock = clock
        self.link = link
    }

    /// Shows what a mapping would send.
    ///
    /// - Parameters:
    ///   - document: the mapping as the API has it; it need not be saved, complete or right.
    ///   - key: the mapping's key, which the idempotency key depends on.
    ///   - deviceKey: the sample's device; nil takes the first that the trigger concerns.
    ///   - latest: the newest reading of a device, used as the sample.
    /// - Returns: the request, the fields and what is wrong.
    /// - Throws: ``InvalidInput`` when it is no document at all or the device is unknown, `PostgresError`.
    public func preview(
        document: JSONValue,
        key: ResourceKey,
        deviceKey: String? = nil,
        latest: @Sendable (Int32) -> Reading?
    ) async throws -> MappingPreview {
        let draft = try MappingDraft(document)
        let plant = plant.snapshot
        let check = MappingCheck(plant: plant, states: self.plant.states)
        let result = try await check.check(draft, registry: registry, in: session)
        var preview = MappingPreview(requests: [], fields: [:], issues: result.issues)
        guard let device = try device(deviceKey, result, plant, latest) else {
            if result.issues.isEmpty {
                preview.issues.append(
                    InputIssue(pointer: "/trigger", code: "no-device", detail: "No device is concerned as yet.")
                )
            }
            return preview
        }
        preview.device = device
        let sample = MappingDocument(
            mapping: Mapping(
                id: 0,
                key: key.text,
                definition: definition(draft, result),
                revision: 0,
                updatedAt: clock.now
            ),
            connectorKey: draft.connector?.text ?? ""
        )
        let cause = cause(device, sample.mapping.definition, result, plant, latest)
        compute(sample, cause, plant.profile(of: device), &preview)
        if let connector = result.connector, draft.operation != nil {
            let erp = registry.connector(id: connector.id)?.erp
            request(sample, cause, erp, &preview)
            if let erp {
                let definition = sample.mapping.definition
                let check = PickListCheck(connectorID: connector.id, erp: erp, session: session)
                preview.warnings = await check.warnings(
                    operation: definition.operation,
                    fields: definition.fields,
                    lookups: definition.options.lookups
                )
            }
        }
        return preview
    }

    private static let sampleID = UUID(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0))

    private func device(
        _ key: String?,
        _ result: MappingCheck.Result,
        _ plant: PlantSnapshot,
        _ latest: (Int32) -> Reading?
    ) throws -> Device? {
        if let key {
            if let device = plant.device(key: key) { return device }
            throw InvalidInput(pointer: "/device", code: "unknown-reference", detail: "There is no device “\(key)”.")
        }
        var candidates = plant.devices.values.filter { device in result.profiles.contains { $0.id == device.profileID }
        }
        if let rule = result.rule, rule.profileID == nil {
            let covered = rule.assetIDs.reduce(into: Set<Int32>()) { $0.formUnion(plant.descendants(of: $1)) }
            candidates = candidates.filter { $0.assetID.map(covered.contains) == true }
        }
        let sorted = candidates.sorted { $0.key < $1.key }
        return sorted.first { latest($0.id) != nil } ?? sorted.first
    }

    private func cause(
        _ device: Device,
        _ definition: MappingDefinition,
        _ result: MappingCheck.Result,
        _ plant: PlantSnapshot,
        _ latest: (Int32) -> Reading?
    ) -> DeliveryCause {
        let reading = latest(device.id)
        let time = reading?.timestamp ?? clock.now
        var cause = DeliveryCause(
            origin: CauseOrigin(device, in: plant),
            values: reading?.values ?? MetricValues(count: 0),
            timestamp: time,
            receivedAt: reading?.receivedAt ?? time
        )
        if let rule = result.rule {
            cause.alarm = AlarmTrigger(
                alarmID: Self.sampleID,
                ruleID: rule.id,
                ruleKey: rule.key,
                ruleName: rule.name,
                severity: rule.severity,
                raisedAt: time,
                receivedAt: cause.receivedAt,
                deviceID: device.id,
                assetID: device.assetID,
                values: cause.values,
                clearedAt: definition.rule?.event == .returned ? time : nil
            )
        } else if let trigger = definition.metric, let metric = plant.profile(of: device)?.metric(trigger.metric) {
            let isFigure = OperationDefaults.valueField(definition.operation) != nil
            cause.value = cause.values[metric.ordinal].map { $0 * (isFigure ? definition.options.factor ?? 1 : 1) }
            // What the window comes to is known at its end; a step shows the form.
            if definition.metering != nil, definition.operation != .meterRecord {
                cause.value = definition.options.step ?? 1
            }
            cause.window = definition.metering?.window(at: time)
        }
        return cause
    }

    private func definition(_ draft: MappingDraft, _ result: MappingCheck.Result) -> MappingDefinition {
        if let definition = result.definition { return definition }
        var trigger = Mapping.Trigger.rule(RuleTrigger(ruleID: result.rule?.id ?? 0))
        if case .metric(let metric, _, let minChange, let minInterval) = draft.trigger {
            let profileID = result.profiles.first?.id ?? 0
            trigger = .metric(
                MetricTrigger(metric: metric, profileID: profileID, minChange: minChange, minInterval: minInterval)
            )
        }
        return MappingDefinition(
            name: draft.name,
            trigger: trigger,
            connectorID: result.connector?.id ?? 0,
            operation: draft.operation ?? .workOrderCreate,
            fields: draft.fields,
            maxAge: draft.maxAge,
            isEnabled: draft.isEnabled,
            options: draft.options
        )
    }

    /// Computes each field by itself, so that one fault does not hide the others.
    private func compute(
        _ sample: MappingDocument,
        _ cause: DeliveryCause,
        _ profile: Profile?,
        _ preview: inout MappingPreview
    ) {
        let definition = sample.mapping.definition
        var options = definition.options
        func compile(_ fields: JSONObject) -> CompiledMapping? {
            try? CompiledMapping(
                fields: fields,
                options: options,
                profile: profile,
                states: plant.states,
                context: definition.context
            )
        }
        if let compiled = compile([:]), compiled.hasCondition {
            preview.isFulfilled = compiled.holds(cause.names(sample, compiled, link: link(Self.sampleID)))
        } else {
            options.condition = nil
        }
        for member in definition.fields.members {
            guard let compiled = compile([member.name: member.value]) else { continue }
            let names = cause.names(sample, compiled, link: link(Self.sampleID))
            let (fields, issues) = compiled.fields.evaluate(names)
            if let value = fields[member.name] { preview.fields[member.name] = value }
            preview.issues += issues
        }
        OperationDefaults.complete(&preview.fields, definition.operation, cause)
        preview.issues += OperationDefaults.issues(preview.fields, definition.operation).filter { issue in
            !preview.issues.contains { $0.pointer == issue.pointer }
        }
    }

    private func request(
        _ sample: MappingDocument,
        _ cause: DeliveryCause,
        _ erp: (any ERPConnector)?,
        _ preview: inout MappingPreview
    ) {
        let operation = sample.mapping.definition.operation
        let order = DeliveryOrder(
            idempotencyKey: cause.idempotencyKey(sample),
            operation: operation,
            fields: preview.fields,
            target: operation.needsTarget ? Self.placeholder : nil,
            causedAt: cause.timestamp
        )
        do throws(CallFailure) {
            preview.requests = try erp?.preview(order) ?? []
            if sample.mapping.definition.options.attachesChart, operation == .workOrderCreate, let erp {
                preview.requests += try erp.previewPicture(toOrderOf: order)
            }
        } catch {
            guard preview.issues.isEmpty else { return }
            preview.issues.append(InputIssue(pointer: "/connector", code: error.reason, detail: error.detail))
        }
    }

    /// Stands for the identifier of an order that only the ERP knows.
    static let placeholder = "‹order›"
}
