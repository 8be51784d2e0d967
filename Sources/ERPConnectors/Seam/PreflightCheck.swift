import Primitives

/// One thing that was tried before a connector goes live.
public struct PreflightCheck: Hashable, Sendable {
    /// How it went.
    public enum Result: String, Sendable {
        case ok
        /// Works, with something to know.
        case warning
        /// Orders would fail.
        case failed
        /// Not tried, because something before it failed.
        case skipped
    }

    /// Stable, such as `reachable`, `credentials`, `create-permission`, `reference-field`, `clock`.
    public var name: String
    /// What people read: “Credentials are accepted”.
    public var title: String
    /// How it went.
    public var result: Result
    /// What was asked and answered, in a sentence.
    public var detail: String
    /// What the admin is to do about it; nil when there is nothing to do.
    public var remedy: String?
    /// A step that ``ERPConnector/prepare(_:)`` does with consent; nil when there is none.
    public var step: String?

    /// Makes a check.
    public init(
        _ name: String,
        _ title: String,
        _ result: Result,
        _ detail: String,
        remedy: String? = nil,
        step: String? = nil
    ) {
        self.name = name
        self.title = title
        self.result = result
        self.detail = detail
        self.remedy = remedy
        self.step = step
    }

    /// The API's form: `{name, title, result, detail, remedy, step}`.
    public var json: JSONValue {
        [
            "name": .string(name), "title": .string(title), "result": .string(result.rawValue),
            "detail": .string(detail), "remedy": remedy.map(JSONValue.string) ?? .null,
            "step": step.map(JSONValue.string) ?? .null,
        ]
    }
}
