import Primitives

@testable import ERPConnectors
@testable import ERPSimulators

extension ConformanceSubject {
    /// Notifications with released orders.
    static let sap = ConformanceSubject(
        name: "sap-s4hana",
        kind: .sapS4HANA,
        simulator: .sapS4HANA,
        wrongCredentials: ["username": "plantwright", "password": "of-somebody-else"],
        samples: sapSamples(item: "BRG-6204"),
        secretsAreSentPlainly: false
    )

    /// Notifications alone.
    static let sapNotifications: ConformanceSubject = {
        var subject = sap
        subject.name = "sap-s4hana, notifications only"
        subject.simulator.setup = { account in
            SimulatorSetup(
                kind: "sap-s4hana",
                credentials: ["username": .string(account.name), "password": .string(account.secret.reveal())],
                options: ["plant": "1010", "storageLocation": "101A", "costCenter": "MAINT"]
            )
        }
        subject.samples = sapSamples(item: nil)
        return subject
    }()

    private static func sapSamples(item: String?) -> [ERPOperation: JSONObject] {
        var create: JSONObject = [
            "title": "Check the bearing", "description": "Bearing at 81.2 °C.", "equipment": "PUMP-7",
            "priority": "high", "failureCode": "PUMP/HOT", "breakdown": true, "link": "https://plant.example/alarms/1",
        ]
        if let item {
            create["item"] = .string(item)
            create["quantity"] = 2
        }
        return [
            .workOrderCreate: create,
            .workOrderUpdate: ["title": "Check the bearing now", "priority": "critical"],
            .workOrderComment: ["text": "Still hot."],
            .workOrderCancel: ["reason": "cooled down"],
            .stockSet: ["item": "PELLET-PP", "quantity": 3_500.5],
            .stockConsume: ["item": "BRG-6204", "quantity": 2],
            .stockReceive: ["item": "PELLET-PP", "quantity": 12.25, "location": "1010/101A"],
            .partsCheck: ["item": "BRG-6204", "quantity": 4],
        ]
    }
}
