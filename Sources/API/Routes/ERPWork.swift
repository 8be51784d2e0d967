/// What the routes may ask of the workers that carry deliveries and read orders.
public struct ERPWork: Sendable {
    /// Wakes the dispatcher.
    public var hint: @Sendable () -> Void
    /// Reads a connector's changed orders now.
    public var hurry: @Sendable (_ connectorID: Int32) async throws -> Void
    /// Whether a connector's ERP fails all the time, so that only probes are sent to it.
    public var isOpen: @Sendable (_ connectorID: Int32) -> Bool

    /// Makes one.
    public init(
        hint: @escaping @Sendable () -> Void,
        hurry: @escaping @Sendable (_ connectorID: Int32) async throws -> Void,
        isOpen: @escaping @Sendable (_ connectorID: Int32) -> Bool
    ) {
        self.hint = hint
        self.hurry = hurry
        self.isOpen = isOpen
    }

    /// Where nothing works.
    public static let none = ERPWork(hint: {}, hurry: { _ in }, isOpen: { _ in false })
}
