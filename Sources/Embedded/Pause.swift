import Dispatch

/// The rhythm of everything here that can only be polled.
enum Pause {
    /// Waits 10 ms, also in a cancelled task: ending the children takes its time when everything else is over.
    static func short() async {
        await withCheckedContinuation { continuation in
            DispatchQueue.global().asyncAfter(deadline: .now() + .milliseconds(10)) { continuation.resume() }
        }
    }
}
