import NIOCore

extension NIODeadline {
    /// The deadline so much later than now.
    static func after(_ duration: Duration) -> NIODeadline {
        .now() + TimeAmount(duration)
    }
}
