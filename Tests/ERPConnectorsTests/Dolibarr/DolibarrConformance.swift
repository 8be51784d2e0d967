import ERPConnectors
import Primitives

@testable import ERPSimulators

extension ConformanceSubject {
    static let dolibarr = dolibarr("dolibarr with interventions", .dolibarr)
    static let dolibarrTicket = dolibarr("dolibarr with tickets", .dolibarrTicket)

    private static func dolibarr(_ name: String, _ simulator: SimulatorDefinition) -> ConformanceSubject {
        ConformanceSubject(
            name: name,
            kind: .dolibarr,
            simulator: simulator,
            wrongCredentials: ["bearer": "another-key"],
            samples: [
                .workOrderCreate: [
                    "title": "Check the bearing", "description": "Hot", "equipment": "PUMP-7", "priority": "high",
                ],
                .workOrderUpdate: ["title": "Check the bearing now", "priority": "critical"],
                .workOrderCancel: ["reason": "It was the sensor"],
                .workOrderComment: ["text": "It is worse"],
                .stockSet: ["item": "PELLET-PP", "quantity": 3_500],
                .stockConsume: ["item": "BRG-6204", "quantity": 2],
                .stockReceive: ["item": "BRG-6204", "quantity": 10],
                .partsCheck: ["item": "BRG-6204", "quantity": 2],
            ],
            // An order names its equipment in words.
            equipmentField: nil
        )
    }
}
