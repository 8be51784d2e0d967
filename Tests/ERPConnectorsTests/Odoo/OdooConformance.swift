import ERPConnectors
import Primitives

@testable import ERPSimulators

extension ConformanceSubject {
    static let odoo11 = odoo(.odoo11, wrong: ["username": "plantwright", "password": "not-it"])
    static let odoo14 = odoo(.odoo14, wrong: ["username": "somebody", "password": "s3cret-of-the-test"])
    static let odoo17 = odoo(.odoo17, wrong: ["username": "plantwright", "password": "not-it"])
    static let odoo19 = odoo(.odoo, wrong: ["bearer": "not-it"])

    private static func odoo(_ simulator: SimulatorDefinition, wrong: JSONValue) -> ConformanceSubject {
        ConformanceSubject(
            name: simulator.name,
            kind: .odoo,
            simulator: simulator,
            wrongCredentials: wrong,
            samples: [
                .workOrderCreate: [
                    "title": "Check the bearing", "equipment": "SN-70007", "priority": "high",
                    "description": "71 °C < 80 °C", "workType": "corrective", "item": "BRG-6204", "quantity": 2,
                    "link": "https://plant.example/alarms/1",
                ],
                .workOrderUpdate: ["title": "Check both bearings", "priority": "critical"],
                .workOrderCancel: ["reason": "It was a false alarm."],
                .workOrderComment: ["text": "Still 83 °C."],
                .stockSet: ["item": "PELLET-PP", "quantity": 3_500.5, "unit": "kg"],
                .stockConsume: ["item": "BRG-6204", "quantity": 2],
                .stockReceive: ["item": "PELLET-PP", "quantity": 250.25],
                .partsCheck: ["item": "BRG-6204", "quantity": 30],
            ]
        )
    }
}
