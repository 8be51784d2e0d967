"""Sources from outside: a write is in force at once; decoders agree with independent ones; refused messages come back."""

import base64
import csv
import gzip
import io
import json
import random
import time

import cbor2
import paho.mqtt.client as mqtt
import pytest
from plant_harness import wait_until


@pytest.fixture
def publish(line):
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
    client.connect("127.0.0.1", line.broker.port)
    client.loop_start()
    yield lambda topic, payload: client.publish(topic, payload, qos=1).wait_for_publish(10)
    client.loop_stop()
    client.disconnect()


@pytest.fixture
def source(line):
    """Puts sources, and deletes them in the end."""
    keys = []

    def put(key, **document):
        keys.append(key)
        return line.server.put(f"/api/v1/sources/{key}", document)

    yield put
    for key in set(keys):
        line.server.call("DELETE", f"/api/v1/sources/{key}")


def now() -> int:
    return int(time.time() * 1000)


def latest(line, device: str) -> dict:
    return line.server.get(f"/api/v1/devices/{device}/latest")["values"]


def preview(line, topic: str, payload: bytes, **draft) -> dict:
    status, answer = line.server.call(
        "POST", "/api/v1/sources/preview",
        {"source": draft, "topic": topic, "payloadBase64": base64.b64encode(payload).decode()})
    assert status == 200, answer
    return answer


def fields(reading: dict) -> dict:
    return {field["path"]: field["value"] for field in reading["fields"]}


def test_a_source_is_in_force_when_its_write_answers(line, source, publish):
    source("hall", topicFilter="hall/+/data", decoder="json", options={"time": "t"},
           fields={"temperature": {"path": "env.f", "unit": None, "expression": "value / 2"}})
    for value in range(5):
        source("hall", topicFilter="hall/+/data", decoder="json", options={"time": "t"},
               fields={"temperature": {"path": "env.f", "expression": f"value + {value}"}})
        publish("hall/d-001/data", json.dumps({"t": now(), "env": {"f": 10}}))
        wait_until(lambda: latest(line, "d-001").get("temperature") == 10 + value, 10, f"reading {value}")


def test_the_list_holds_the_native_source(line):
    native = [item for item in line.server.items("/api/v1/sources") if item["key"] == "native"]
    assert native[0]["builtIn"] is True
    for method, document in (("PUT", {"topicFilter": "a/+", "decoder": "json"}), ("DELETE", None)):
        status, problem = line.server.call(method, "/api/v1/sources/native", document)
        assert (status, problem["code"]) == (409, "built-in")
    kinds = [item["decoder"] for item in line.server.get("/api/v1/sources/decoders")["items"]]
    assert len(kinds) == len(set(kinds)) >= 9


def test_refused_messages_are_retried_and_dismissed(line, source, publish):
    source("press", topicFilter="press/+", decoder="json")
    publish("press/d-002", json.dumps({"ts": now(), "temp": 44.5}))
    publish("press/d-002", b"nonsense")
    mine = lambda: [m for m in line.server.items("/api/v1/rejected-messages") if m["source"] == "press"]
    wait_until(lambda: len(mine()) == 2, 10, "rejections")
    assert {m["reason"] for m in mine()} == {"no-values", "bad-json"}
    source("press", topicFilter="press/+", decoder="json", fields={"temperature": "temp"})
    status, answer = line.server.call("POST", "/api/v1/rejected-messages/retry", {"source": "press", "device": None})
    assert (status, answer) == (200, {"retried": 2, "accepted": 1, "rejected": 1})
    assert latest(line, "d-002")["temperature"] == 44.5
    left = mine()
    assert [m["reason"] for m in left] == ["bad-json"]
    status, answer = line.server.call("POST", f"/api/v1/rejected-messages/{left[0]['id']}/retry", {})
    assert status == 200 and (answer["fate"], answer["reason"]) == ("rejected", "bad-json")
    assert line.server.call("DELETE", f"/api/v1/rejected-messages/{left[0]['id']}")[0] == 204
    assert line.server.call("DELETE", f"/api/v1/rejected-messages/{left[0]['id']}")[0] == 404
    assert mine() == []


