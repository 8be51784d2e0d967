"""Every kind of ERP, all misbehaving at once, and servers that are killed meanwhile: one order in each for each cause,
and one picture at each order.

For the record (hours of CPU on small machines; `make test` takes the small figures that stand here):

    PLANTWRIGHT_TEST_KINDS      names with commas; all by default
    PLANTWRIGHT_TEST_KIND_CAUSES    causes of each kind (10)
    PLANTWRIGHT_TEST_KIND_SERVERS   server processes on one outbox (1)
    PLANTWRIGHT_TEST_KIND_KILLS     how often one of them is killed while deliveries go out (2), and again while pictures do
    PLANTWRIGHT_TEST_KIND_PICTURES  whether each order gets a picture of the readings (1)
    PLANTWRIGHT_TEST_KIND_FAULTS    share of changes that go wrong (0.25), and of those answered too late (0)
"""

import collections
import json
import os
import pathlib
import random
import subprocess
import threading
import urllib.request

import pytest
from plant_harness import BINARY, Plantwright, plant, wait_until
from test_deliveries import Causes

ALL = ["rest", "odoo", "odoo-11", "erpnext", "tryton", "dolibarr", "inventree", "sap-s4hana", "business-central",
       "dynamics-field-service", "dynamics-scm", "oracle-maintenance", "maximo"]
KINDS = os.environ.get("PLANTWRIGHT_TEST_KINDS", ",".join(ALL)).split(",")
COUNT = int(os.environ.get("PLANTWRIGHT_TEST_KIND_CAUSES", "10"))
SERVERS = int(os.environ.get("PLANTWRIGHT_TEST_KIND_SERVERS", "1"))
KILLS = int(os.environ.get("PLANTWRIGHT_TEST_KIND_KILLS", "2"))
PICTURES = os.environ.get("PLANTWRIGHT_TEST_KIND_PICTURES", "1") == "1"
FAULTS, STALLS = (os.environ.get("PLANTWRIGHT_TEST_KIND_FAULTS", "0.25,0") + ",0").split(",")[:2]
PATIENCE = 400 + COUNT * len(KINDS) / 5 * (2 if PICTURES else 1)


