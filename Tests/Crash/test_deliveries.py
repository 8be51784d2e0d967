"""Whatever happens to a delivery, and whenever: the ERP has one order for each cause.

PLANTWRIGHT_TEST_ROUNDS sets how often each step is hit (default 2), PLANTWRIGHT_TEST_DELIVERIES how many causes one
round has (default 40; 1,000 for the record). A killed server's leases hold for 40 seconds, so every round takes a while.
"""

import json
import os
import pathlib
import random
import threading
import time

import paho.mqtt.client as mqtt
import pytest
from plant_harness import Plantwright, plant, wait_until

ROUNDS = int(os.environ.get("PLANTWRIGHT_TEST_ROUNDS", "2"))
CAUSES = int(os.environ.get("PLANTWRIGHT_TEST_DELIVERIES", "40"))
PATIENCE = 120 + CAUSES / 5


@pytest.fixture(autouse=True)
def seeded():
    random.seed(20261123)


class Causes:
    """Devices, each on an asset of its own, that raise one alarm each a round."""

    def __init__(self, line, count: int = CAUSES):
        self.line, self.count, self.rounds = line, count, 0
        line.configure(0)
        for number in range(count):
            line.server.put(f"/api/v1/assets/m-{number:04}", {
                "name": f"Machine {number}", "level": "work-unit", "parent": "hall"})
            line.server.put(f"/api/v1/devices/c-{number:04}", {
                "name": f"Motor {number}", "profile": "motor", "asset": f"m-{number:04}"})
        self.start = int(time.time() * 1000) - 3_600_000
        self.client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id="causes", protocol=mqtt.MQTTv5)
        self.client.max_queued_messages_set(0)
        self.client.connect("127.0.0.1", line.broker.port)
        self.client.loop_start()

    def raise_alarms(self):
        """A normal and a hot reading of every device."""
        published = []
        for step, value in ((0, 20.0), (1, 99.0)):
            ts = self.start + self.rounds * 10_000 + step * 1_000
            for number in range(self.count):
                message = json.dumps({"ts": ts, "temperature": value})
                published.append(self.client.publish(f"plantwright/v1/c-{number:04}/telemetry", message, qos=1))
        for message in published:
            message.wait_for_publish(60)
        self.rounds += 1

    @property
    def expected(self) -> int:
        return self.count * self.rounds

    def check(self, server):
        """One order for each cause, none lost, none doubled, and the mirror knows them all."""
        psql = self.line.database.psql
        want = self.expected
        wait_until(lambda: psql("SELECT count(*) FROM alarm") == str(want), 60, f"{want} alarms")
        wait_until(lambda: psql("SELECT count(*) FROM delivery WHERE state = 'delivered'") == str(want), PATIENCE,
                   f"{want} deliveries; now " + psql("SELECT json_object_agg(state, n) FROM (SELECT state, count(*) n "
                                                     "FROM delivery GROUP BY state) s"))
        references = self.line.erp.references()
        assert len(references) == len(set(references)), "an order was made twice"
        assert len(references) == want
        assert psql("SELECT count(*) FROM work_order") == str(want)
        assert not server.items("/api/v1/deliveries?state=dead")

    def stop(self):
        self.client.loop_stop()
        self.client.disconnect()


def kill_when(line, arrived: threading.Event, pause: float):
    """SIGKILL once something has happened, and a moment later."""
    assert arrived.wait(60), "the step was not reached"
    threading.Event().wait(pause)
    line.server.kill()


@pytest.mark.parametrize("step", ["before-call", "during", "after-commit", "before-settle"])
def test_killed_at(step):
    with plant() as line:
        causes = Causes(line)
        try:
            for _ in range(ROUNDS):
                arrived, release = threading.Event(), threading.Event()

                def hold():
                    arrived.set()
                    release.wait(30)

                if step == "before-call":
                    causes.raise_alarms()
                    threading.Event().wait(random.uniform(0, 0.1))
                    line.server.kill()
                elif step == "before-settle":
                    # The answers go out; the kill comes somewhere between them and their being written down.
                    line.erp.before_answer = arrived.set
                    causes.raise_alarms()
                    kill_when(line, arrived, random.uniform(0, 0.02))
                else:
                    setattr(line.erp, "before_work" if step == "during" else "before_answer", hold)
                    causes.raise_alarms()
                    kill_when(line, arrived, random.uniform(0, 0.05))
                line.erp.before_work = line.erp.before_answer = None
                release.set()
                line.server.start(120)
            causes.check(line.server)
            print(f"killed {ROUNDS} times {step}: {causes.expected} causes, {len(line.erp.references())} orders")
        finally:
            causes.stop()


def test_four_servers_race():
    """Four processes on one outbox, with an ERP that drops answers, fails after the work and has no time."""
    with plant() as line:
        causes = Causes(line)
        others = []
        key = str(line.server.directory / "secret.key")
        for number in range(3):
            folder = pathlib.Path(line.directory) / f"server-{number}"
            folder.mkdir()
            server = Plantwright(folder, line.database.url, line.broker.url, {"PLANTWRIGHT_SECRET_KEY_FILE": key})
            server.token = line.server.token
            server.launch()
            others.append(server)
        try:
            for server in others:
                wait_until(lambda: server.call("GET", "/api/v1/connectors/erp")[0] == 200, 60, "the other servers")
            for _ in range(ROUNDS):
                faults = ["drop", "error-after-work", "unavailable", "drop-before-work", None]
                line.erp.faults += random.choices(faults, k=causes.count)
                causes.raise_alarms()
                victim = random.choice(others)
                threading.Event().wait(random.uniform(0.2, 1))
                victim.kill()
                victim.launch()
            causes.check(line.server)
            attempts = line.database.psql("SELECT count(*) FROM delivery_attempt")
            print(f"4 servers: {causes.expected} causes, {len(line.erp.references())} orders, {attempts} calls")
        finally:
            for server in others:
                server.kill()
            causes.stop()
