import ERPConnectors
import Primitives

extension ERPConnector {
    /// The requests that take a picture to the order that a delivery makes; words stand for its number and the picture.
    ///
    /// None when this connector cannot attach pictures.
    func previewPicture(toOrderOf order: DeliveryOrder) throws(CallFailure) -> [RenderedRequest] {
        guard traits(of: .workOrderAttach) != nil else { return [] }
        return try preview(
            DeliveryOrder(
                idempotencyKey: "pc-" + order.idempotencyKey.dropFirst(3),
                operation: .workOrderAttach,
                fields: [:],
                target: MappingPreviewer.placeholder,
                causedAt: order.causedAt
            )
        )
    }
}
