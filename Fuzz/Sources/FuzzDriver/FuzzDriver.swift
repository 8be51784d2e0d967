import CLibFuzzer

/// Hands inputs to a property until one breaks it.
public enum FuzzDriver {
    // libFuzzer's callback is a C function and cannot capture: the property is kept here, set once before it begins.
    nonisolated(unsafe) private static var violation: ([UInt8]) -> String? = { _ in nil }

    /// Runs libFuzzer with the arguments of the process; returns its status.
    ///
    /// - Parameter violation: says how an input breaks the property; nil when it holds.
    public static func run(_ violation: @escaping ([UInt8]) -> String?) -> CInt {
        self.violation = violation
        var count = CommandLine.argc
        var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
        return LLVMFuzzerRunDriver(&count, &arguments) { data, size in
            if let violation = FuzzDriver.violation(Array(UnsafeBufferPointer(start: data, count: size))) {
                fatalError(violation)
            }
            return 0
        }
    }
}
