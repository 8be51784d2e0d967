import Synchronization

/// Lets a server's state be read without waiting, whichever child stands for it at the moment.
final class StateSource: Sendable {
    private let process = Mutex<SupervisedProcess?>(nil)

    /// The state of the process followed, ``EmbeddedState/stopped`` when there is none.
    var state: EmbeddedState { process.withLock { $0?.state ?? .stopped } }

    /// Follows a process from now on.
    func follow(_ new: SupervisedProcess) {
        process.withLock { $0 = new }
    }
}
