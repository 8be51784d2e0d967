/// Why an operation on an addressed resource was refused, apart from invalid input.
public enum ResourceFailure: Error, Hashable, Sendable {
    /// There is no such resource. The text names its type and key.
    case notFound(String)
    /// The change contradicts what is stored; `code` is stable, `detail` says what to do.
    case conflict(code: String, detail: String)
    /// Something else is stored than the condition of the write asks for.
    case preconditionFailed(current: ResourceVersion?)
}
