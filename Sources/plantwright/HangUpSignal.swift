import Dispatch
import Foundation

/// SIGHUP, by which administrators tell servers to read their certificates again.
enum HangUpSignal {
    /// Calls `action` for each signal until the task is cancelled; SIGHUP does not end the process any more.
    static func handle(_ action: @Sendable () async -> Void) async {
        signal(SIGHUP, SIG_IGN)
        let (received, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let source = DispatchSource.makeSignalSource(signal: SIGHUP, queue: .global())
        source.setEventHandler { continuation.yield() }
        source.resume()
        defer { source.cancel() }
        for await _ in received { await action() }
    }
}
