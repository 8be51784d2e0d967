/// What a connector is asked to do.
public enum ERPOperation: String, CaseIterable, Sendable {
    /// Creates a maintenance order.
    case workOrderCreate = "work-order.create"
    /// Changes a maintenance order.
    case workOrderUpdate = "work-order.update"
    /// Cancels a maintenance order on which work has not begun.
    case workOrderCancel = "work-order.cancel"
    /// Adds a remark to a maintenance order.
    case workOrderComment = "work-order.comment"
    /// Attaches a picture to a maintenance order; comes of an order whose mapping asks for one, never of a mapping itself.
    case workOrderAttach = "work-order.attach"
    /// Sets the absolute stock of an item.
    case stockSet = "stock.set"
    /// Books stock out.
    case stockConsume = "stock.consume"
    /// Books stock in.
    case stockReceive = "stock.receive"
    /// Records a meter reading.
    case meterRecord = "meter.record"
    /// Asks whether parts are there.
    case partsCheck = "parts.check"

    /// Whether it is about an order that an earlier operation made: ``DeliveryOrder/target``.
    public var needsTarget: Bool {
        switch self {
        case .workOrderUpdate, .workOrderCancel, .workOrderComment, .workOrderAttach: true
        default: false
        }
    }

    /// Whether a mapping may name it.
    public var isForMappings: Bool { self != .workOrderAttach }

    /// Whether it is about an item's stock.
    public var isAboutStock: Bool {
        switch self {
        case .stockSet, .stockConsume, .stockReceive: true
        default: false
        }
    }
}
