"""Readings out: charts, several series, files, tracks, storage."""

import json
import time
import urllib.request

import pytest

COUNT = 400


@pytest.fixture(scope="module")
def server(line):
    server = line.server
    server.put("/api/v1/profiles/lorry", {
        "name": "Lorry", "reportingInterval": 1, "retention": "P90D",
        "metrics": [{"key": "speed"}, {"key": "odometer", "kind": "counter"}, {"key": "position", "kind": "location"}]})
    server.put("/api/v1/devices/lorry-1", {"name": "Lorry", "profile": "lorry"})
    begin = int(time.time()) // 60 * 60 - 3_000
    readings = [{"ts": (begin + step) * 1000, "speed": step % 50, "odometer": step * 2,
                 "position": {"lat": 52.4, "lon": 4.6 + step / 10_000}} for step in range(COUNT)]
    del readings[200:260]
    status, answer = server.call("POST", "/api/v1/devices/lorry-1/telemetry", readings)
    assert status == 204, answer
    return server


def lines(server, path):
    request = urllib.request.Request(server.url + path, headers={"Authorization": "Bearer " + server.token})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return answer.headers["Content-Type"], answer.read().decode().splitlines()


def test_the_profile_keeps_its_retention(server):
    assert server.get("/api/v1/profiles/lorry")["retention"] == "P90D"


def test_raw_charts_break_where_nothing_came(server):
    chart = server.get("/api/v1/devices/lorry-1/readings?metrics=speed&points=1000")
    values = chart["series"]["speed"]["values"]
    assert chart["resolution"] == "raw" and chart["bucket"] == 0
    assert values.count(None) == 1 and len(values) == COUNT - 60 + 1


def test_buckets_tell_extremes_and_increase(server):
    chart = server.get("/api/v1/devices/lorry-1/readings?metrics=speed,odometer&points=100")
    assert 0 < len(chart["times"]) <= 100 and chart["bucket"] > 0
    assert max(value for value in chart["series"]["speed"]["max"] if value is not None) == 49
    increase = [value for value in chart["series"]["odometer"]["increase"] if value is not None]
    assert sum(increase) == (COUNT - 1) * 2


def test_a_counter_that_rolls_over_goes_on(server):
    status, problem = server.call("PUT", "/api/v1/profiles/press", {"name": "Press", "metrics": [{"key": "force", "rollover": 65_536}]})
    assert (status, problem["errors"][0]["pointer"], problem["errors"][0]["code"]) == (422, "/metrics/0/rollover", "not-a-counter")
    metrics = [{"key": "cycles", "name": "Cycles", "unit": "", "kind": "counter", "rollover": 65_536}]
    server.put("/api/v1/profiles/press", {"name": "Press", "metrics": metrics})
    assert server.get("/api/v1/profiles/press")["metrics"] == metrics
    exported = server.get("/api/v1/configuration")
    assert exported["profiles"]["press"]["metrics"] == metrics
    server.put("/api/v1/devices/press-1", {"name": "Press", "profile": "press"})
    begin = int(time.time()) // 60 * 60 - 3_000
    readings = [{"ts": (begin + step) * 1000, "cycles": (65_000 + step * 700) % 65_536} for step in range(COUNT)]
    assert server.call("POST", "/api/v1/devices/press-1/telemetry", readings)[0] == 204

    def increase():
        chart = server.get("/api/v1/devices/press-1/readings?metrics=cycles&points=50")
        return sum(value for value in chart["series"]["cycles"]["increase"] if value is not None)

    assert increase() == (COUNT - 1) * 700
    del metrics[0]["rollover"]
    server.put("/api/v1/profiles/press", {"name": "Press", "metrics": metrics})
    assert increase() < (COUNT - 1) * 700, "without it every fall is a reset"


def test_several_series_at_once(server):
    answer = server.get("/api/v1/readings?series=lorry-1.speed,lorry-1.odometer&points=50")
    assert [one["metric"] for one in answer["series"]] == ["speed", "odometer"]
    assert all(len(one["times"]) == len(one["avg"]) <= 50 for one in answer["series"])
    status, problem = server.call("GET", "/api/v1/readings?series=lorry-1.nothing")
    assert status == 400 and problem["code"] == "bad-parameter"


def test_files_hold_every_reading(server):
    kind, rows = lines(server, "/api/v1/devices/lorry-1/readings.ndjson")
    assert kind == "application/x-ndjson" and len(rows) == COUNT - 60
    first = json.loads(rows[0])
    assert first["speed"] == 0 and first["position"] == {"lat": 52.4, "lon": 4.6}
    kind, rows = lines(server, "/api/v1/devices/lorry-1/readings.csv")
    assert kind.startswith("text/csv") and len(rows) == COUNT - 60 + 1


def test_tracks_are_simplified_and_split(server):
    track = server.get("/api/v1/devices/lorry-1/track?tolerance=5")
    assert track["total"] == COUNT - 60 and len(track["segments"]) == 2
    assert [len(segment) for segment in track["segments"]] == [2, 2]
    assert track["points"][0][:2] == [4.6, 52.4]


def test_storage_has_figures(server):
    storage = server.get("/api/v1/storage")
    assert storage["databaseBytes"] > 1_000_000 and storage["disk"] is None
    assert {"name", "retention", "month", "rows", "bytes", "state"} == set(storage["partitions"][0])
    assert any(part["retention"] == "P90D" and part["state"] == "open" for part in storage["partitions"])
