"""Rules, connectors and mappings of the made-up plant."""


def _rule(key, name, severity, profile, condition, hold="PT0S", clear=None):
    return {"key": key, "name": name, "severity": severity, "profile": profile, "condition": condition, "for": hold,
            "clear": clear, "enabled": True}


RULES = [
    _rule("bearing-hot", "Bearing temperature high", "high", "motor", "temperature > 80", "PT10S", "temperature < 75"),
    _rule("vibration-high", "Vibration high", "medium", "motor", "vibration > 4.5 and running == true", "PT30S"),
    _rule("cargo-warm", "Cargo too warm", "critical", "truck", "cargo_temperature > -15", "PT2M"),
    _rule("soil-dry", "Soil dry", "low", "soil", "moisture < 22"),
    _rule("co2-high", "CO₂ high", "medium", "hvac", "co2 > 900", "PT5M"),
    _rule("pressure-low", "Pressure low", "high", "water", "pressure < 3"),
]

CONNECTORS = [
    {"key": "erp-simulator", "name": "ERP simulator", "kind": "rest", "url": "http://127.0.0.1:9090", "hasCredentials": True,
     "options": {
         "create": {"method": "POST", "path": "/api/orders", "id": "id",
                    "body": {"equipment": "${equipment}", "subject": "${title}", "priority": "${priority}",
                             "reference": "${idempotencyKey}"}},
         "find": {"method": "GET", "path": "/api/orders?reference=${idempotencyKey}", "items": "items", "id": "id"},
         "status": {"method": "GET", "path": "/api/orders/${id}", "state": "status", "done": ["done", "cancelled"]},
         "stock": {"method": "PUT", "path": "/api/stock/${item}", "body": {"quantity": "${quantity}"}},
         "link": "http://127.0.0.1:9090/orders/${id}", "settle": 10}},
]

MAPPINGS = [
    {"key": "bearing-order", "name": "Bearing work order", "trigger": {"rule": "bearing-hot"}, "connector": "erp-simulator",
     "operation": "work-order.create", "enabled": True,
     "fields": {"title": "Bearing of ${asset.name} at ${round(temperature, 1)} °C", "equipment": "${asset.equipment}",
                "priority": "${alarm.severity}", "description": "Raised at ${alarm.raisedAt}. Evidence: ${link}"}},
    {"key": "silo-stock", "name": "Silo stock", "trigger": {"metric": "level", "profile": "silo", "minChange": 0.5,
                                                            "minInterval": "PT10S"},
     "connector": "erp-simulator", "operation": "stock.set", "enabled": True,
     "fields": {"item": "PP-GRANULATE", "quantity": "${round(level, 1)}"}},
]
