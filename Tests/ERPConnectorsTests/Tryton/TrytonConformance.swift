import ERPConnectors
import Primitives

@testable import ERPSimulators

extension ConformanceSubject {
    /// Productions as orders, products as equipment.
    static let tryton = ConformanceSubject(
        name: "tryton",
        kind: .tryton,
        simulator: .tryton,
        wrongCredentials: ["username": "plantwright", "password": "another-password"],
        samples: [
            .workOrderCreate: [
                "title": "Check the bearing", "description": "Above 80 °C.", "equipment": "PUMP-7", "priority": "high",
                "item": "BRG-6204", "quantity": 2,
            ],
            .workOrderUpdate: ["description": "Now above 90 °C."],
            .workOrderCancel: ["reason": "The sensor was broken."],
            .workOrderComment: ["text": "It came back."],
            .stockSet: ["item": "PELLET-PP", "quantity": 3_500.25],
            .stockConsume: ["item": "PELLET-PP", "quantity": 120.5],
            .stockReceive: ["item": "BRG-6204", "quantity": 4],
            .partsCheck: ["item": "BRG-6204", "quantity": 2],
        ]
    )

    /// Tasks as orders, lots as equipment.
    static let trytonTasks: ConformanceSubject = {
        var subject = tryton
        subject.name = "tryton with tasks"
        subject.simulator.setup = { account in
            var setup = SimulatorDefinition.tryton.setup(account)
            setup.options = [
                "database": .string(TrytonSimulator.database), "company": "1", "orderModel": "project.work",
                "equipment": "lot", "cancelledStatus": "Cancelled",
            ]
            return setup
        }
        subject.samples[.workOrderCreate] = ["title": "Check the bearing", "equipment": "SN-70007"]
        subject.samples[.workOrderUpdate] = ["title": "Replace the bearing", "description": "Now above 90 °C."]
        return subject
    }()
}
