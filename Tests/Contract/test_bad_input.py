"""Bad input gets a clear message in the right place, and nothing else suffers."""

import json
import os
import socket
import subprocess
import time

import paho.mqtt.client as mqtt
import pytest
from plant_harness import BINARY, free_port, wait_until


def now() -> int:
    return int(time.time() * 1000)


def publish(line, topic: str, payload: bytes):
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
    client.connect("127.0.0.1", line.broker.port)
    client.loop_start()
    client.publish(topic, payload, qos=1).wait_for_publish(10)
    client.loop_stop()
    client.disconnect()


@pytest.mark.parametrize("payload, reason, words", [
    (b'{"temperature": 71.4', "bad-json", "JSON"),
    (b'{"temperature": NaN}', "bad-json", "JSON"),
    (b"\xff\xfe", "bad-json", "JSON"),
    (b'{"ts": 1795362847, "temperature": 1}', "bad-time", "in seconds?"),
    (json.dumps({"ts": now() + 2 * 3_600_000, "temperature": 1}).encode(), "bad-time", "future"),
    (b'{"ts": 915148800000, "temperature": 1}', "bad-time", "2000"),
    (b'{"temperature": "hot"}', "wrong-type", "number"),
    (b'{"mode": 7}', "wrong-type", "text or a boolean"),
    (b'{"pressure": 7}', "no-values", "temperature"),
    (b'[1, 2]', "bad-shape", "object"),
])
def test_rejected_message(line, payload, reason, words):
    before = {m["id"] for m in line.server.items("/api/v1/rejected-messages")}
    publish(line, "plantwright/v1/d-001/telemetry", payload)
    new = wait_until(
        lambda: [m for m in line.server.items("/api/v1/rejected-messages") if m["id"] not in before], 10, "rejection")
    assert [m["reason"] for m in new] == [reason]
    assert words in new[0]["detail"]
    status, problem = line.server.call("POST", "/api/v1/devices/d-001/telemetry", raw=payload)
    assert status in (400, 422) and words in problem["detail"]


def test_unknown_device_is_kept_and_adopted(line):
    publish(line, "plantwright/v1/stranger/telemetry", json.dumps({"ts": now(), "temperature": 20.5}).encode())
    sender = wait_until(
        lambda: [s for s in line.server.items("/api/v1/quarantine") if s["identifier"] == "stranger"], 10, "quarantine")
    assert sender[0]["messages"] == 1
    line.server.put("/api/v1/devices/stranger", {"name": "Stranger", "profile": "motor"})
    assert line.server.get("/api/v1/devices/stranger/latest")["values"] == {"temperature": 20.5}
    assert not [s for s in line.server.items("/api/v1/quarantine") if s["identifier"] == "stranger"]


@pytest.mark.parametrize("path, document, pointer, words", [
    ("/api/v1/devices/x", {"profile": "nope"}, "/profile", "nope"),
    ("/api/v1/profiles/x", {"name": "X", "metrics": [{"key": "1a"}]}, "/metrics/0/key", "letter"),
    ("/api/v1/rules/x", {"name": "X", "profile": "motor", "severity": "high", "condition": "temprature > 80"},
     "/condition", "temperature"),
    ("/api/v1/rules/x", {"name": "X", "profile": "motor", "severity": "high", "condition": "temperature >"},
     "/condition", ""),
    ("/api/v1/rules/x", {"name": "X", "profile": "motor", "severity": "urgent", "condition": "temperature > 1"},
     "/severity", "critical"),
    ("/api/v1/mappings/x", {"name": "X", "trigger": {"rule": "hot"}, "connector": "erp",
                            "operation": "work-order.create", "fields": {"title": "${device.nme}"}},
     "/fields/title", "device.name"),
    ("/api/v1/mappings/x", {"name": "X", "trigger": {"rule": "hot"}, "connector": "nope",
                            "operation": "work-order.create", "fields": {}}, "/connector", "nope"),
    ("/api/v1/connectors/x", {"name": "X", "kind": "rest", "url": "http://169.254.169.254/"}, "/url", ""),
    ("/api/v1/connectors/x", {"name": "X", "kind": "rest", "url": "file:///etc/passwd"}, "/url", "http"),
])
def test_refused_document(line, path, document, pointer, words):
    status, problem = line.server.call("PUT", path, document)
    assert status == 422, problem
    errors = {error["pointer"]: error["detail"] for error in problem["errors"]}
    assert pointer in errors, errors
    assert words in errors[pointer]
    assert line.server.call("GET", path)[0] == 404


def test_metric_kind_cannot_change(line):
    profile = line.server.get("/api/v1/profiles/motor")
    profile["metrics"][0]["kind"] = "state"
    status, problem = line.server.call("PUT", "/api/v1/profiles/motor", profile)
    assert (status, problem["code"]) == (409, "metric-kind-change")


