"""The made-up server's state: configuration, alarms, deliveries, work orders, and how they change."""

import random
import threading
import uuid

from . import accounts, administration, connectors, orders, plant, sources
from .clock import iso, now
from .configuration import CONNECTORS, MAPPINGS, RULES


class Store:
    """Everything in memory, under one lock."""

    def __init__(self):
        self.lock = threading.RLock()
        self.random = random.Random(7)
        assets, devices = plant.assets_and_devices()
        self.resources = {
            "profiles": {item["key"]: item for item in plant.PROFILES},
            "assets": {item["key"]: item for item in assets},
            "devices": {item["key"]: item for item in devices},
            "rules": {item["key"]: item for item in RULES},
            "connectors": {item["key"]: dict(item) for item in (*CONNECTORS, connectors.ODOO)},
            "mappings": {item["key"]: item for item in MAPPINGS},
            "sources": {item["key"]: dict(item) for item in sources.SOURCES},
        }
        self.accounts = accounts.Accounts()
        self.history = administration.history(self, "few")
        self.conflict = False
        self.prepared: set[str] = set()
        self.item_readings: dict[str, int] = {}
        self.versions: dict[str, list[dict]] = {}
        self.dry_runs: dict[str, dict] = {}
        self.dry_run_step, self.fails_matching = 0.4, False
        self.matchings: dict = {}
        self.traffic: dict[str, sources.Traffic] = {}
        self.rebirths: list[dict] = []
        self.imported: set[tuple] = set()
        self.tolerances: list[float] = []
        self.alarms: dict[str, dict] = {}
        self.deliveries: dict[str, dict] = {}
        self.work_orders: dict[str, dict] = {}
        self.silent = {"soil-05", "meter-04"}
        self.quarantine = [
            {"identifier": "press-07", "topic": "plantwright/v1/press-07/telemetry", "source": "native", "messages": 214,
             "firstSeen": iso(now() - 7_200_000), "lastSeen": iso(now() - 3000),
             "payload": '{"ts":1795363200000,"force":81.2,"strokes":1841}'},
            {"identifier": "wrapper-9", "topic": "factory/wrapper-9/data", "source": "packaging", "messages": 31,
             "firstSeen": iso(now() - 3_600_000), "lastSeen": iso(now() - 9000), "payload": '{"sensors":{"vibration":2.2}}'},
            {"identifier": "soil-21", "topic": "plantwright/v1/soil-21/telemetry", "source": "native", "messages": 12,
             "firstSeen": iso(now() - 900_000), "lastSeen": iso(now() - 61_000), "payload": '{"moisture":31.5}'}]
        packaged = '{"at":%d,"line":"P2","sensors":{"vibration":%s,"bearing":{"tempF":131.4}}}'
        self.rejected = [
            {"id": 43, "source": "packaging", "device": "motor-07", "topic": "factory/motor-07/data", "receivedAt": iso(now() - 12_000),
             "reason": "wrong-type", "detail": "vibration is a number in profile motor, but the message has the text “n/a”",
             "payload": packaged % (now() - 12_040, '"n/a"')},
            {"id": 42, "source": "packaging", "device": None, "topic": "factory/motor-08/data", "receivedAt": iso(now() - 31_000),
             "reason": "bad-json", "detail": "unexpected end of input at byte 23", "payload": '{"at":1795363200000,"lin'},
            {"id": 41, "source": "native", "device": "motor-05", "topic": "plantwright/v1/motor-05/telemetry",
             "receivedAt": iso(now() - 45_000), "reason": "wrong-type",
             "detail": "temperature is a number in profile motor, but the message has the text \"hot\"",
             "payload": '{"ts":1795363200000,"temperature":"hot"}'},
            {"id": 40, "source": "native", "device": None, "topic": "plantwright/v1/meter-02/telemetry", "receivedAt": iso(now() - 5_400_000),
             "reason": "bad-json", "detail": "unexpected end of input at byte 17", "payload": '{"flow": 128.1, "'}]
        self._history()

    def _history(self) -> None:
        present = now()
        motors = [key for key in self.resources["devices"] if key.startswith("motor")]
        for index in range(34):
            raised = present - int((index * 5 + 1.5 + self.random.random() * 3) * 3_600_000)
            rule = "bearing-hot" if index % 3 else "vibration-high"
            device = "motor-03" if index % 2 else self.random.choice(motors)
            alarm = self.raise_alarm(rule, device, raised, history=True)
            alarm["clearedAt"] = iso(raised + self.random.randint(5, 70) * 60_000)
            alarm["state"] = "cleared"
            if index % 4:
                alarm["acknowledgedAt"], alarm["acknowledgedBy"] = iso(raised + 240_000), "Ada Jansen"
            self.deliver(alarm, raised, dead=index == 6, done=index > 4)
        for rule, device, minutes in [("cargo-warm", "truck-4", 3), ("soil-dry", "soil-03", 26), ("co2-high", "floor-2", 51),
                                      ("pressure-low", "meter-02", 12)]:
            alarm = self.raise_alarm(rule, device, present - minutes * 60_000, history=True)
            if rule in ("cargo-warm", "pressure-low"):
                self.deliver(alarm, present - minutes * 60_000, waiting=rule == "pressure-low")
        orders.add_examples(self)

    def raise_alarm(self, rule_key: str, device_key: str, at: int, history: bool = False) -> dict:
        rule, device = self.resources["rules"][rule_key], self.resources["devices"][device_key]
        asset = self.resources["assets"].get(device["asset"])
        alarm = {
            "id": str(uuid.uuid4()), "rule": {"key": rule["key"], "name": rule["name"], "revision": 2},
            "device": {"key": device["key"], "name": device["name"]},
            "asset": {"key": asset["key"], "name": asset["name"]} if asset else None, "severity": rule["severity"],
            "state": "open", "raisedAt": iso(at), "receivedAt": iso(at + self.random.randint(8, 60)), "clearedAt": None,
            "acknowledgedAt": None, "acknowledgedBy": None, "note": None, "orders": [], "outcome": None}
        self.alarms[alarm["id"]] = alarm
        return alarm

    def deliver(self, alarm: dict, at: int, dead=False, done=False, waiting=False) -> dict:
        connector = CONNECTORS[0]
        number = f"WO-{1000 + len(self.deliveries)}"
        state = "dead" if dead else "waiting" if waiting else "delivered"
        finished = None if waiting else at + self.random.randint(300, 2400)
        title = f"{alarm['rule']['name']} at {alarm['asset']['name']}"
        delivery = {
            "id": str(uuid.uuid4()), "idempotencyKey": f"pw-{uuid.uuid4().hex[:13]}",
            "mapping": {"key": "bearing-order", "name": "Bearing work order", "revision": 3},
            "connector": {"key": connector["key"], "name": connector["name"]}, "operation": "work-order.create",
            "state": state, "reason": "equipment-unknown" if dead else "connection-refused" if waiting else None,
            "detail": "422: equipment 'EQ-0' does not exist" if dead else "connection refused" if waiting else None,
            "attempts": 4 if waiting else 1, "createdAt": iso(at + 90), "nextAttemptAt": iso(now() + 30_000) if waiting else None,
            "finishedAt": iso(finished), "externalId": number if state == "delivered" else None, "alarmId": alarm["id"],
            "device": alarm["device"], "asset": alarm["asset"],
            "fields": {"title": title, "equipment": "EQ-1003", "priority": alarm["severity"]}, "readingTs": alarm["raisedAt"]}
        delivery["timeline"] = self._timeline(delivery, at)
        self.deliveries[delivery["id"]] = delivery
        alarm["orders"] = [{"deliveryId": delivery["id"], "state": state, "externalId": delivery["externalId"]}]
        if state == "delivered":
            order = orders.work_order(number, number, "done" if done else "open", "done" if done else "open", delivery)
            order |= {"doneAt": iso(at + 7_200_000) if done else None, "createdAt": iso(finished), "connector": delivery["connector"],
                      "link": f"http://127.0.0.1:9/orders/{number}"}
            self.work_orders[delivery["id"]] = order
        return delivery

    def _timeline(self, delivery: dict, at: int) -> list[dict]:
        body = '{"equipment":"EQ-1003","subject":"%s","reference":"%s"}' % (
            delivery["fields"]["title"], delivery["idempotencyKey"])
        entries = []
        for number in range(1, delivery["attempts"] + 1):
            failed, dead = delivery["state"] == "waiting", delivery["state"] == "dead"
            entries.append({
                "number": number, "purpose": "create" if number == 1 else "look-up",
                "startedAt": iso(at + 100 + number * 2000), "endedAt": iso(at + 340 + number * 2000),
                "outcome": "transient" if failed else "refused" if dead else "done",
                "request": f"POST http://erp.example/api/orders\ncontent-type: application/json\n\n{body}",
                "status": None if failed else 422 if dead else 201,
                "response": "connection refused" if failed else
                '{"error":"equipment does not exist"}' if dead else '{"id":"%s"}' % delivery["externalId"]})
        return entries

    def severity_of(self, asset_key: str) -> str | None:
        order = ["low", "medium", "high", "critical"]
        found = [a["severity"] for a in self.alarms.values()
                 if a["state"] == "open" and a["asset"] and a["asset"]["key"] == asset_key]
        return max(found, key=order.index) if found else None

    def overview(self) -> dict:
        assets = []
        for asset in self.resources["assets"].values():
            devices = [{"key": d["key"], "name": d["name"], "profile": d["profile"],
                        **({"location": plant.value(d["key"], "position", now())} if d["profile"] == "truck" else {})}
                       for d in self.resources["devices"].values() if d["asset"] == asset["key"]]
            assets.append({**asset, "severity": self.severity_of(asset["key"]), "devices": devices})
        severities = [a["severity"] for a in self.alarms.values() if a["state"] == "open"]
        total = len(self.resources["devices"])
        return {
            "devices": {"total": total, "reporting": total - len(self.silent), "silent": len(self.silent)},
            "alarms": {level: severities.count(level) for level in ("low", "medium", "high", "critical")},
            "orders": {"open": sum(1 for w in self.work_orders.values() if not w["doneAt"]),
                       "waiting": sum(1 for d in self.deliveries.values() if d["state"] in ("waiting", "uncertain")),
                       "dead": sum(1 for d in self.deliveries.values() if d["state"] == "dead")},
            "assets": assets}
