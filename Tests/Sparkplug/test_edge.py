"""An edge node that others wrote (pysparkplug) against the real server: births, data, deaths, rebirths, kills."""

import dataclasses
import datetime
import json
import threading
import time

import paho.mqtt.client as mqtt
import pysparkplug as spb
import pytest
from plant_harness import plant, wait_until

SOURCE = "/api/v1/sources/spb"
LATER = 5_000  # milliseconds between the edge's readings and now: none lies in the future


class SureClient(spb.Client):
    """Publishes with quality of service 1: what the broker has is delivered, and delivered again after a kill."""

    def publish(self, message, *, include_dtypes=False):
        super().publish(dataclasses.replace(message, qos=spb.QoS.AT_LEAST_ONCE), include_dtypes=include_dtypes)


def metric(name, datatype, value, timestamp=None, **more):
    return spb.Metric(timestamp=timestamp or spb.get_current_timestamp(), name=name, datatype=datatype, value=value, **more)


class Edge:
    """`plant/press` with the device `motor`; answers a rebirth request with a new session."""

    def __init__(self, port: int):
        self.port = port
        self.commands = []
        self.node = spb.EdgeNode(
            "plant", "press",
            [metric("Node Control/Rebirth", spb.DataType.BOOLEAN, False),
             metric("Supply Voltage", spb.DataType.INT16, -5)],
            client=SureClient(client_id="edge"), cmd_callback=self.command)
        self.motor = spb.Device("motor", [metric("temperature", spb.DataType.DOUBLE, 20.0),
                                          metric("mode", spb.DataType.STRING, "idle")])
        self.node.register(self.motor)

    def command(self, _, message):
        self.commands.append(message)
        threading.Thread(target=self.reborn, daemon=True).start()

    def connect(self):
        self.node.connect("127.0.0.1", port=self.port)
        wait_until(lambda: self.node._connected, what="the edge's connection")

    def reborn(self):
        self.vanish()
        self.connect()

    def vanish(self):
        """The connection breaks; the broker publishes the will."""
        client = self.node._client._client
        client.loop_stop()
        if client._sock:
            client._sock.close()
            client._sock = None
        self.node._connected = False

    def temperature(self, value: float, timestamp: int):
        self.node.update_device("motor", [metric("temperature", spb.DataType.DOUBLE, value, timestamp)])

    def lose_a_message(self):
        """A number that no message carries."""
        _ = self.node._seq


@pytest.fixture
def line():
    with plant() as running:
        running.server.put(SOURCE, {"name": "Sparkplug", "topicFilter": "spBv1.0/#", "decoder": "sparkplug-b",
                                    "options": {"hostId": "scada", "reorderTimeout": 1}})
        yield running


def overview(line):
    return line.server.get(SOURCE + "/sparkplug")


def node(line):
    return next(iter(overview(line)["nodes"]), {})


def motor(line):
    return next(iter(node(line).get("devices", [])), {})


def standing(line, device="motor"):
    return line.server.get(f"/api/v1/devices/{device}/sparkplug")


def sequence_gaps(line, device):
    return line.server.get(f"/api/v1/devices/{device}/ledger")["total"]["sequenceGaps"]


def adopt(line):
    """What the page does with one click: the suggested profile, then the device."""
    wait_until(lambda: motor(line).get("online"), what="the device's birth")
    suggested = motor(line)["suggestedProfile"]
    line.server.put("/api/v1/profiles/motor", {"name": "Motor", **suggested})
    line.server.put("/api/v1/devices/motor", {"name": "Motor", "profile": "motor", "identifier": motor(line)["identifier"]})


def rows(line):
    status, text = line.server.call(
        "GET", "/api/v1/devices/motor/readings.csv?from=2020-01-01T00:00:00Z&to=2100-01-01T00:00:00Z")
    assert status == 200
    header, *lines = text.splitlines()
    columns = header.split(",")
    return [dict(zip(columns, line.split(","))) for line in lines]


def temperatures(line):
    return [float(row["temperature"]) for row in rows(line) if row["temperature"]]


