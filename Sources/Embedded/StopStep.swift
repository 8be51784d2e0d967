/// One attempt at ending a process: a signal, and how long to wait before the next, harder one.
struct StopStep: Sendable {
    var signal: Int32
    var patience: Duration
}
