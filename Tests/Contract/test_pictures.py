"""The picture of an alarm, who asks for it, and that it arrives."""

import base64
import json
import struct
import time
import urllib.error
import urllib.request
import uuid

import pytest
from plant_harness import wait_until
from test_connector_routes import SimulatedERP


@pytest.fixture(scope="module")
def alarm(line):
    """An alarm with a minute of readings before it, and none after it."""
    server = line.server
    server.put("/api/v1/rules/drawn", {"name": "Hotter", "profile": "motor", "severity": "high",
                                       "condition": "temperature > 71 and temperature < 79"})
    server.put("/api/v1/devices/drawn-1", {"name": "Motor “1”", "profile": "motor", "asset": "hall"})
    start = int(time.time() * 1_000) - 120_000
    readings = [{"ts": start + second * 1_000, "temperature": 60.0 + second / 5} for second in range(61)]
    status, answer = server.call("POST", "/api/v1/devices/drawn-1/telemetry", readings)
    assert status == 204, answer
    return next(one for one in server.items("/api/v1/alarms") if one["rule"]["key"] == "drawn")


def test_an_alarm_is_drawn_the_same_every_time(line, alarm):
    path = f"/api/v1/alarms/{alarm['id']}/chart.png"
    png = line.server.raw(path)
    assert png[:8] == b"\x89PNG\r\n\x1a\n" and len(png) < 200_000
    width, height = struct.unpack(">II", png[16:24])
    assert width == 1280 and 400 < height < 1200
    # What comes after the alarm is not part of it.
    moment = int(time.time() * 1_000)
    line.server.call("POST", "/api/v1/devices/drawn-1/telemetry", [{"ts": moment, "temperature": 20.0}])
    assert line.server.raw(path) == png


def test_who_may_see_it_and_what_is_not_there(line, alarm):
    path = f"/api/v1/alarms/{alarm['id']}/chart.png"
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(line.server.url + path, timeout=30)
    assert refused.value.code == 401
    assert line.server.call("GET", f"/api/v1/alarms/{uuid.uuid4()}/chart.png")[0] == 404
    document = line.server.get("/api/v1/openapi.json")
    assert "/api/v1/alarms/{id}/chart.png" in document["paths"]
    # The connector of this plant is of the kind `rest`, and its options do not say how it takes files.
    status, problem = line.server.call("PUT", "/api/v1/mappings/drawn", {
        "name": "Drawn", "trigger": {"rule": "drawn"}, "connector": "erp", "operation": "work-order.create",
        "fields": {"title": "Hot"}, "attachChart": True})
    assert status == 422 and [error["pointer"] for error in problem["errors"]] == ["/attachChart"]


# How a `rest` connector may be told to take a picture along.
REST = {
    "json": {"path": "/orders/${id}/files", "body": {"name": "${fileName}", "content": "${picture}"},
             "find": {"path": "/orders/${id}/files", "items": "items", "key": "name"}},
    "form": {"path": "/orders/${id}/files", "form": "file", "body": {"note": "${title}"},
             "find": {"path": "/orders/${id}/files?name=${fileName}", "items": "items"}},
    "put": {"method": "PUT", "path": "/orders/${id}/files/${fileName}"},
}


# By kind how many changes its order needs before the picture.
@pytest.mark.parametrize("way, changes", [
    ("json", 1), ("form", 1), ("put", 1), ("sap-s4hana", 3), ("maximo", 1), ("oracle-maintenance", 1),
    ("business-central", 1), ("dynamics-scm", 1), ("dynamics-field-service", 1)])
def test_a_picture_is_at_its_order_once(line, alarm, way, changes):
    """Over the wire, byte for byte, with the first upload done and its answer lost."""
    server = line.server
    erp = SimulatedERP("rest" if way in REST else way)
    key = f"pictured-{way}"
    try:
        connector = erp.connector
        connector["options"]["settle"] = 0
        if way in REST:
            connector["options"]["attach"] = REST[way]
        server.put(f"/api/v1/connectors/{key}", connector)
        server.put(f"/api/v1/rules/{key}", {"name": key, "profile": "motor", "severity": "high",
                                            "condition": "temperature > 71 and temperature < 79"})
        mapping = server.put(f"/api/v1/mappings/{key}", {
            "name": key, "trigger": {"rule": key}, "connector": key, "operation": "work-order.create",
            "fields": {"title": "Hot", "equipment": "PUMP-7"}, "attachChart": True})
        assert mapping["attachChart"] is True
        # The order's own requests pass, the picture's does its work and is not answered.
        faults = json.dumps({"faults": ["pass"] * changes + ["drop-after-work"]}).encode()
        faults = urllib.request.Request(connector["url"] + "/_simulator/faults", method="POST", data=faults)
        urllib.request.urlopen(faults, timeout=10).close()
        server.put(f"/api/v1/devices/{key}", {"name": key, "profile": "motor", "asset": "hall"})
        assert server.call("POST", f"/api/v1/devices/{key}/telemetry", [
            {"ts": int(time.time() * 1_000), "temperature": 75.0}])[0] == 204
        order = wait_until(lambda: next((one for one in server.items("/api/v1/deliveries")
                                         if one["mapping"]["key"] == key), None), what="the order")

        def attached():
            picture = server.get(f"/api/v1/deliveries/{order['id']}")["picture"]
            return picture if picture and picture["state"] in ("delivered", "dead") else None
        picture = wait_until(attached, 60, "the picture")
        assert picture["state"] == "delivered", picture
        upload = server.get(f"/api/v1/deliveries/{picture['id']}")
        assert len(upload["timeline"]) > 1, "the first upload was not answered"
        made, = erp.ask("GET", "/_simulator/orders")["items"]
        file, = erp.ask("GET", "/_simulator/files")["items"]
        assert (file["order"], file["name"]) == (made["externalId"], f"plantwright-{upload['idempotencyKey']}.png")
        assert base64.b64decode(file["content"]) == server.raw(f"/api/v1/alarms/{order['alarmId']}/chart.png")
    finally:
        server.call("DELETE", f"/api/v1/mappings/{key}")
        erp.stop()
