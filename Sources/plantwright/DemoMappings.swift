import Primitives
import Simulation

/// The demo's connector and mappings.
enum DemoMappings {
    /// The connector to the ERP simulator, but for its address and token.
    static let connector: JSONValue = [
        "name": "Contoso ERP (simulator)", "kind": "rest", "url": "",
        "options": [
            "create": [
                "method": "POST", "path": "/api/orders", "id": "id",
                "body": [
                    "reference": "${idempotencyKey}", "title": "${title}", "text": "${text}",
                    "equipment": "${equipment}", "priority": "${priority}", "link": "${link}",
                ],
            ],
            "find": ["method": "GET", "path": "/api/orders?reference=${idempotencyKey}", "items": "items", "id": "id"],
            "status": ["method": "GET", "path": "/api/orders/${id}", "state": "status", "done": ["completed"]],
            "stock": [
                "method": "PUT", "path": "/api/stock/${item}", "body": ["quantity": "${quantity}", "unit": "${unit}"],
            ],
            "settle": 5,
        ],
    ]

    /// A work order for every rule of the plant, and the silos' levels as stock.
    static func all(_ plant: PlantModel) -> [PlantDocument] {
        plant.rules.map { rule in
            let name = rule.document["name"]?.string ?? rule.key
            return PlantDocument(
                key: rule.key + "-order",
                document: [
                    "name": .string("\(name) → maintenance order"), "trigger": ["rule": .string(rule.key)],
                    "connector": .string(Demo.connector), "operation": "work-order.create",
                    "fields": [
                        "title": "${rule.name}: ${device.name}",
                        "text": "Raised at ${alarm.raisedAt} with severity ${alarm.severity}.",
                        "equipment": "${asset.equipment}", "priority": "${alarm.severity}", "link": "${link}",
                    ],
                ])
        } + [
            PlantDocument(
                key: "silo-stock",
                document: [
                    "name": "Silo level → stock",
                    "trigger": ["metric": "level", "profile": "silo", "minChange": 5, "minInterval": "PT5S"],
                    "connector": .string(Demo.connector), "operation": "stock.set",
                    "fields": ["item": "${device.key}", "quantity": "${round(level, 0)}", "unit": "kg"],
                ])
        ]
    }
}
