"""SIGKILL of the server under load: every acknowledged message is stored once, alarms and orders equal the causes."""

import collections
import json
import os
import random
import threading
import time

import paho.mqtt.client as mqtt
from plant_harness import plant, wait_until

KILLS = int(os.environ.get("PLANTWRIGHT_TEST_KILLS", "4"))
MESSAGES = int(os.environ.get("PLANTWRIGHT_TEST_MESSAGES", "4000"))
RATE = 500
DEVICES = 20
START = int(time.time() * 1000) - 3_600_000


class Publisher:
    """Publishes at QoS 1 and knows what the broker acknowledged."""

    def __init__(self, port: int):
        self.acknowledged: set[int] = set()
        self.lock = threading.Lock()
        self.client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id="publisher", protocol=mqtt.MQTTv5)
        self.client.max_inflight_messages_set(1000)
        self.client.max_queued_messages_set(0)
        self.client.on_publish = lambda client, data, mid, reason, properties: self.note(mid)
        self.client.connect("127.0.0.1", port)
        self.client.loop_start()

    def note(self, mid: int):
        with self.lock:
            self.acknowledged.add(mid)

    def publish(self, topic: str, document) -> int:
        return self.client.publish(topic, json.dumps(document), qos=1).mid

    def finish(self, count: int):
        wait_until(lambda: len(self.acknowledged) >= count, 120, "the broker's acknowledgements")
        self.client.loop_stop()
        self.client.disconnect()


def temperature(step: int) -> float:
    """Each device's motor is hot for 5 of 40 readings: one alarm per 40."""
    return 95.0 if step % 40 in range(20, 25) else 60.0


def publish_load(line, count: int):
    """Paced at RATE. Returns when the broker has acknowledged everything."""
    publisher = Publisher(line.broker.port)
    started = time.monotonic()
    for number in range(count):
        device, step = number % DEVICES, number // DEVICES
        publisher.publish(
            f"plantwright/v1/d-{device:03}/telemetry",
            {"ts": START + step * 1000, "temperature": temperature(step), "sequence": number,
             "mode": "hot" if temperature(step) > 80 else "normal"})
        delay = started + number / RATE - time.monotonic()
        if delay > 0:
            threading.Event().wait(delay)
    publisher.finish(count)


def expected_alarms(count: int) -> int:
    """Rising edges of the temperature that the load holds."""
    steps = collections.Counter(number % DEVICES for number in range(count))
    return sum(
        sum(1 for step in range(length) if temperature(step) > 80 and (step == 0 or temperature(step - 1) <= 80))
        for length in steps.values())


def test_kill_under_load():
    with plant() as line:
        line.configure(DEVICES)
        load = threading.Thread(target=publish_load, args=(line, MESSAGES))
        load.start()
        random.seed(20261122)
        for _ in range(KILLS):
            pause = MESSAGES / RATE / (KILLS + 1) * random.uniform(0.4, 1.2)
            threading.Event().wait(pause)
            line.server.kill()
            line.server.start()
        load.join()
        want = expected_alarms(MESSAGES)
        wait_until(lambda: line.database.psql("SELECT count(*) FROM reading") == str(MESSAGES), 60, "all readings")
        wait_until(lambda: len(line.server.items("/api/v1/deliveries?state=pending")) == 0, 60, "all deliveries")
        assert line.database.psql("SELECT count(*) FROM reading") == str(MESSAGES)
        assert line.database.psql("SELECT count(*) FROM reading_conflict") == "0"
        assert line.database.psql("SELECT count(DISTINCT values[2]) FROM reading") == str(MESSAGES)
        assert len(line.server.items("/api/v1/alarms")) == want
        references = line.erp.references()
        assert len(references) == len(set(references)), "an order was made twice"
        assert len(references) == want
        assert len(line.server.items("/api/v1/work-orders")) == want
        rows = 0
        for device in range(DEVICES):
            status, text = line.server.call(
                "GET", f"/api/v1/devices/d-{device:03}/readings.csv?from=2026-01-01T00:00:00Z&to=2027-01-01T00:00:00Z")
            assert status == 200
            rows += len(text.splitlines()) - 1
        assert rows == MESSAGES
        print(f"{KILLS} kills, {MESSAGES} messages, {want} alarms, {len(references)} orders, none lost, none doubled")


def test_kill_between_created_and_noted():
    """The ERP has made the order; the server dies before it can note that. After the restart there is still one."""
    with plant() as line:
        line.configure(1)
        release = threading.Event()
        line.erp.before_answer = lambda: release.wait(30)
        publisher = Publisher(line.broker.port)
        publisher.publish("plantwright/v1/d-000/telemetry", {"ts": int(time.time() * 1000), "temperature": 99.0})
        publisher.finish(1)
        assert line.erp.created.wait(30)
        line.server.kill()
        release.set()
        line.erp.before_answer = None
        line.server.start()
        orders = wait_until(lambda: line.server.items("/api/v1/work-orders"), 90, "the order's discovery")
        assert len(orders) == 1
        assert len(line.erp.references()) == 1
        timeline = line.server.get(f"/api/v1/deliveries/{orders[0]['deliveryId']}")["timeline"]
        assert any(entry["purpose"] == "look-up" for entry in timeline)
