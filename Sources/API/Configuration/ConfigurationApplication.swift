import Assets
import ERP
import ERPConnectors
import PostgreSQL
import Primitives

/// Applies entries inside one transaction, in an order in which each finds what it refers to, collecting every error.
struct ConfigurationApplication {
    /// What is to be done with one entry.
    private struct Step {
        var section: ConfigurationSection
        var key: ResourceKey
        /// What it shall say; nil to delete it.
        var document: JSONValue?

        var pointer: String { "/\(section.rawValue)/\(key)" }
    }

    private let stores: ConfigurationStores
    private var before: [ConfigurationSection: [String: JSONValue]] = [:]
    private var after: [ConfigurationSection: [String: JSONValue]] = [:]
    private var steps: [Step] = []
    private var connectorsBefore: [String: Connector] = [:]

    /// Finds out what is to be done.
    ///
    /// - Parameters:
    ///   - document: what shall be configured; absent sections are left alone.
    ///   - isPruning: whether entries that the document's sections do not have are deleted.
    ///   - stores: loaded stores over the transaction.
    /// - Throws: `PostgresError`.
    init(_ document: ConfigurationDocument, isPruning: Bool, stores: ConfigurationStores) async throws {
        self.stores = stores
        try await remember(document.sections.keys)
        for section in ConfigurationSection.allCases {
            let entries = document.sections[section] ?? [:]
            steps += entries.sorted { $0.key < $1.key }.map { Step(section: section, key: $0.key, document: $0.value) }
        }
        guard isPruning else { return }
        for section in ConfigurationSection.allCases.reversed() {
            guard let entries = document.sections[section] else { continue }
            let surplus = (before[section] ?? [:]).keys.compactMap(ResourceKey.init).filter { entries[$0] == nil }
            steps += surplus.sorted().map { Step(section: section, key: $0, document: nil) }
        }
    }

    /// One entry that shall be as it was; nil to delete it.
    init(
        _ section: ConfigurationSection,
        _ key: ResourceKey,
        _ document: JSONValue?,
        stores: ConfigurationStores
    ) async throws {
        self.stores = stores
        try await remember([section])
        if document != nil || before[section]?[key.text] != nil {
            steps = [Step(section: section, key: key, document: document)]
        }
    }

    private mutating func remember(_ sections: some Sequence<ConfigurationSection>) async throws {
        for section in sections { before[section] = try await stores.entries(of: section) }
        after = before
        connectorsBefore = try await stores.connectorStates()
    }

    /// Does it.
    ///
    /// Steps that fail are tried again as long as others succeed: an asset may stand before its parent, an identifier
    /// may pass from one device to another.
    ///
    /// - Throws: ``InvalidInput`` with every issue and its place in the document; ``ResourceFailure`` when somebody else
    ///   wrote meanwhile.
    mutating func run() async throws {
        var open = steps
        var issues: [InputIssue] = []
        while !open.isEmpty {
            var failed: [Step] = []
            issues = []
            for step in open {
                do {
                    try await take(step)
                } catch let input as InvalidInput {
                    issues += input.issues.map { issue in
                        InputIssue(pointer: step.pointer + issue.pointer, code: issue.code, detail: issue.detail)
                    }
                    failed.append(step)
                } catch ResourceFailure.conflict(let code, let detail) {
                    issues.append(InputIssue(pointer: step.pointer, code: code, detail: detail))
                    failed.append(step)
                }
            }
            if failed.count == open.count { throw InvalidInput(issues) }
            open = failed
        }
    }

    private mutating func take(_ step: Step) async throws {
        if let document = step.document {
            // As it stands is as it shall be: nothing has to be judged anew.
            if document.withoutKey == after[step.section]?[step.key.text] { return }
            after[step.section, default: [:]][step.key.text] = try await stores.put(step.section, step.key, document)
        } else {
            try await stores.delete(step.section, step.key)
            after[step.section]?[step.key.text] = nil
        }
    }

    /// What it did.
    func outcome(isDryRun: Bool, transaction: String?) async throws -> ConfigurationOutcome {
        let connectors = try await stores.connectorStates()
        var differences: [ConfigurationDifference] = []
        for section in ConfigurationSection.allCases {
            for step in steps.filter({ $0.section == section }).sorted(by: { $0.key < $1.key }) {
                if let difference = difference(of: step, connectors) { differences.append(difference) }
            }
        }
        let missing = steps.filter { $0.section == .connectors && $0.document != nil }.compactMap { step in
            connectors[step.key.text].flatMap { connector in
                connector.needsCredentials && !connector.hasCredentials
                    ? ConfigurationOutcome.MissingCredentials(connector: connector.key, kind: connector.kind.rawValue)
                    : nil
            }
        }
        return ConfigurationOutcome(
            isDryRun: isDryRun,
            differences: differences,
            unchanged: steps.count - differences.count,
            missingCredentials: missing,
            transaction: transaction
        )
    }

    private func difference(of step: Step, _ connectors: [String: Connector]) -> ConfigurationDifference? {
        let old = before[step.section]?[step.key.text]
        let new = after[step.section]?[step.key.text]
        var fields = ConfigurationDifference.Field.all(from: old, to: new)
        if step.section == .connectors, step.document?.object?.names.contains("credentials") == true,
            connectorsBefore[step.key.text]?.revision != connectors[step.key.text]?.revision,
            step.document?["credentials"]?.isNull == false || connectorsBefore[step.key.text]?.hasCredentials == true
        {
            // Only that they are written: secrets are shown nowhere.
            fields.append(.init(pointer: "/credentials", before: nil, after: "•••"))
        }
        if fields.isEmpty { return nil }
        let kind: ConfigurationDifference.Kind = old == nil ? .created : new == nil ? .deleted : .changed
        return ConfigurationDifference(section: step.section, key: step.key.text, kind: kind, fields: fields)
    }
}

extension Connector {
    /// Whether its kind of ERP answers nobody without credentials.
    var needsCredentials: Bool {
        ConnectorDefinition.of(kind)?.manifest.credentials.contains { $0.scheme == .none } == false
    }
}