class StateWatch:
    """What the host says about itself on spBv1.0/STATE/scada."""

    def __init__(self, port: int):
        self.said = []
        self.client = mqtt.Client(client_id="watch")
        self.client.on_message = lambda _, __, message: self.said.append(
            (json.loads(message.payload), message.retain, message.qos))
        self.client.on_connect = lambda client, *_: client.subscribe("spBv1.0/STATE/scada", 1)
        self.client.connect("127.0.0.1", port)
        self.client.loop_start()

    def wait(self, online: bool, since: int = 0):
        wait_until(lambda: any(state["online"] is online for state, _, _ in self.said[since:]), what=f"online={online}")
        return len(self.said)

    def close(self):
        self.client.loop_stop()
        self.client.disconnect()


def test_births_data_and_deaths(line):
    edge = Edge(line.broker.port)
    edge.connect()
    adopt(line)
    waiting = {item["identifier"] for item in line.server.items("/api/v1/quarantine")}
    assert waiting == {"plant/press"}, "the adopted device's messages were replayed"
    assert node(line)["metrics"][0]["name"] == "Supply Voltage"
    assert node(line)["metrics"][0]["value"] == -5
    now = spb.get_current_timestamp() - LATER
    for step in range(10):
        edge.temperature(30.0 + step, now + step)
    wait_until(lambda: len(temperatures(line)) == 11, what="ten readings and the birth's")
    assert sorted(temperatures(line)) == [20.0] + [30.0 + step for step in range(10)]
    assert {row["mode"] for row in rows(line)} == {"idle", ""}
    assert motor(line)["metrics"][0]["value"] == 39.0
    edge.node.deregister("motor")
    wait_until(lambda: motor(line)["online"] is False, what="the device's death")
    assert motor(line)["staleSince"] and node(line)["online"]
    died = standing(line)
    assert (died["online"], died["nodeOnline"], died["staleSince"]) == (False, True, motor(line)["staleSince"])
    edge.vanish()
    wait_until(lambda: node(line)["online"] is False, what="the node's death")
    assert node(line)["staleSince"]
    assert (standing(line)["nodeOnline"], standing(line)["staleSince"]) == (False, died["staleSince"]), "stale since its own death"
    assert node(line)["gaps"] == 0


def test_a_lost_message_is_counted_and_births_are_asked_for(line):
    edge = Edge(line.broker.port)
    edge.connect()
    adopt(line)
    session = node(line)["bdSeq"]
    assert standing(line)["online"] and standing(line)["staleSince"] is None
    line.server.put("/api/v1/profiles/press", {"name": "Press", "metrics": [{"key": "supply_voltage"}]})
    line.server.put("/api/v1/devices/press", {"name": "Press", "profile": "press", "identifier": "plant/press"})
    line.server.put("/api/v1/devices/other", {"name": "Other", "profile": "press", "identifier": "plant/oven"})
    edge.lose_a_message()
    edge.temperature(50, spb.get_current_timestamp() - LATER)
    wait_until(lambda: node(line)["missing"] == 1, what="the open gap")
    wait_until(lambda: edge.commands, what="the rebirth request")
    command = edge.commands[0]
    assert [(m.name, m.value) for m in command.payload.metrics] == [("Node Control/Rebirth", True)]
    assert command.qos == 0 and not command.retain
    wait_until(lambda: node(line)["bdSeq"] != session and motor(line)["online"], what="the new births")
    assert node(line)["gaps"] == 1
    assert node(line)["rebirthsRequested"] >= 1
    assert 50.0 in temperatures(line), "what came in spite of the gap is stored"
    assert sequence_gaps(line, "motor") == 1 and sequence_gaps(line, "press") == 1, "it may have been of either"
    assert sequence_gaps(line, "other") == 0
    assert standing(line)["sequenceGaps"] == 1 and standing(line)["online"]
    assert line.server.get("/api/v1/devices/other/sparkplug") == {"source": None}
    line.server.kill()
    line.server.start()
    line.server.wait_ready()
    assert sequence_gaps(line, "motor") == 1, "after a restart"


