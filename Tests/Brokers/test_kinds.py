"""Brokers that speak MQTT 3.1.1 only: the same promise as with Mosquitto, kept under SIGKILL of server and broker."""

import json
import os
import random
import re
import signal
import subprocess
import threading
import time

import paho.mqtt.client as mqtt
import pytest
from broker_kinds import KINDS
from plant_harness import BINARY, plant, wait_until

KILLS = int(os.environ.get("PLANTWRIGHT_TEST_KILLS", "4"))
MESSAGES = int(os.environ.get("PLANTWRIGHT_TEST_MESSAGES", "3000"))
RATE = 500
DEVICES = 10
START = int(time.time() * 1000) - 3_600_000


@pytest.fixture(params=sorted(KINDS))
def line(request):
    kind = KINDS[request.param]
    if not kind.is_installed():
        pytest.skip(f"{kind.name} is not installed (Scripts/set-up test installs it)")
    with plant(kind=kind) as line:
        yield line


class Publisher:
    """Publishes numbered readings at QoS 1 with MQTT 3.1.1; counts what the broker acknowledged."""

    def __init__(self, port: int):
        self.sent = 0
        self.acknowledged = 0
        # A session of its own, so that what was not acknowledged is sent again after the broker's restart.
        self.client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id="publisher", protocol=mqtt.MQTTv311,
                                  clean_session=False)
        self.client.max_inflight_messages_set(500)
        self.client.max_queued_messages_set(0)
        self.client.reconnect_delay_set(1, 1)
        self.client.on_publish = lambda *_: self.note()
        self.client.connect("127.0.0.1", port)
        self.client.loop_start()

    def note(self):
        self.acknowledged += 1

    def publish(self, retain: bool = False):
        device, step = self.sent % DEVICES, self.sent // DEVICES
        self.client.publish(f"plantwright/v1/d-{device:03}/telemetry", json.dumps(
            {"ts": START + step * 1000, "temperature": 60.0, "sequence": self.sent}), qos=1, retain=retain)
        self.sent += 1

    def publish_paced(self, count: int):
        started = time.monotonic()
        for number in range(count):
            self.publish()
            delay = started + number / RATE - time.monotonic()
            if delay > 0:
                threading.Event().wait(delay)

    def finish(self):
        wait_until(lambda: self.acknowledged >= self.sent, 120, "the broker's acknowledgements")
        self.client.loop_stop()
        self.client.disconnect()


def stored(line) -> int:
    return int(line.database.psql("SELECT count(*) FROM reading"))


def check(line, count: int) -> dict:
    """Every message is stored once, and the ledgers say the same."""
    wait_until(lambda: stored(line) >= count, 90, f"{count} readings")
    assert stored(line) == count
    assert line.database.psql("SELECT count(DISTINCT values[2]) FROM reading") == str(count)
    assert line.database.psql("SELECT count(*) FROM reading_conflict") == "0"
    total: dict[str, float] = {}
    for number in range(DEVICES):
        for name, value in line.server.get(f"/api/v1/devices/d-{number:03}/ledger")["total"].items():
            total[name] = total.get(name, 0) + value
    assert total["stored"] == count, total
    assert total["received"] == total["stored"] + total["duplicate"], total
    return total


def versions(line) -> list[str]:
    """The versions of MQTT of all connections of the durable session, from the server's log."""
    return re.findall(r"Connected to the MQTT broker\..*version=(\S+)", line.server.log.read_text())


def test_kill_of_the_server_under_load(line):
    line.configure(DEVICES)
    publisher = Publisher(line.broker.port)
    load = threading.Thread(target=publisher.publish_paced, args=(MESSAGES,))
    load.start()
    generator = random.Random(20261201)
    for _ in range(KILLS):
        threading.Event().wait(MESSAGES / RATE / (KILLS + 1) * generator.uniform(0.3, 1.0))
        line.server.kill()
        line.server.start()
    load.join()
    publisher.finish()
    total = check(line, MESSAGES)
    assert set(versions(line)) == {"3.1.1"}
    assert "plantwright_broker_messages_dropped NaN" in metrics(line), "a broker that does not say has no count"
    print(f"{line.broker.name}: {KILLS} kills, {MESSAGES} messages, {total['duplicate']:.0f} came again, "
          "none lost, none doubled")


def test_kill_of_the_broker_under_load(line):
    """What the broker has acknowledged is stored once; what it has not, the publisher sends again."""
    line.configure(DEVICES)
    publisher = Publisher(line.broker.port)
    count = MESSAGES // 2
    load = threading.Thread(target=publisher.publish_paced, args=(count,))
    load.start()
    threading.Event().wait(count / RATE / 2)
    line.broker.stop(signal.SIGKILL)
    line.broker.start()
    load.join()
    publisher.finish()
    check(line, count)


def test_retained_messages_are_stored_once(line):
    """MQTT 3.1.1 has no retain handling: the broker sends old values at each subscription; they are no news."""
    line.configure(DEVICES)
    publisher = Publisher(line.broker.port)
    for _ in range(DEVICES):
        publisher.publish(retain=True)
    publisher.finish()
    check(line, DEVICES)
    line.server.stop()
    line.server.start()
    publisher = Publisher(line.broker.port)
    publisher.sent = DEVICES
    publisher.publish()
    publisher.acknowledged = DEVICES
    publisher.finish()
    assert check(line, DEVICES + 1)["duplicate"] == 0


def test_simulate_speaks_to_it(line):
    done = subprocess.run(
        [BINARY, "simulate", "--mqtt-url", line.broker.url, "--devices", "5", "--rate", "500", "--messages", "500"],
        capture_output=True, text=True, timeout=60, check=True)
    assert "sent 500, acknowledged 500" in done.stdout
    wait_until(lambda: line.server.metric("plantwright_messages_received_total") >= 500, what="the messages")


def metrics(line) -> str:
    status, text = line.server.call("GET", "/metrics")
    assert status == 200
    return text