def test_traffic_tells_every_fate(line, source, publish):
    source("belt", topicFilter="belt/+", decoder="json", compression="auto")
    payload = json.dumps({"ts": now(), "temperature": 3}).encode()
    publish("belt/d-003", payload)
    publish("belt/d-003", gzip.compress(payload))
    publish("belt/nobody-there", payload)
    publish("belt/d-003", b"\x1f\x8b\xff")

    def traffic():
        return line.server.get("/api/v1/sources/belt/traffic")

    wait_until(lambda: traffic()["counts"]["received"] == 4, 10, "four messages")
    answer = traffic()
    assert [item["fate"] for item in answer["items"]] == ["stored", "duplicate", "quarantined", "rejected"]
    assert [item["encoding"] for item in answer["items"]] == ["text", "binary", "text", "binary"]
    assert answer["items"][3]["reason"] == "bad-compression"
    assert line.server.get(f"/api/v1/sources/belt/traffic?after={answer['nextCursor']}")["items"] == []
    assert line.server.get("/api/v1/sources/native/traffic")["counts"]["received"] >= 0


def test_cbor_agrees_with_cbor2(line):
    """Packs of random numbers, texts and flags, written by an independent encoder."""
    generator = random.Random(8428)
    for round in range(25):
        records, expected = [], {}
        for index in range(generator.randint(1, 20)):
            name = f"f{index}"
            value = generator.choice([
                generator.uniform(-1e6, 1e6), generator.randint(-2**53, 2**53), generator.random(), "täxt" * index,
                True, False, 0.5, -0.0, 1e300])
            label = 4 if isinstance(value, bool) else 3 if isinstance(value, str) else 2
            records.append({0: name, label: value})
            expected[name] = value
        records[0] = {-2: "dev-7:", **records[0]}
        payload = cbor2.dumps(records, canonical=round % 2 == 0)
        answer = preview(line, "x", payload, topicFilter="x", decoder="senml-cbor")
        assert [reading["identifier"] for reading in answer["readings"]] == ["dev-7"]
        assert fields(answer["readings"][0]) == expected


def test_csv_agrees_with_python(line):
    generator = random.Random(4180)
    for _ in range(25):
        width = generator.randint(1, 5)
        rows = [["".join(generator.choice('a",\n; é') for _ in range(generator.randint(1, 6))) for _ in range(width)]
                for _ in range(generator.randint(1, 8))]
        text = io.StringIO()
        csv.writer(text, quoting=csv.QUOTE_ALL).writerows([[f"c{index}" for index in range(width)], *rows])
        answer = preview(line, "x/d-001", text.getvalue().encode(), topicFilter="x/+", decoder="csv")
        read = [[fields(reading)[f"c{index}"] for index in range(width)] for reading in answer["readings"]]
        assert read == rows


@pytest.mark.parametrize("document, pointer, code", [
    ({"topicFilter": "a/#/b", "decoder": "json"}, "/topicFilter", "topic-filter"),
    ({"topicFilter": "a/+", "decoder": "morse"}, "/decoder", "choice"),
    ({"topicFilter": "a/+", "decoder": "json", "fields": {"temperature": {"path": "t", "expression": "valeu"}}},
     "/fields/temperature/expression", "unknown-name"),
    ({"topicFilter": "a/+", "decoder": "json", "fields": {"temperature": {"path": "t", "unit": "parsec"}}},
     "/fields/temperature/unit", "unknown-unit"),
    ({"topicFilter": "a/+", "decoder": "csv", "options": {"delimiter": "ab"}}, "/options/delimiter", "invalid"),
])
def test_faults_are_told_with_their_place(line, document, pointer, code):
    status, problem = line.server.call("PUT", "/api/v1/sources/faulty", document)
    assert status == 422
    assert [(error["pointer"], error["code"]) for error in problem["errors"]][0] == (pointer, code)
