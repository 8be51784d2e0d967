"""A configuration write is in force for every message received after its answer, also when another process ingests.

Each write goes through the server that stands by, and a message that tells the difference is published right after the
answer, while other messages flow. PLANTWRIGHT_TEST_ROUNDS sets how often (default 3; 20 for the record).
"""

import itertools
import json
import os
import time

import paho.mqtt.client as mqtt
import pytest
from crash_load import DEVICES, Load, check_nothing_lost, stored
from server_pair import Pair
from plant_harness import plant, wait_until

ROUNDS = int(os.environ.get("PLANTWRIGHT_TEST_ROUNDS", "3")) * 5
METRICS = [{"key": "a", "name": "A", "unit": "", "kind": "gauge"}, {"key": "b", "name": "B", "unit": "", "kind": "gauge"}]


class Site:
    """A pair under load, and a client that publishes single messages with times of their own."""

    def __init__(self, line):
        self.line = line
        self.pair = Pair(line)
        self.client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, "teller", protocol=mqtt.MQTTv5)
        self.client.connect("127.0.0.1", line.broker.port)
        self.client.loop_start()
        self.times = itertools.count(int(time.time() * 1000) - 3_600_000)

    def put(self, path, document):
        """Writes through the server that does not ingest."""
        self.pair.waiting.put("/api/v1" + path, document)

    def publish(self, topic, values) -> int:
        """Publishes at once; returns the reading's time."""
        ts = next(self.times)
        self.client.publish(topic, json.dumps({"ts": ts, **values}), qos=1)
        return ts

    def telemetry(self, device, values) -> int:
        return self.publish(f"plantwright/v1/{device}/telemetry", values)

    def values(self, ts: int) -> str:
        """The stored values of the reading of that time; empty when there is none."""
        return self.line.database.psql(f"SELECT values FROM reading WHERE ts = to_timestamp({ts} / 1000.0)")

    def wait_values(self, ts: int, expected: str):
        wait_until(lambda: self.values(ts), 20, f"the reading of {ts}")
        assert self.values(ts) == expected

    def refused(self) -> int:
        return int(self.line.database.psql(
            "SELECT (SELECT count(*) FROM rejected_message) + (SELECT count(*) FROM quarantined_message)"))

    def close(self):
        self.client.loop_stop()
        self.pair.stop()


@pytest.fixture
def site():
    with plant() as line:
        line.configure(DEVICES)
        line.server.put("/api/v1/profiles/two", {"name": "Two", "metrics": METRICS})
        line.server.put("/api/v1/devices/x", {"name": "X", "profile": "two", "asset": "hall"})
        site = Site(line)
        load = Load(line.broker.port)
        try:
            yield site
            count = load.finish()
            assert site.refused() == 0
            # What this test published itself lies beside the load.
            own = "FROM reading WHERE device_id IN (SELECT id FROM device WHERE key NOT LIKE 'd-%')"
            wait_until(lambda: stored(line) == count + int(line.database.psql("SELECT count(*) " + own)), 60, "the load")
            line.database.psql("DELETE " + own)
            check_nothing_lost(line, line.server, count)
        finally:
            site.close()


def test_devices_and_profiles(site):
    for number in range(ROUNDS):
        site.put(f"/devices/new-{number}", {"name": "New", "profile": "two", "asset": "hall"})
        site.wait_values(site.telemetry(f"new-{number}", {"a": number}), f"{{{number},NULL}}")
    metrics = list(METRICS)
    for number in range(ROUNDS):
        metrics.append({"key": f"c{number}", "name": "C", "unit": "", "kind": "gauge"})
        site.put("/profiles/two", {"name": "Two", "metrics": metrics})
        empty = ",".join(["NULL"] * (number + 2))
        site.wait_values(site.telemetry("x", {f"c{number}": 1}), f"{{{empty},1}}")


def test_sources_and_their_topics(site):
    for number in range(ROUNDS):
        source = {"name": "S", "topicFilter": f"shop{number}/+/data", "decoder": "json", "deviceKey": "${topic.2}",
                  "fields": {"a": "v"}}
        site.put(f"/sources/s{number}", source)
        site.wait_values(site.publish(f"shop{number}/x/data", {"v": number}), f"{{{number},NULL}}")
        site.put(f"/sources/s{number}", {**source, "fields": {"b": "v"}})
        site.wait_values(site.publish(f"shop{number}/x/data", {"v": number}), f"{{NULL,{number}}}")


def test_rules_and_mappings(site):
    database = site.line.database
    for number in range(ROUNDS):
        rule, mapping = f"r{number}", {
            "name": "M", "trigger": {"rule": f"r{number}"}, "connector": "erp", "operation": "work-order.create",
            "fields": {"title": "T"}}
        site.put(f"/rules/{rule}", {"name": "R", "profile": "two", "severity": "low", "condition": f"a > {number}"})
        site.put(f"/mappings/m{number}", mapping)
        ts = site.telemetry("x", {"a": number + 0.5})
        site.wait_values(ts, f"{{{number + 0.5},NULL}}")
        alarm = f"SELECT count(*) FROM alarm JOIN rule ON rule.id = rule_id WHERE rule.key = '{rule}'"
        assert database.psql(alarm) == "1", f"no alarm of rule {rule}"
        assert database.psql("SELECT count(*) FROM delivery JOIN mapping ON mapping.id = mapping_id "
                             f"WHERE mapping.key = 'm{number}'") == "1", f"no delivery of mapping {number}"
        site.put(f"/rules/{rule}", {"name": "R", "profile": "two", "severity": "low", "condition": "a > 1e6"})
        site.telemetry("x", {"a": 0})
        ts = site.telemetry("x", {"a": number + 0.5})
        site.wait_values(ts, f"{{{number + 0.5},NULL}}")
        assert database.psql(alarm) == "1", f"rule {rule} was evaluated as it was"
