"""The picture of an alarm, and who asks for it."""

import struct
import time
import urllib.error
import urllib.request
import uuid

import pytest


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
    # The connector of this plant is of the kind `rest`, which takes no files.
    status, problem = line.server.call("PUT", "/api/v1/mappings/drawn", {
        "name": "Drawn", "trigger": {"rule": "drawn"}, "connector": "erp", "operation": "work-order.create",
        "fields": {"title": "Hot"}, "attachChart": True})
    assert status == 422 and [error["pointer"] for error in problem["errors"]] == ["/attachChart"]
