import Assets
import PostgreSQL
import Primitives

/// Refuses the deletion of a rule that something else still refers to.
///
/// Other domains know what that is; the composition root adapts them to this protocol.
public protocol RuleUsage: Sendable {
    /// What still uses the rule, such as `mapping “bearing-order”`; nil when nothing does.
    func user(ofRule ruleID: Int32, in session: any PostgresSession) async throws -> String?
}

/// Reads and writes rules.
///
/// A write is in force for every reading that is evaluated after it returns: the engine loads the rules anew.
public final class RuleStore: Sendable {
    private let database: any PostgresDatabase
    private let plant: PlantStore
    private let engine: AlarmEngine
    private let usage: (any RuleUsage)?
    private let clock: WallClock
    private let writing = AsyncLock()

    /// Makes a store over a database.
    ///
    /// - Parameters:
    ///   - database: where statements run.
    ///   - plant: what references and names are looked up in.
    ///   - engine: told of every change.
    ///   - usage: asked before a rule is deleted.
    ///   - clock: times of writes and of alarms that end with their rule.
    public init(
        pool database: any PostgresDatabase,
        plant: PlantStore,
        engine: AlarmEngine,
        usage: (any RuleUsage)? = nil,
        clock: WallClock
    ) {
        self.database = database
        self.plant = plant
        self.engine = engine
        self.usage = usage
        self.clock = clock
    }

    /// The rule with that key.
    public func rule(key: ResourceKey) async throws -> Rule {
        guard let rule = try await database.first(RuleQueries.find(key: key.text)) else { throw Self.missing(key) }
        return rule
    }

    /// Rules in the order of their keys.
    ///
    /// - Parameters:
    ///   - key: the last key of the page before; nil for the first page.
    ///   - limit: the greatest number of rules.
    /// - Returns: the page.
    /// - Throws: `PostgresError`.
    public func rules(after key: String? = nil, limit: Int) async throws -> [Rule] {
        try await database.query(RuleQueries.list(after: key ?? "", limit: limit))
    }

    /// The API's form of a rule.
    public func json(_ rule: Rule) -> JSONValue { rule.json(in: plant.snapshot) }

    /// Creates or replaces a rule.
    ///
    /// Writing what is stored already changes nothing, not even the revision.
    ///
    /// - Parameters:
    ///   - key: its address.
    ///   - document: the rule as the API has it.
    ///   - condition: what must be stored.
    /// - Returns: the rule, and whether it is new.
    /// - Throws: ``InvalidInput``, ``ResourceFailure`` (a failed condition), `PostgresError`.
    @discardableResult
    public func put(
        key: ResourceKey,
        document: JSONValue,
        onlyIf condition: WriteCondition = .always
    ) async throws -> (rule: Rule, isNew: Bool) {
        let definition = try RuleDefinition(document, plant: plant.snapshot, states: plant.states)
        return try await write(key, condition) { _ in definition }
    }

    /// Changes the given members of a rule (RFC 7396): null takes an optional one away.
    ///
    /// - Parameters:
    ///   - key: its address.
    ///   - document: the members to change.
    ///   - condition: what must be stored.
    /// - Returns: the rule.
    /// - Throws: ``InvalidInput``, ``ResourceFailure`` (absent, a failed condition), `PostgresError`.
    @discardableResult
    public func patch(
        key: ResourceKey,
        document: JSONValue,
        onlyIf condition: WriteCondition = .always
    ) async throws -> Rule {
        guard let changes = document.object else {
            throw InvalidInput(pointer: "", code: "type", detail: "Expected a JSON object.")
        }
        return try await write(key, condition) { [plant] old in
            guard let old else { throw Self.missing(key) }
            var merged = old.json(in: plant.snapshot).object ?? JSONObject()
            for member in changes.members { merged[member.name] = member.value.isNull ? nil : member.value }
            return try RuleDefinition(.object(merged), plant: plant.snapshot, states: plant.states)
        }.rule
    }

    /// Deletes a rule and clears its open alarms.
    ///
    /// - Parameters:
    ///   - key: its address.
    ///   - condition: what must be stored.
    /// - Throws: ``ResourceFailure`` (absent, `in-use`, a failed condition), `PostgresError`.
    public func delete(key: ResourceKey, onlyIf condition: WriteCondition = .always) async throws {
        let time = clock.now
        try await changing { transaction in
            guard let old = try await transaction.first(RuleQueries.lock(key: key.text)) else {
                throw Self.missing(key)
            }
            try condition.check(old.version)
            if let user = try await usage?.user(ofRule: old.id, in: transaction) {
                throw ResourceFailure.conflict(
                    code: "in-use",
                    detail: "The rule “\(key)” is still used by \(user); remove that first."
                )
            }
            try await transaction.execute(RuleQueries.retire(id: old.id, at: time))
            try await Self.end(old.id, at: time, reason: .ruleDeleted, in: transaction)
            try await note(from: old, to: nil, in: transaction)
        }
    }

    private func write(
        _ key: ResourceKey,
        _ condition: WriteCondition,
        _ define: (Rule?) throws -> RuleDefinition
    ) async throws -> (rule: Rule, isNew: Bool) {
        let time = clock.now
        return try await changing { transaction in
            let old = try await transaction.first(RuleQueries.lock(key: key.text))
            try condition.check(old?.version)
            let definition = try define(old)
            guard let old else {
                let rule = try await transaction.first(RuleQueries.insert(key: key.text, definition, at: time))
                guard let rule else { throw Self.missing(key) }
                try await note(from: nil, to: rule, in: transaction)
                return (rule, true)
            }
            if old.definition == definition { return (old, false) }
            guard let rule = try await transaction.first(RuleQueries.update(id: old.id, definition, at: time)) else {
                throw Self.missing(key)
            }
            if !definition.isEnabled {
                try await Self.end(old.id, at: time, reason: .ruleDisabled, in: transaction)
            } else if old.definition.condition != definition.condition {
                try await transaction.execute(RuleQueries.forgetPending(ruleID: old.id))
            }
            try await note(from: old, to: rule, in: transaction)
            return (rule, false)
        }
    }

    /// Writes the change into the history of the configuration.
    private func note(from old: Rule?, to new: Rule?, in transaction: Transaction) async throws {
        guard let key = (new ?? old)?.key else { return }
        try await ConfigurationHistory.note(.rules, key, from: old.map(json), to: new.map(json), in: transaction)
    }

    /// Runs one write at a time, and tells the engine when it is committed or may be.
    private func changing<Value>(_ body: (Transaction) async throws -> Value) async throws -> Value {
        try await writing.withLock {
            defer { engine.invalidate() }
            return try await database.atomically { try await body($0) }
        }
    }

    /// Clears the open alarms of a rule that is no longer evaluated.
    private static func end(
        _ ruleID: Int32,
        at time: Timestamp,
        reason: ClearReason,
        in transaction: Transaction
    ) async throws {
        try await transaction.execute(RuleQueries.clearAlarms(ruleID: ruleID, at: time, reason: reason))
        try await transaction.execute(RuleQueries.forgetPhases(ruleID: ruleID))
    }

    private static func missing(_ key: ResourceKey) -> ResourceFailure { .notFound("rule \(key)") }
}
