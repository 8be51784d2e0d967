"""The full circle as a test walks it: a reading by MQTT, an alarm, a delivery, an order in a real ERP, and back.

All waiting is for a named state, with a deadline; what the API said last is part of the message when it passes.
"""

from __future__ import annotations

import json
import os
import pathlib
import re
import subprocess
import threading
import time
import urllib.parse

import paho.mqtt.client as mqtt

from plant_harness import ROOT, Line, wait_until

# Where `swift test` finds the built tests; another package that has them may stand in for the whole product.
PACKAGE = pathlib.Path(os.environ.get("PLANTWRIGHT_SWIFT_PACKAGE", ROOT))
FINAL = ("delivered", "dead", "superseded")


def cache(name: str) -> pathlib.Path:
    """A folder for what an ERP's installation is made of, kept between runs and ignored by Git."""
    folder = ROOT / ".cache" / "erp" / name
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def run_live_suite(suite: str, environment: dict[str, str], seconds: float = 600):
    """Runs the Swift tests of one kind against a running ERP; a suite that ran nothing, or skipped, is a failure."""
    command = ["swift", "test", "--skip-build", "--disable-xctest", "--no-parallel", "--filter", suite]
    done = subprocess.run(command, cwd=PACKAGE, env={**os.environ, **environment}, capture_output=True, text=True,
                          timeout=seconds)
    output = done.stdout + done.stderr
    assert done.returncode == 0, output[-8_000:]
    ran = re.findall(r"Test run with (\d+) tests?.* passed", output)
    assert ran and int(ran[-1]) > 0, f"{suite} ran no test:\n{output[-4_000:]}"
    assert "skipped" not in output, output[-4_000:]


