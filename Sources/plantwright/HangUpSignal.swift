import Dispatch
import Foundation

/// SIGHUP, by which administrators tell servers to read their certificates again.
enum HangUpSignal {
    /// One element for each signal, from now on; SIGHUP does not end the process any more.
    static func received() -> AsyncStream<Void> {
        signal(SIGHUP, SIG_IGN)
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let source = DispatchSource.makeSignalSource(signal: SIGHUP, queue: .global())
        source.setEventHandler { continuation.yield() }
        continuation.onTermination = { _ in source.cancel() }
        source.resume()
        return stream
    }
}
