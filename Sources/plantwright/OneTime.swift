import Synchronization

/// A value that is handed out once.
final class OneTime<Value: Sendable>: Sendable {
    private let value: Mutex<Value?>

    init(_ value: Value?) {
        self.value = Mutex(value)
    }

    /// The value at the first call, then nil.
    func take() -> Value? {
        value.withLock { value in
            defer { value = nil }
            return value
        }
    }
}
