import ERP
import ERPConnectors
import Foundation
import Logging
import Primitives

extension Dispatcher {
    /// Draws the picture that a delivery attaches.
    ///
    /// A picture never touches its order, which is delivered before: what goes wrong here ends or delays the delivery of
    /// the picture alone.
    ///
    /// - Returns: the call with its file; nil when there is nothing to call now.
    func withPicture(_ call: DeliveryCall, _ course: DeliveryCourse) async -> DeliveryCall? {
        var call = call
        do {
            guard let pictures else { throw NoPicture("This server draws no pictures.") }
            call.delivery.attachment = try await pictures.picture(forDelivery: call.delivery.id)
            return call
        } catch let none as NoPicture {
            let verdict = DeliveryVerdict.dead(
                reason: DeliveryReason.noPicture,
                detail: none.detail,
                mayHaveHappened: false
            )
            await settle(call, verdict, nil)
        } catch {
            logger.warning(
                "a picture could not be drawn; it is tried again",
                metadata: ["delivery": "\(call.delivery.id.text)", "error": "\(error)"]
            )
            let failure = CallFailure(
                reason: DeliveryReason.pictureFailed,
                detail: "The picture could not be drawn now; it is tried again."
            )
            await settle(call, course.verdict(after: failure.transient, at: clock.now, jitter: random()), nil)
        }
        return nil
    }
}
