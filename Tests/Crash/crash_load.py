"""A numbered load that ends only when the broker has acknowledged every message, and what the server must make of it."""

from __future__ import annotations

import json
import subprocess
import threading
import time

import paho.mqtt.client as mqtt
from plant_harness import Line, Plantwright, wait_until

DEVICES = 20
START = int(time.time() * 1000) - 6 * 3_600_000


class Load:
    """Publishes numbered readings at QoS 1, paced, until stopped; keeps what the broker has not acknowledged."""

    def __init__(self, port: int, rate: int = 500, keep_trying: bool = False):
        self.rate = rate
        self.sent = 0
        self.acknowledged = 0
        self.stopping = threading.Event()
        self.client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id="load", protocol=mqtt.MQTTv5,
                                  reconnect_on_failure=keep_trying)
        self.client.max_inflight_messages_set(1000)
        self.client.max_queued_messages_set(0)
        self.client.reconnect_delay_set(1, 1)
        self.client.on_publish = lambda *_: self.note()
        properties = mqtt.Properties(mqtt.PacketTypes.CONNECT)
        properties.SessionExpiryInterval = 3600
        self.client.connect("127.0.0.1", port, clean_start=False, properties=properties)
        self.client.loop_start()
        self.thread = threading.Thread(target=self.work, daemon=True)
        self.thread.start()

    def note(self):
        self.acknowledged += 1

    def work(self):
        started = time.monotonic()
        while not self.stopping.is_set():
            device, step = self.sent % DEVICES, self.sent // DEVICES
            self.client.publish(f"plantwright/v1/d-{device:03}/telemetry", json.dumps(
                {"ts": START + step * 1000, "temperature": 60.0, "sequence": self.sent}), qos=1)
            self.sent += 1
            delay = started + self.sent / self.rate - time.monotonic()
            if delay > 0:
                self.stopping.wait(delay)

    def finish(self) -> int:
        """Stops, waits for the broker's acknowledgements, and tells how many messages there were."""
        self.stopping.set()
        self.thread.join()
        wait_until(lambda: self.acknowledged >= self.sent, 120, "the broker's acknowledgements")
        self.client.loop_stop()
        self.client.disconnect()
        return self.sent


def stored(line: Line) -> int:
    return int(line.database.psql("SELECT count(*) FROM reading"))


def ledger(server: Plantwright) -> dict:
    """The ledgers of all devices together."""
    total: dict[str, float] = {}
    for number in range(DEVICES):
        for name, value in server.get(f"/api/v1/devices/d-{number:03}/ledger")["total"].items():
            total[name] = total.get(name, 0) + value
    return total


def check_nothing_lost(line: Line, server: Plantwright, count: int):
    """Every message is stored once, and the ledgers say the same."""
    wait_until(lambda: stored(line) >= count, 120, f"{count} readings")
    assert stored(line) == count
    assert int(line.database.psql("SELECT count(DISTINCT values[2]) FROM reading")) == count
    assert line.database.psql("SELECT count(*) FROM reading_conflict") == "0"
    # What is delivered again can still be on its way: it must not change anything.
    total = ledger(server)
    assert total["stored"] == count, total
    assert total["received"] == total["stored"] + total["merged"] + total["duplicate"] + total["conflict"], total
    assert total["merged"] == total["conflict"] == total["rejected"] == 0, total


def kill_postmaster(line: Line):
    """SIGKILL of the postmaster; its backends notice and end. Returns when nothing of it is left."""
    postmaster = line.database.process
    children = subprocess.run(["pgrep", "-P", str(postmaster.pid)], capture_output=True, text=True).stdout.split()
    postmaster.kill()
    postmaster.wait()
    line.database.process = None

    def gone():
        return not any(subprocess.run(["kill", "-0", child], capture_output=True).returncode == 0 for child in children)
    wait_until(gone, 30, "the end of the postmaster's children")
