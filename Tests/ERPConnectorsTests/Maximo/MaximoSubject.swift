import ERPConnectors
import Primitives

@testable import ERPSimulators

extension ConformanceSubject {
    static let maximo = ConformanceSubject(
        name: "maximo",
        kind: .maximo,
        simulator: .maximo,
        wrongCredentials: ["header": "apikey", "value": "another-key"],
        samples: [
            .workOrderCreate: [
                "title": "Check the bearing", "description": "91 °C", "equipment": "PUMP-7", "priority": "critical",
                "workType": "CM", "item": "BRG-6204", "quantity": 2,
            ],
            .workOrderUpdate: ["title": "Replace the bearing", "priority": "medium"],
            .workOrderCancel: ["reason": "Sensor fault"],
            .workOrderComment: ["text": "Still hot"],
            .stockSet: ["item": "PELLET-PP", "quantity": 3_500],
            .stockConsume: ["item": "BRG-6204", "quantity": 2, "equipment": "PUMP-7"],
            .meterRecord: ["equipment": "PUMP-7", "meter": "RUNHOURS", "value": 120.5],
            .partsCheck: ["item": "BRG-6204", "quantity": 2],
        ]
    )
}
