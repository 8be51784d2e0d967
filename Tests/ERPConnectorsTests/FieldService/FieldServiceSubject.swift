import ERPConnectors
import Primitives

@testable import ERPSimulators

extension ConformanceSubject {
    static let fieldService = ConformanceSubject(
        name: "dynamics-field-service",
        kind: .dynamicsFieldService,
        simulator: .fieldService,
        wrongCredentials: ["bearer": "another-token"],
        samples: [
            .workOrderCreate: [
                "title": "Check the bearing", "description": "It's hot: 91 °C", "equipment": "PUMP-7",
                "priority": "critical", "workType": "Repair", "item": "BRG-6204", "quantity": 2,
            ],
            .workOrderUpdate: ["title": "Replace the bearing", "priority": "high"],
            .workOrderCancel: ["reason": "Sensor fault"],
            .workOrderComment: ["text": "Still hot"],
            .stockSet: ["item": "PELLET-PP", "quantity": 3_500.5],
            .stockConsume: ["item": "BRG-6204", "quantity": 2],
            .stockReceive: ["item": "BRG-6204", "quantity": 5, "location": "Main"],
            .partsCheck: ["item": "BRG-6204", "quantity": 30],
        ],
        unknownOrder: "00000000-0000-4000-8000-00000000dead"
    )
}