class Circle:
    """A running line, and the words to configure, cause and follow what goes to an ERP."""

    def __init__(self, line: Line):
        self.line = line
        self.server = line.server
        self.lock = threading.Lock()
        self.last_time = 0
        self.client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id="circle", protocol=mqtt.MQTTv5)
        self.client.connect("127.0.0.1", line.broker.port)
        self.client.loop_start()

    def stop(self):
        self.client.disconnect()
        self.client.loop_stop()

    # Configuration; every name is a key of the API, so that tests of several kinds do not meet.

    def profile(self, key: str, metrics: dict[str, tuple[str, str]]) -> dict:
        """Metrics as `{"temperature": ("Cel", "gauge")}`."""
        return self.server.put(f"/api/v1/profiles/{key}", {
            "name": key, "reportingInterval": 60,
            "metrics": [{"key": metric, "name": metric.capitalize(), "unit": unit, "kind": kind}
                        for metric, (unit, kind) in metrics.items()]})

    def asset(self, key: str, equipment: dict[str, str] | None = None, name: str | None = None) -> dict:
        return self.server.put(f"/api/v1/assets/{key}", {
            "name": name or key, "level": "work-unit", "equipment": equipment or {}})

    def device(self, key: str, profile: str, asset: str | None = None) -> dict:
        return self.server.put(f"/api/v1/devices/{key}", {"name": key, "profile": profile, "asset": asset})

    def rule(self, key: str, profile: str, condition: str, severity: str = "high") -> dict:
        return self.server.put(f"/api/v1/rules/{key}", {
            "name": key, "profile": profile, "severity": severity, "condition": condition})

    def connector(self, key: str, kind: str, url: str, credentials: dict, options: dict | None = None) -> dict:
        return self.server.put(f"/api/v1/connectors/{key}", {
            "name": key, "kind": kind, "url": url, "credentials": credentials, "options": options or {}})

    def preflight(self, key: str) -> dict:
        """The answer with its checks by name: `preflight("erp")["checks"]["credentials"]["result"]`."""
        status, answer = self.server.call("POST", f"/api/v1/connectors/{key}/test")
        assert status == 200, (status, answer)
        return {**answer, "checks": {check["name"]: check for check in answer["checks"]}}

    def mapping(self, key: str, connector: str, operation: str, fields: dict, *, rule: str | None = None,
                trigger: dict | None = None, **more) -> dict:
        return self.server.put(f"/api/v1/mappings/{key}", {
            "name": key, "trigger": trigger or {"rule": rule}, "connector": connector, "operation": operation,
            "fields": fields, **more})

    # Equipment

    def read_equipment(self, connector: str) -> list[dict]:
        """Has the ERP's equipment read, and gives the list of assets and equipment."""
        path = f"/api/v1/connectors/{connector}/matching"
        before = self.server.get(path)["readAt"]
        status, answer = self.server.call("POST", path + "/read")
        assert status == 202, (status, answer)

        def done():
            overview = self.server.get(path)
            assert overview["error"] is None, overview
            return overview if not overview["reading"] and overview["readAt"] != before else None

        return wait_until(done, 60, f"the equipment of {connector}")["items"]

    def match(self, connector: str, asset: str, name: str, reference: str):
        """An asset of that name is proposed for the ERP's equipment; the proposal is confirmed, and is a link then."""
        # Assets that other tests have matched in the same words must not compete for the proposal.
        others = {"tryton", "odoo", "sap"} - {connector}
        self.asset(asset, {other: "elsewhere" for other in others}, name)
        rows = self.read_equipment(connector)
        proposed = [row for row in rows if row["state"] == "proposed" and row["asset"]["key"] == asset]
        assert [row["equipment"]["reference"] for row in proposed] == [reference], rows
        assert proposed[0]["score"] >= 0.5 and proposed[0]["reasons"], proposed
        status, answer = self.server.call("POST", f"/api/v1/connectors/{connector}/matching/links", {
            "links": [{"asset": row["asset"]["key"], "reference": row["equipment"]["reference"]} for row in proposed]})
        assert (status, answer) == (200, {"updated": 1})
        assert self.server.get(f"/api/v1/assets/{asset}")["equipment"][connector] == reference
        row, = [row for row in self.server.get(f"/api/v1/connectors/{connector}/matching")["items"]
                if row["asset"] and row["asset"]["key"] == asset]
        assert row["state"] == "linked" and row["equipment"]["name"] == name, row

    # Items

    def shows_stock(self, connector: str, item: str, name: str, quantity: float, unit: str | None = None):
        """The item is found by its name, our figure has its name and unit, and the ERP tells the same quantity."""
        path = f"/api/v1/connectors/{connector}"

        def found():
            answer = self.server.get(f"{path}/items?search={urllib.parse.quote(name.split()[0].lower())}")
            assert answer["error"] is None, answer
            return answer["items"] if answer["readAt"] and not answer["reading"] else None

        known = {one["reference"]: one for one in wait_until(found, 60, f"the items of {connector}")}[item]
        assert known["name"] == name and (unit is None or known["unit"] == unit), known
        row = next(row for row in self.server.items("/api/v1/inventory")
                   if row["item"] == item and row["connector"]["key"] == connector)
        assert (row["itemName"], row["itemUnit"], row["quantity"]) == (name, known["unit"], quantity), row
        assert self.server.get(f"{path}/stock?item={item}")["onHand"] == quantity

    # Causes

    def publish(self, device: str, **values) -> int:
        """Sends a reading and waits until the broker has taken it. Returns its time, in Unix milliseconds."""
        with self.lock:
            self.last_time = max(self.last_time + 1, int(time.time() * 1000))
            moment = self.last_time
        payload = json.dumps({"ts": moment, **values})
        self.client.publish(f"plantwright/v1/{device}/telemetry", payload, qos=1).wait_for_publish(30)
        return moment

    # Effects

    def deliveries(self, mapping: str) -> list[dict]:
        return [one for one in self.server.items("/api/v1/deliveries")
                if one["mapping"]["key"] == mapping and one["operation"] != "work-order.attach"]

    def wait_for_delivery(self, mapping: str, state: str = "delivered", *, count: int = 1, seconds: float = 60) -> dict:
        """The newest of at least `count` deliveries of a mapping, when it is in `state`; another end is an error."""
        seen: list[dict] = []

        def reached():
            seen[:] = self.deliveries(mapping)
            if len(seen) < count:
                return None
            newest = seen[0]
            if newest["state"] in FINAL and newest["state"] != state:
                raise RuntimeError(f"{mapping} is {newest['state']}, not {state}: {self.explain(newest)}")
            return newest if newest["state"] == state else None

        try:
            return wait_until(reached, seconds, f"{mapping} to be {state}")
        except TimeoutError as error:
            raise TimeoutError(f"{error}; it is {[self.explain(one) for one in seen]}") from None

    def wait_for_picture(self, delivery: dict, *, seconds: float = 60) -> tuple[str, bytes]:
        """The key of an order's picture, once the ERP has it, and the picture as the server draws it."""
        seen: list[dict] = []

        def reached():
            detail = self.server.get(f"/api/v1/deliveries/{delivery['id']}")
            seen[:] = [detail["picture"]]
            if detail["picture"] and detail["picture"]["state"] in ("dead", "superseded"):
                raise RuntimeError(f"the picture is {detail['picture']}")
            return detail["picture"] if detail["picture"] and detail["picture"]["state"] == "delivered" else None

        try:
            picture = wait_until(reached, seconds, "the order's picture")
        except TimeoutError as error:
            raise TimeoutError(f"{error}; it is {seen}") from None
        key = self.server.get(f"/api/v1/deliveries/{picture['id']}")["idempotencyKey"]
        return key, self.server.raw(f"/api/v1/alarms/{delivery['alarmId']}/chart.png")

    def explain(self, delivery: dict) -> str:
        detail = self.server.get(f"/api/v1/deliveries/{delivery['id']}")
        calls = [(call["purpose"], call["outcome"], call["status"], (call["response"] or "")[:500])
                 for call in detail["timeline"]]
        return f"{detail['state']}, {detail['reason']}: {detail['detail']} {calls}"

    def wait_for_order(self, external_id: str, ready, *, seconds: float = 60, what: str = "state") -> dict:
        """The mirror's order when `ready(order)` holds; `ready` is given what `GET /work-orders` shows."""
        seen: list[dict] = []

        def reached():
            seen[:] = [one for one in self.server.items("/api/v1/work-orders") if one["externalId"] == external_id]
            return seen[0] if seen and ready(seen[0]) else None

        try:
            return wait_until(reached, seconds, f"order {external_id} to be {what}")
        except TimeoutError as error:
            raise TimeoutError(f"{error}; it is {seen}") from None

    def wait_for_alarm(self, rule: str, ready=lambda alarm: True, *, seconds: float = 30, what: str = "there") -> dict:
        """The rule's newest alarm when `ready(alarm)` holds."""
        seen: list[dict] = []

        def reached():
            seen[:] = [one for one in self.server.items("/api/v1/alarms") if one["rule"]["key"] == rule]
            return seen[0] if seen and ready(seen[0]) else None

        try:
            return wait_until(reached, seconds, f"an alarm of {rule} to be {what}")
        except TimeoutError as error:
            raise TimeoutError(f"{error}; it is {seen[:1]}") from None

    def kill_while_delivering(self, connector: str, mapping: str, profile: str, equipment: str, count: int = 8,
                              kills: int = 3) -> list[str]:
        """Alarms on so many assets at once, and a server that is killed (SIGKILL) again and again while their orders go
        out; the keys of those, once all are delivered."""
        for number in range(count):
            self.asset(f"{connector}-k{number}", {connector: equipment}, f"Pump {number}")
            self.device(f"{connector}-k{number}", profile, f"{connector}-k{number}")
        known = {delivery["id"] for delivery in self.deliveries(mapping)}

        def new() -> list[dict]:
            return [delivery for delivery in self.deliveries(mapping) if delivery["id"] not in known]
        for number in range(count):
            self.publish(f"{connector}-k{number}", temperature=90 + number)
        for _ in range(kills):
            started = self.line.database.psql("SELECT count(*) FROM delivery_attempt")
            wait_until(lambda: self.line.database.psql("SELECT count(*) FROM delivery_attempt") != started
                       or all(one["state"] in FINAL for one in new()), 120, "another call")
            self.server.kill()
            self.server.start()
        wait_until(lambda: [one["state"] for one in new()] == ["delivered"] * count, 300, "all to be delivered")
        return [delivery["idempotencyKey"] for delivery in new()]
