/// What a connector is asked to do.
public enum ERPOperation: String, CaseIterable, Sendable {
    /// Creates a maintenance order.
    case workOrderCreate = "work-order.create"
    /// Changes a maintenance order.
    case workOrderUpdate = "work-order.update"
    /// Cancels a maintenance order.
    case workOrderCancel = "work-order.cancel"
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

    /// Whether deliveries of this operation can be made as yet.
    public var isImplemented: Bool { self == .workOrderCreate || self == .stockSet }
}
