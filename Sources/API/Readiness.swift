import Primitives
import Synchronization

/// What `/readyz` and the page's banner tell: which part is missing and why.
public final class Readiness: Sendable {
    /// A part that must work.
    public enum Part: String, CaseIterable, Sendable {
        /// The database answers.
        case database
        /// Migrations are applied and the configuration is loaded.
        case schema
        /// This process holds the ingest lease.
        case ingest
        /// The durable session is subscribed.
        case broker
    }

    /// Something that works but should be changed or looked into.
    public enum Warning: String, CaseIterable, Sendable {
        /// PostgreSQL may lose what it has committed.
        case durability
        /// The broker has thrown messages away.
        case brokerLoss
        /// The broker refused subscriptions.
        case brokerRefusal
    }

    private struct State {
        var faults: [Part: String]
        var warnings: [Warning: String] = [:]
    }

    private let state: Mutex<State>

    /// Makes a report in which everything is still starting.
    public init() {
        state = Mutex(State(faults: Dictionary(uniqueKeysWithValues: Part.allCases.map { ($0, "starting") })))
    }

    /// Notes that a part works, or why it does not.
    public func set(_ part: Part, fault: String?) {
        state.withLock { $0.faults[part] = fault }
    }

    /// Notes something that works but should be changed or looked into, or that it is over.
    public func warn(_ warning: Warning, _ text: String?) {
        state.withLock { $0.warnings[warning] = text }
    }

    /// What works but should be changed or looked into, in sentences.
    public var warnings: [String] {
        let warnings = state.withLock(\.warnings)
        return Warning.allCases.compactMap { warnings[$0] }
    }

    /// Why a part does not work; nil when it does.
    public func fault(_ part: Part) -> String? { state.withLock { $0.faults[part] } }

    /// Whether every part works.
    public var isReady: Bool { state.withLock(\.faults.isEmpty) }

    /// The answer of `/readyz`.
    public var json: JSONValue {
        let faults = state.withLock(\.faults)
        let reasons = Part.allCases.compactMap { part in
            faults[part].map { JSONValue.object(["part": .string(part.rawValue), "reason": .string($0)]) }
        }
        return [
            "ready": .bool(faults.isEmpty), "reasons": .array(reasons),
            "warnings": .array(warnings.map(JSONValue.string)),
        ]
    }
}