def test_lost_update_is_refused(line):
    request = {"name": "Hall", "level": "site", "equipment": {"erp": "EQ-1"}}
    import urllib.request
    with urllib.request.urlopen(urllib.request.Request(
            line.server.url + "/api/v1/assets/hall", headers={"Authorization": "Bearer " + line.server.token})) as answer:
        tag = answer.headers["ETag"]
    line.server.put("/api/v1/assets/hall", {**request, "name": "Hall 1"})
    stale = urllib.request.Request(
        line.server.url + "/api/v1/assets/hall", json.dumps(request).encode(), method="PUT",
        headers={"Authorization": "Bearer " + line.server.token, "If-Match": tag, "Content-Type": "application/json"})
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(stale)
    assert refused.value.code == 412


@pytest.mark.parametrize("target, status", [
    ("/../etc/passwd", 400), ("/%2e%2e/x", 400), ("/api/v1/devices/%2F", 400), ("/%00", 400), ("/%zz", 400),
    ("/nowhere", 404), ("/api/v1/nowhere", 404), ("/api/v1/devices", 401), ("/healthz", 200), ("/metrics", 401),
])
def test_raw_targets(line, target, status):
    with socket.create_connection(("127.0.0.1", line.server.port), 5) as connection:
        connection.sendall(f"GET {target} HTTP/1.1\r\nHost: anything\r\nConnection: close\r\n\r\n".encode())
        answer = connection.makefile("rb").readline().decode()
    assert answer.split()[1] == str(status)


def test_unreachable_erp_waits_and_says_so(line):
    line.server.put("/api/v1/connectors/away", {**line.erp.connector(), "url": f"http://127.0.0.1:{free_port()}"})
    line.server.put("/api/v1/rules/very-hot", {
        "name": "Very hot", "profile": "motor", "severity": "critical", "condition": "temperature > 200"})
    line.server.put("/api/v1/mappings/away-order", {
        "name": "Away", "trigger": {"rule": "very-hot"}, "connector": "away", "operation": "work-order.create",
        "fields": {"title": "${device.name}"}})
    line.server.call("POST", "/api/v1/devices/d-002/telemetry", {"ts": now(), "temperature": 250.0})

    def tried():
        found = [d for d in line.server.items("/api/v1/deliveries?state=pending") if d["connector"]["key"] == "away"]
        return found and found[0]["attempts"] > 0 and found[0]["reason"] and found[0]
    delivery = wait_until(tried, 15, "an attempt")
    assert delivery["state"] == "waiting"


def test_readings_are_stored_while_a_template_fails(line):
    line.server.put("/api/v1/mappings/hot-broken", {
        "name": "Broken", "trigger": {"rule": "hot"}, "connector": "erp", "operation": "work-order.create",
        "fields": {"title": "${sequence} ${mode}"}})
    ts = now()
    status, _ = line.server.call("POST", "/api/v1/devices/d-003/telemetry", {"ts": ts, "temperature": 99.0})
    assert status == 204
    dead = wait_until(lambda: [d for d in line.server.items("/api/v1/deliveries?state=dead")
                               if d["mapping"]["key"] == "hot-broken"], 10, "the dead delivery")
    assert dead[0]["reason"] and "title" in dead[0]["detail"]
    line.server.call("DELETE", "/api/v1/mappings/hot-broken")


def run_serve(environment: dict[str, str]):
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PLANTWRIGHT_")}
    return subprocess.run([BINARY, "serve"], env={**clean, **environment}, capture_output=True, text=True, timeout=30)


def test_all_configuration_errors_at_once(tmp_path):
    done = run_serve({"PLANTWRIGHT_DATABASE_URL": "mysql://x", "PLANTWRIGHT_MQTT_URL": "http://x",
                      "PLANTWRIGHT_LISTEN": "8080", "PLANTWRIGHT_LOG_LEVEL": "loud",
                      "PLANTWRIGHT_DATA_DIR": str(tmp_path)})
    assert done.returncode == 78
    for name in ("DATABASE_URL", "MQTT_URL", "LISTEN", "LOG_LEVEL"):
        assert name in done.stderr


def test_port_in_use(line, tmp_path):
    done = run_serve({**{k: v for k, v in line.server.environment.items() if k.startswith("PLANTWRIGHT_")},
                      "PLANTWRIGHT_MQTT_CLIENT_ID": "other", "PLANTWRIGHT_DATA_DIR": str(tmp_path)})
    assert done.returncode == 1
    assert f"127.0.0.1:{line.server.port} is in use" in done.stderr


def test_unreachable_database_is_waited_for(tmp_path, line):
    port = free_port()
    process = subprocess.Popen(
        [BINARY, "serve"], stderr=subprocess.DEVNULL,
        env={**os.environ, "PLANTWRIGHT_DATABASE_URL": f"postgresql://nobody@127.0.0.1:{free_port()}/x",
             "PLANTWRIGHT_MQTT_URL": line.broker.url, "PLANTWRIGHT_LISTEN": f"127.0.0.1:{port}",
             "PLANTWRIGHT_MQTT_CLIENT_ID": "waiting", "PLANTWRIGHT_DATA_DIR": str(tmp_path)})
    try:
        import urllib.request

        def answers():
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=2)
            except urllib.error.HTTPError as error:
                return error.code == 503 and "database" in error.read().decode()
        import urllib.error
        assert wait_until(answers, 20, "503 with the reason")
    finally:
        process.terminate()
        process.wait(20)
