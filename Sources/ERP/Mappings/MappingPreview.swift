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

    /// The API's form: `{request, requests, fields, issues, device}`; `request` is the first that changes something.
    public var json: JSONValue {
        [
            "request": (requests.first { $0.method != "GET" } ?? requests.first)?.json ?? .null,
            "requests": .array(requests.map(\.json)), "fields": .object(fields),
            "issues": .array(
                issues.map { issue in
                    [
                        "pointer": .string(issue.pointer), "code": .string(issue.code), "detail": .string(issue.detail),
                    ]
                }
            ),
            "device": device.map { ["key": .string($0.key), "name": .string($0.name)] } ?? .null,
        ]
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
        let cause = cause(device, draft, result, plant, latest)
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
        let idempotencyKey = cause.idempotencyKey(sample)
        let names = cause.names(
            connector: sample.connectorKey,
            idempotencyKey: idempotencyKey,
            link: link(Self.sampleID)
        )
        let scope = Scope(
            mappingOn: plant.profile(of: device),
            states: self.plant.states,
            hasAlarm: cause.alarm != nil
        )
        compute(draft, scope, names, cause, &preview)
        if let connector = result.connector, let operation = draft.operation {
            let order = DeliveryOrder(
                idempotencyKey: idempotencyKey,
                operation: operation,
                fields: preview.fields,
                causedAt: cause.timestamp
            )
            request(order, connector, &preview)
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
        _ draft: MappingDraft,
        _ result: MappingCheck.Result,
        _ plant: PlantSnapshot,
        _ latest: (Int32) -> Reading?
    ) -> DeliveryCause {
        let reading = latest(device.id)
        let time = reading?.timestamp ?? clock.now
        var cause = DeliveryCause(
            device: device,
            plant: plant,
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
                values: cause.values
            )
        } else if case .metric(let key, _, _, _) = draft.trigger, let metric = plant.profile(of: device)?.metric(key) {
            cause.value = cause.values[metric.ordinal]
        }
        return cause
    }

    private func definition(_ draft: MappingDraft, _ result: MappingCheck.Result) -> MappingDefinition {
        if let definition = result.definition { return definition }
        var trigger = Mapping.Trigger.rule(id: result.rule?.id ?? 0)
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
            isEnabled: draft.isEnabled
        )
    }

    /// Computes each field by itself, so that one fault does not hide the others.
    private func compute(
        _ draft: MappingDraft,
        _ scope: Scope,
        _ names: MappingValues,
        _ cause: DeliveryCause,
        _ preview: inout MappingPreview
    ) {
        for member in draft.fields.members {
            guard let compiled = try? CompiledFields([member.name: member.value], scope: scope) else { continue }
            let (fields, issues) = compiled.evaluate(names)
            if let value = fields[member.name] { preview.fields[member.name] = value }
            preview.issues += issues
        }
        if draft.operation == .stockSet {
            StockFields.complete(&preview.fields, cause)
            preview.issues += DeliveryMaker.stockIssues(preview.fields).filter { issue in
                !preview.issues.contains { $0.pointer == issue.pointer }
            }
        }
    }

    private func request(_ order: DeliveryOrder, _ connector: Connector, _ preview: inout MappingPreview) {
        do throws(CallFailure) {
            preview.requests = try registry.connector(id: connector.id)?.erp.preview(order) ?? []
        } catch {
            guard preview.issues.isEmpty else { return }
            preview.issues.append(InputIssue(pointer: "/connector", code: error.reason, detail: error.detail))
        }
    }
}