class Simulator:
    """`plantwright simulate-erp`, where a part of the changes goes wrong."""

    def __init__(self, kind: str):
        self.kind = kind
        self.process = subprocess.Popen(
            [str(BINARY), "simulate-erp", "--kind", kind, "--fault-rate", FAULTS, "--stall-rate", STALLS],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        lines = iter(self.process.stdout.readline, "")
        self.connector = json.loads(next(line for line in lines if line.startswith("{")))
        self.connector["options"]["settle"] = 1

    def items(self, what: str) -> list[dict]:
        with urllib.request.urlopen(f"{self.connector['url']}/_simulator/{what}") as answer:
            return json.load(answer)["items"]

    def references(self) -> list[str]:
        return [order["reference"].lower() for order in self.items("orders")]

    def files(self) -> list[tuple[str, str]]:
        return [(file["order"], file["name"]) for file in self.items("files")]

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


@pytest.fixture
def line():
    with plant() as line:
        others = []
        for number in range(SERVERS - 1):
            folder = pathlib.Path(line.directory) / f"server-{number}"
            folder.mkdir()
            server = Plantwright(folder, line.database.url, line.broker.url,
                                 {"PLANTWRIGHT_SECRET_KEY_FILE": str(line.server.directory / "secret.key")})
            server.launch()
            others.append(server)
        line.servers = [line.server, *others]
        try:
            yield line
        finally:
            for server in others:
                server.kill()


def connect(line, simulators):
    line.server.call("DELETE", "/api/v1/mappings/hot-order")
    for simulator in simulators:
        key = simulator.kind
        line.server.put(f"/api/v1/connectors/{key}", simulator.connector)
        line.server.put(f"/api/v1/mappings/{key}-order", {
            "name": key, "trigger": {"rule": "hot"}, "connector": key, "operation": "work-order.create",
            "attachChart": PICTURES,
            "fields": {"title": "Bearing of ${asset.name}"} | (
                {"equipment": "PUMP-7"} if key in ("oracle-maintenance", "rest", "erpnext") else {})})


def interrupted(line, simulators) -> collections.Counter:
    """Where a kill has caught calls: what is leased, and whether the ERP has it."""
    leased = [row.split("|") for row in line.database.psql(
        "SELECT c.key, d.idempotency_key, a.purpose FROM delivery d JOIN connector c ON c.id = d.connector_id "
        "LEFT JOIN delivery_attempt a ON a.delivery_id = d.id AND a.number = d.attempts AND a.ended_at IS NULL "
        "WHERE d.state = 'leased'").splitlines()]
    there = {simulator.kind: " ".join(simulator.references() + [name for _, name in simulator.files()])
             for simulator in simulators
             if any(row[0] == simulator.kind for row in leased)}
    return collections.Counter(
        "before a look-up's answer" if purpose == "look-up" else
        "after the ERP had it, before it was settled" if key in there[kind] else "before the ERP had it"
        for kind, key, purpose in leased)


def kill_some(line, simulators) -> collections.Counter:
    caught = collections.Counter()
    for number in range(KILLS):
        threading.Event().wait(random.uniform(0, 0.3 if number == 0 else 3))
        server = random.choice(line.servers)
        server.kill()
        # Other servers' calls go on: only those of the dead one stay as they are, so counting is theirs alone.
        if SERVERS == 1:
            caught += interrupted(line, simulators)
        server.launch()
        if SERVERS == 1:
            server.wait_ready(120)
    return caught


def check(line, simulators):
    """One order in each ERP for each cause, and one picture at each order."""
    psql = line.database.psql
    want = COUNT * len(simulators) * (2 if PICTURES else 1)
    states = "SELECT coalesce(json_object_agg(state, n)::text, '') FROM " \
             "(SELECT state, count(*) n FROM delivery GROUP BY state) s"
    wait_until(lambda: psql("SELECT count(*) FROM delivery WHERE state = 'delivered'") == str(want), PATIENCE,
               f"{want} deliveries; now {psql(states)}")
    keys = {tuple(row.split("|")[:2]): set(row.split("|")[2].split(",")) for row in psql(
        "SELECT c.key || '|' || d.operation || '|' || string_agg(d.idempotency_key, ',') FROM delivery d "
        "JOIN connector c ON c.id = d.connector_id GROUP BY c.key, d.operation").splitlines()}
    for simulator in simulators:
        found = simulator.references()
        assert len(found) == COUNT, f"{simulator.kind}: {len(found)} orders for {COUNT} causes"
        made = keys[simulator.kind, "work-order.create"]
        missing = {key for key in made if not any(key in text for text in found)}
        assert not missing, f"{simulator.kind}: {missing} are not there; {found}"
        files = simulator.files()
        wanted = keys.get((simulator.kind, "work-order.attach"), set())
        assert sorted(name for _, name in files) == sorted(f"plantwright-{key}.png" for key in wanted), simulator.kind
        orders = {order["externalId"] for order in simulator.items("orders")}
        assert {order for order, _ in files} == (orders if PICTURES else set()), simulator.kind
    for row in psql("SELECT c.key, count(*), count(*) FILTER (WHERE a.purpose = 'look-up'), "
                    "count(*) FILTER (WHERE a.outcome IS NULL), count(*) FILTER (WHERE a.outcome = 'uncertain') "
                    "FROM delivery_attempt a JOIN delivery d ON d.id = a.delivery_id "
                    "JOIN connector c ON c.id = d.connector_id GROUP BY 1 ORDER BY 1").splitlines():
        kind, calls, look_ups, cut, uncertain = row.split("|")
        print(f"{kind}: {COUNT} causes, {COUNT} orders, {COUNT * PICTURES} pictures, {calls} calls, {look_ups} of them look-ups; "
              f"{uncertain} without a clear answer, {cut} cut off by a kill")


def test_every_kind_has_one_order_for_each_cause(simulators, line):
    causes = Causes(line, COUNT)
    try:
        connect(line, simulators)
        for server in line.servers[1:]:
            server.token = line.server.token
            wait_until(lambda server=server: server.call("GET", f"/api/v1/connectors/{KINDS[-1]}")[0] == 200, 60,
                       "the other servers")
        causes.raise_alarms()
        caught = kill_some(line, simulators)
        with_pictures = collections.Counter()
        if PICTURES:
            started = "SELECT count(*) FROM delivery WHERE operation = 'work-order.attach' AND state = 'leased'"
            wait_until(lambda: line.database.psql(started) != "0", PATIENCE, "the first pictures")
            with_pictures = kill_some(line, simulators)
        check(line, simulators)
        print(f"{len(simulators)} kinds, {SERVERS} servers, {KILLS} kills: {COUNT * len(simulators)} causes and orders; "
              f"caught {dict(caught)}, and once pictures went out {dict(with_pictures)}")
    finally:
        causes.stop()
