import Assets
import ERPConnectors
import Expressions
import PostgreSQL
import Primitives

/// Looks up what a draft refers to and compiles its templates against that.
struct MappingCheck: Sendable {
    let plant: PlantSnapshot
    let states: StateTexts

    /// What a check found; parts are nil where something is wrong.
    struct Result: Sendable {
        var issues: [InputIssue]
        var definition: MappingDefinition?
        var rule: RuleReference?
        var connector: Connector?
        /// The profiles that its trigger can concern, in the order of their keys.
        var profiles: [Profile] = []
    }

    /// Checks a draft.
    ///
    /// - Parameters:
    ///   - draft: the draft.
    ///   - registry: what tells which templates a connector has.
    ///   - session: where rules and connectors are looked up.
    /// - Returns: what was found, faults included.
    /// - Throws: `PostgresError`.
    func check(
        _ draft: MappingDraft,
        registry: ConnectorRegistry,
        in session: any PostgresSession
    ) async throws -> Result {
        var result = Result(issues: draft.issues)
        let trigger = try await trigger(of: draft, &result, session)
        var erp: (any ERPConnector)?
        if let key = draft.connector {
            if let row = try await session.first(ConnectorQueries.find(key: key.text)) {
                result.connector = row.connector
                erp = registry.connector(id: row.connector.id)?.erp
            } else {
                result.note("/connector", "unknown-reference", "There is no connector “\(key)”.")
            }
        }
        if let erp, let operation = draft.operation { checkOperation(operation, draft, erp, &result) }
        if let trigger { checkFields(draft, trigger, erp, &result) }
        if result.issues.isEmpty, let trigger, let connector = result.connector, let operation = draft.operation {
            result.definition = MappingDefinition(
                name: draft.name,
                trigger: trigger,
                connectorID: connector.id,
                operation: operation,
                fields: draft.fields,
                maxAge: draft.maxAge,
                isEnabled: draft.isEnabled,
                options: draft.options
            )
        }
        return result
    }

    private func trigger(
        of draft: MappingDraft,
        _ result: inout Result,
        _ session: any PostgresSession
    ) async throws -> Mapping.Trigger? {
        switch draft.trigger {
        case nil: return nil
        case .rule(let key, let event, let within):
            guard let rule = try await session.first(MappingQueries.rule(key: key.text)) else {
                result.note("/trigger/rule", "unknown-reference", "There is no rule “\(key)”.")
                return nil
            }
            result.rule = rule
            result.profiles = profiles(of: rule)
            return .rule(RuleTrigger(ruleID: rule.id, event: event, within: within))
        case .metric(let metric, let key, let minChange, let minInterval):
            guard let profile = plant.profile(key: key.text) else {
                result.note("/trigger/profile", "unknown-reference", "There is no profile “\(key)”.")
                return nil
            }
            result.profiles = [profile]
            guard let found = profile.metric(metric) else {
                result.note("/trigger/metric", "unknown-metric", "Profile “\(key)” has no metric “\(metric)”.")
                return nil
            }
            if found.kind == .state || found.kind == .location {
                result.note("/trigger/metric", "metric-kind", "Only the value of a gauge or counter can be a trigger.")
                return nil
            }
            return .metric(
                MetricTrigger(metric: metric, profileID: profile.id, minChange: minChange, minInterval: minInterval)
            )
        }
    }

    /// The profiles of the devices that a rule is about; all when it names assets without devices as yet.
    private func profiles(of rule: RuleReference) -> [Profile] {
        if let id = rule.profileID { return plant.profiles[id].map { [$0] } ?? [] }
        let covered = rule.assetIDs.reduce(into: Set<Int32>()) { $0.formUnion(plant.descendants(of: $1)) }
        let devices = plant.devices.values.filter { $0.assetID.map(covered.contains) == true }
        let present = Set(devices.map(\.profileID)).compactMap { plant.profiles[$0] }
        return (present.isEmpty ? Array(plant.profiles.values) : present).sorted { $0.key < $1.key }
    }

    /// The templates must make sense for at least one profile; the issues are those of the one with the fewest.
    private func checkFields(
        _ draft: MappingDraft,
        _ trigger: Mapping.Trigger,
        _ erp: (any ERPConnector)?,
        _ result: inout Result
    ) {
        let hasAlarm = if case .rule = trigger { true } else { false }
        let isMetered = !hasAlarm && draft.operation?.isMetered == true
        let context: MappingContext = hasAlarm ? .alarm : isMetered ? .window : .change
        let candidates: [Profile?] = result.profiles.isEmpty ? [nil] : result.profiles.map { $0 }
        var fewest: [InputIssue]?
        for profile in candidates {
            let issues = fieldIssues(draft, profile, context, erp)
            if issues.count < fewest?.count ?? .max { fewest = issues }
        }
        result.issues += fewest ?? []
        if let operation = draft.operation, hasAlarm, let name = OperationDefaults.valueField(operation),
            draft.fields[name] == nil
        {
            result.note(
                CompiledFields.pointer(to: name),
                "required",
                "An alarm has no value of its own: the field “\(name)” is required."
            )
        }
    }

    private func fieldIssues(
        _ draft: MappingDraft,
        _ profile: Profile?,
        _ context: MappingContext,
        _ erp: (any ERPConnector)?
    ) -> [InputIssue] {
        do throws(InvalidInput) {
            let compiled = try CompiledMapping(
                fields: draft.fields,
                options: draft.options,
                profile: profile,
                states: states,
                context: context
            )
            guard let erp, let operation = draft.operation else { return [] }
            let types = compiled.fields.types
            let defaults = OperationDefaults.types(operation).filter { !types.map(\.name).contains($0.name) }
            return erp.issues(operation: operation, fields: types + defaults)
        } catch {
            return error.issues
        }
    }

    private func checkOperation(
        _ operation: ERPOperation,
        _ draft: MappingDraft,
        _ erp: any ERPConnector,
        _ result: inout Result
    ) {
        if erp.traits(of: operation) == nil {
            let detail =
                erp.manifest.operations.isEmpty
                ? "The connector's options say nothing about “\(operation.rawValue)”."
                : "“\(erp.manifest.title)” has no “\(operation.rawValue)”."
            result.note("/connector", "operation-not-configured", detail)
        }
        if draft.options.attaches, operation == .workOrderCreate, erp.traits(of: .workOrderComment) == nil {
            result.note("/attach", "operation-not-configured", "This connector cannot add a remark to an order.")
        }
        if draft.options.attachesChart, operation == .workOrderCreate, erp.traits(of: .workOrderAttach) == nil {
            result.note("/attachChart", "operation-not-configured", "This connector cannot attach pictures to orders.")
        }
    }
}

extension MappingCheck.Result {
    mutating func note(_ pointer: String, _ code: String, _ detail: String) {
        issues.append(InputIssue(pointer: pointer, code: code, detail: detail))
    }
}
