/// What a private server is doing.
public enum EmbeddedState: Hashable, Sendable {
    /// It does not run: not started yet, or stopped.
    case stopped
    /// It is being started.
    case starting
    /// It runs and takes connections.
    case running
    /// It died, and is started again after a pause; `reason` says how it ended and holds no secret.
    case restarting(reason: String)
    /// It is being stopped.
    case stopping
}