def test_a_device_of_a_dead_edge_node_is_stale(line):
    edge = Edge(line.broker.port)
    edge.connect()
    adopt(line)
    before = time.time() - 1
    edge.vanish()
    wait_until(lambda: standing(line)["online"] is False, what="the node's death")
    stale = standing(line)
    assert (stale["source"], stale["group"], stale["node"], stale["device"]) == ("spb", "plant", "press", "motor")
    assert stale["nodeOnline"] is False
    since = datetime.datetime.fromisoformat(stale["staleSince"].replace("Z", "+00:00")).timestamp()
    assert before <= since <= time.time() + 1
    # A process that does not know the sessions yet reads them from the database.
    line.server.kill()
    line.server.start()
    assert standing(line) == stale
    edge.connect()
    wait_until(lambda: standing(line)["online"], what="the new births")
    assert standing(line)["staleSince"] is None


def test_a_person_can_ask_for_births(line):
    edge = Edge(line.broker.port)
    edge.connect()
    wait_until(lambda: motor(line).get("online") and overview(line)["online"], what="births and presence")
    status, _ = line.server.call("POST", SOURCE + "/sparkplug/rebirth", {"group": "plant", "node": "nobody"})
    assert status == 404
    status, _ = line.server.call("POST", SOURCE + "/sparkplug/rebirth", {"group": "plant", "node": "press"})
    assert status == 202
    wait_until(lambda: edge.commands, what="the rebirth request")


def test_data_before_a_birth_is_refused_and_a_birth_is_asked_for(line):
    edge = Edge(line.broker.port)
    edge.connect()
    adopt(line)
    line.server.stop()
    line.database.psql("DELETE FROM sparkplug_node")
    line.server.start()
    edge.temperature(60, spb.get_current_timestamp() - LATER)
    wait_until(lambda: edge.commands, what="the rebirth request")
    wait_until(lambda: motor(line).get("online"), what="the new births")
    reasons = {item["reason"] for item in line.server.items("/api/v1/rejected-messages")}
    assert reasons == {"birth-missing"}


def test_the_host_says_whether_it_is_there(line):
    watch = StateWatch(line.broker.port)
    try:
        seen = watch.wait(online=True)
        first = watch.said[-1][0]["timestamp"]
        assert abs(first - time.time() * 1000) < 120_000
        line.server.kill()
        seen = watch.wait(online=False, since=seen)
        assert watch.said[-1][0] == {"online": False, "timestamp": first}, "the will has the birth's time"
        line.server.start()
        seen = watch.wait(online=True, since=seen)
        assert watch.said[-1][0]["timestamp"] > first
        second = watch.said[-1][0]["timestamp"]
        watch.client.publish("spBv1.0/STATE/scada", json.dumps({"online": False, "timestamp": 1}), 1)
        watch.wait(online=True, since=seen)
        assert watch.said[-1][0] == {"online": True, "timestamp": second}, "it contradicts"
        seen = len(watch.said)
        line.server.stop()
        watch.wait(online=False, since=seen)
        assert watch.said[-1][0]["timestamp"] > second, "an intended end has its own time"
    finally:
        watch.close()
    late = StateWatch(line.broker.port)
    try:
        late.wait(online=False)
        assert late.said[0][1], "retained"
    finally:
        late.close()


def test_kills_lose_and_double_nothing(line):
    edge = Edge(line.broker.port)
    edge.connect()
    adopt(line)
    count, kills = 900, 3
    base = spb.get_current_timestamp() - 60_000
    for step in range(count):
        edge.temperature(float(step), base + step)
        if step % (count // kills) == count // kills // 2:
            line.server.kill()
            line.server.launch()
        time.sleep(0.003)
    line.server.wait_ready()
    wait_until(lambda: len(temperatures(line)) == count + 1, 60, "all readings")
    assert sorted(temperatures(line)) == sorted([20.0] + [float(step) for step in range(count)])
    assert line.database.psql("SELECT count(*) FROM reading_conflict") == "0"
    assert line.server.items("/api/v1/rejected-messages") == []
    assert node(line)["gaps"] == 0
    assert edge.commands == []
