"""Every kind of ERP, all misbehaving at once, and a server that is killed meanwhile: one order in each for each cause."""

import json
import os
import random
import subprocess
import threading
import urllib.request

import pytest
from plant_harness import BINARY, plant, wait_until
from test_deliveries import Causes

COUNT = int(os.environ.get("PLANTWRIGHT_TEST_KIND_CAUSES", "10"))
KINDS = ["rest", "odoo", "odoo-11", "erpnext", "tryton", "dolibarr", "inventree", "sap-s4hana", "business-central",
         "dynamics-field-service", "dynamics-scm", "oracle-maintenance", "maximo"]


class Simulator:
    """`plantwright simulate-erp`, where a quarter of the changes goes wrong."""

    def __init__(self, kind: str):
        self.kind = kind
        self.process = subprocess.Popen([str(BINARY), "simulate-erp", "--kind", kind, "--fault-rate", "0.25"],
                                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        lines = iter(self.process.stdout.readline, "")
        self.connector = json.loads(next(line for line in lines if line.startswith("{")))
        self.connector["options"]["settle"] = 1

    def references(self) -> list[str]:
        with urllib.request.urlopen(self.connector["url"] + "/_simulator/orders") as answer:
            return [order["reference"].lower() for order in json.load(answer)["items"]]

    def stop(self):
        self.process.kill()
        self.process.wait()


@pytest.fixture
def simulators():
    random.seed(20261123)
    running = []
    try:
        for kind in KINDS:
            running.append(Simulator(kind))
        yield running
    finally:
        for simulator in running:
            simulator.stop()


def test_every_kind_has_one_order_for_each_cause(simulators):
    with plant() as line:
        causes = Causes(line, COUNT)
        server, psql = line.server, line.database.psql
        server.call("DELETE", "/api/v1/mappings/hot-order")
        for simulator in simulators:
            key = simulator.kind
            server.put(f"/api/v1/connectors/{key}", simulator.connector)
            server.put(f"/api/v1/mappings/{key}-order", {
                "name": key, "trigger": {"rule": "hot"}, "connector": key, "operation": "work-order.create",
                "fields": {"title": "Bearing of ${asset.name}"} | (
                    {"equipment": "PUMP-7"} if key in ("oracle-maintenance", "rest", "erpnext") else {})})
        try:
            causes.raise_alarms()
            for pause in (0.3, 3):
                threading.Event().wait(random.uniform(0, pause))
                server.kill()
                server.start(120)
            want = COUNT * len(simulators)
            states = "SELECT coalesce(json_object_agg(state, n)::text, '') FROM " \
                     "(SELECT state, count(*) n FROM delivery GROUP BY state) s"
            wait_until(lambda: psql("SELECT count(*) FROM delivery WHERE state = 'delivered'") == str(want), 400,
                       f"{want} deliveries; now {psql(states)}")
            keys = {row.split("|")[0]: set(row.split("|")[1].split(",")) for row in psql(
                "SELECT c.key || '|' || string_agg(d.idempotency_key, ',') FROM delivery d "
                "JOIN connector c ON c.id = d.connector_id GROUP BY c.key").splitlines()}
            for simulator in simulators:
                found = simulator.references()
                assert len(found) == COUNT, f"{simulator.kind}: {len(found)} orders for {COUNT} causes"
                missing = {key for key in keys[simulator.kind] if not any(key in text for text in found)}
                assert not missing, f"{simulator.kind}: {missing} are not there; {found}"
            print(f"{len(simulators)} kinds, killed twice: {want} causes, {want} orders, "
                  f"{psql('SELECT count(*) FROM delivery_attempt')} calls")
        finally:
            causes.stop()
