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

    /// Rules whose alarms are shown and order nothing: a worn bearing is both hot and loud, and one order is enough.
    private static let unmapped: Set<String> = ["vibration-high"]

    /// A work order for every other rule of the plant, and the silos' levels as stock.
    static func all(_ plant: PlantModel) -> [PlantDocument] {
        plant.rules.filter { !unmapped.contains($0.key) }.map { rule in
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
                ]
            )
        } + [
            PlantDocument(
                key: "silo-stock",
                document: [
                    "name": "Silo level → stock",
                    "trigger": ["metric": "level", "profile": "silo", "minChange": 50, "minInterval": "PT10S"],
                    "connector": .string(Demo.connector), "operation": "stock.set",
                    "fields": ["item": "${device.key}", "quantity": "${round(level, 0)}", "unit": "kg"],
                ]
            )
        ]
    }
}
