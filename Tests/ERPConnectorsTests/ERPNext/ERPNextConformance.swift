import ERPConnectors
import Primitives

@testable import ERPSimulators

extension ConformanceSubject {
    static let erpnext = ConformanceSubject(
        name: "erpnext with asset repairs",
        kind: .erpnext,
        simulator: .erpnext,
        wrongCredentials: ["username": "plantwright", "password": "another-secret"],
        samples: erpnextSamples,
        unknownOrder: "ACC-ASR-2026-99999"
    )

    static let erpnextIssue = ConformanceSubject(
        name: "erpnext with issues",
        kind: .erpnext,
        simulator: .erpnextIssue,
        wrongCredentials: ["username": "plantwright", "password": "another-secret"],
        samples: erpnextSamples,
        // An issue names its asset in words.
        equipmentField: nil,
        unknownOrder: "ISS-2026-99999"
    )

    private static let erpnextSamples: [ERPOperation: JSONObject] = [
        .workOrderCreate: [
            "title": "Check the bearing", "description": "72 °C & rising", "equipment": "PUMP-7", "priority": "high",
            "item": "BRG-6204", "quantity": 2,
        ],
        .workOrderUpdate: ["title": "Check the bearing now", "priority": "critical"],
        .workOrderCancel: ["reason": "It was the sensor"],
        .workOrderComment: ["text": "It is worse: <80 °C>"],
        .stockSet: ["item": "PELLET-PP", "quantity": 3_500],
        .stockConsume: ["item": "BRG-6204", "quantity": 2],
        .stockReceive: ["item": "BRG-6204", "quantity": 10, "rate": 4.5],
        .partsCheck: ["item": "BRG-6204", "quantity": 2],
    ]
}
