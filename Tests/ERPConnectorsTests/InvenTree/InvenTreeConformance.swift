import ERPConnectors
import Primitives

@testable import ERPSimulators

extension ConformanceSubject {
    static let inventree = ConformanceSubject(
        name: "inventree",
        kind: .inventree,
        simulator: .inventree,
        wrongCredentials: ["bearer": "inv-another-token"],
        samples: [
            .workOrderCreate: [
                "title": "Check the bearing", "description": "Hot", "equipment": "PUMP-7", "priority": "high",
            ],
            .workOrderUpdate: ["title": "Check the bearing now", "priority": "critical"],
            .workOrderCancel: ["reason": "It was the sensor"],
            .workOrderComment: ["text": "It is worse"],
            .stockSet: ["item": "PELLET-PP", "quantity": 3_500],
            // All there is, so that the stock item would be deleted with its log.
            .stockConsume: ["item": "BRG-6204", "quantity": 25],
            .stockReceive: ["item": "BRG-6204", "quantity": 10],
            .partsCheck: ["item": "BRG-6204", "quantity": 2],
        ],
        // A build order names its equipment in words.
        equipmentField: nil
    )
}
