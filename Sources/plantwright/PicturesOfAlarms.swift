import API
import ERPConnectors
import Foundation
import Outbox
import Primitives

/// Draws the pictures that go to orders: those of the alarms that caused them.
struct PicturesOfAlarms: OrderPictures {
    let outbox: OutboxStore
    let alarms: AlarmPictures

    func picture(forDelivery deliveryID: UUID) async throws -> OrderAttachment {
        do {
            guard let alarm = try await outbox.delivery(deliveryID).delivery.alarmID else {
                throw NoPicture("The alarm is no longer kept.")
            }
            let picture = try await alarms.picture(ofAlarm: alarm)
            return OrderAttachment(title: picture.title, mediaType: "image/png", bytes: picture.png)
        } catch ResourceFailure.notFound(let what) {
            throw NoPicture("There is nothing to draw: no \(what) is kept.")
        }
    }
}
