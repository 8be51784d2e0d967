/// One thing that is wrong with an input document: an element of `errors` in an RFC 9457 answer.
public struct InputIssue: Hashable, Sendable {
    /// JSON Pointer (RFC 6901) to the offending value; empty for the whole document.
    public var pointer: String
    /// Stable, machine-readable reason such as `required`, `type`, `unknown-metric`.
    public var code: String
    /// What is wrong and what to do, in one sentence; carries no secret.
    public var detail: String

    /// Makes an issue.
    public init(pointer: String, code: String, detail: String) {
        self.pointer = pointer
        self.code = code
        self.detail = detail
    }
}

/// An input document was refused; carries every issue found, not only the first.
public struct InvalidInput: Error, Hashable, Sendable {
    /// All issues, in the order of the document.
    public var issues: [InputIssue]

    /// Makes the error from several issues.
    public init(_ issues: [InputIssue]) {
        self.issues = issues
    }

    /// Makes the error from a single issue.
    public init(pointer: String, code: String, detail: String) {
        self.issues = [InputIssue(pointer: pointer, code: code, detail: detail)]
    }
}
