"""What mappings may ask for: versions, events of alarms, conditions, tables, guards, windows, dry runs."""

import time

import pytest
from plant_harness import wait_until

HOUR = 3_600_000


@pytest.fixture(scope="module")
def server(line):
    options = line.erp.connector()
    options["options"]["meter"] = {"method": "PUT", "path": "/meters/${meter}", "body": {"quantity": "${value}"}}
    line.server.put("/api/v1/connectors/metered", options)
    line.server.put("/api/v1/rules/warm", {"name": "Warm", "profile": "motor", "severity": "low",
                                           "condition": "temperature > 60 and temperature < 70"})
    for device in ("warm-1", "warm-2", "stroke-1"):
        line.server.put(f"/api/v1/devices/{device}", {"name": device, "profile": "motor", "asset": "hall"})
    return line.server


def now() -> int:
    return int(time.time() * 1_000)


def mapping(**changes) -> dict:
    return {"name": "Warm", "trigger": {"rule": "warm"}, "connector": "erp", "operation": "work-order.create",
            "fields": {"title": "${device.name}"}, **changes}


def report(server, device, *readings):
    status, answer = server.call("POST", f"/api/v1/devices/{device}/telemetry", list(readings))
    assert status == 204, answer


def deliveries(server, key) -> list[dict]:
    return [d for d in server.items("/api/v1/deliveries") if d["mapping"]["key"] == key]


def test_every_saved_version_is_kept(server):
    first = server.put("/api/v1/mappings/versioned", mapping(enabled=False))
    assert first["version"] == 1 and first["condition"] is None and first["trigger"] == {"rule": "warm"}
    assert server.put("/api/v1/mappings/versioned", first)["version"] == 1, "writing what is there is no new version"
    status, second = server.call("PATCH", "/api/v1/mappings/versioned", {"name": "Warmer", "approval": True})
    assert status == 200 and second["version"] == 2
    versions = server.get("/api/v1/mappings/versioned/versions")["items"]
    assert [v["version"] for v in versions] == [2, 1] and {v["savedBy"] for v in versions} == {"test"}
    assert versions[0]["document"] == second and versions[1]["document"] == first
    assert server.call("GET", "/api/v1/mappings/none/versions")[0] == 404


@pytest.mark.parametrize("changes, pointer", [
    ({"condition": "temprature > 1"}, "/condition"), ({"window": "PT1H"}, "/window"), ({"attach": True}, "/attach"),
    ({"limits": {"perAsset": 0}}, "/limits/perAsset"), ({"trigger": {"rule": "warm", "on": "gone"}}, "/trigger/on"),
    ({"lookups": {"code": {"expression": "nothing", "table": {}}}}, "/lookups/code/expression"),
    ({"operation": "stock.consume"}, "/connector"),
])
def test_refused_options(server, changes, pointer):
    status, problem = server.call("PUT", "/api/v1/mappings/refused", mapping(**changes))
    assert status == 422 and pointer in [error["pointer"] for error in problem["errors"]], problem


def test_conditions_tables_limits_and_returns(server):
    table = {"expression": "rule.key", "table": {"warm": "W-1"}, "default": "?"}
    server.put("/api/v1/mappings/warm-order", mapping(
        condition="temperature > 65", lookups={"code": table}, limits={"perAsset": 1, "per": "PT1H"},
        fields={"title": "${lookups.code} ${temperature}"}))
    server.put("/api/v1/mappings/warm-end", mapping(
        trigger={"rule": "warm", "on": "returned"}, fields={"title": "${alarm.clearedAt} ${temperature}"}))
    start = now() - 60_000
    report(server, "warm-1", {"ts": start, "temperature": 61.0}, {"ts": start + 1_000, "temperature": 20.0},
           {"ts": start + 2_000, "temperature": 66.0}, {"ts": start + 3_000, "temperature": 21.0},
           {"ts": start + 4_000, "temperature": 67.0})
    orders = deliveries(server, "warm-order")
    assert sorted(d["state"] == "superseded" for d in orders) == [False, True], orders
    limited = next(d for d in orders if d["state"] == "superseded")
    assert limited["reason"] == "limit"
    done = next(d for d in orders if d["state"] != "superseded")
    assert server.get(f"/api/v1/deliveries/{done['id']}")["fields"]["title"] == "W-1 66"
    ends = [server.get(f"/api/v1/deliveries/{d['id']}")["fields"]["title"] for d in deliveries(server, "warm-end")]
    assert sorted(end.split()[1] for end in ends) == ["20", "21"]
    assert server.metric("plantwright_deliveries_total") >= 1
    for key in ("warm-order", "warm-end"):
        server.call("DELETE", f"/api/v1/mappings/{key}")


def test_held_until_somebody_approves(server):
    server.put("/api/v1/mappings/warm-held", mapping(approval=True))
    report(server, "warm-2", {"ts": now() - 9_000, "temperature": 66.0}, {"ts": now() - 8_000, "temperature": 20.0})
    held = deliveries(server, "warm-held")
    assert [d["state"] for d in held] == ["held"]
    assert held[0]["id"] in [d["id"] for d in server.items("/api/v1/deliveries?state=pending")]
    server.call("DELETE", "/api/v1/mappings/warm-held")


def test_meters_are_recorded_window_by_window(line, server):
    server.put("/api/v1/mappings/strokes", mapping(
        trigger={"metric": "sequence", "profile": "motor"}, connector="metered", operation="meter.record",
        fields={"meter": "${device.key}"}, window="PT1H", factor=2))
    start = (now() // HOUR - 4) * HOUR
    report(server, "stroke-1", *[{"ts": start + minute * 60_000, "sequence": minute} for minute in range(0, 180, 10)])
    report(server, "stroke-1", {"ts": start + 180 * 60_000, "sequence": 3})
    report(server, "stroke-1", {"ts": start + 180 * 60_000, "sequence": 3})
    found = deliveries(server, "strokes")
    values = [server.get(f"/api/v1/deliveries/{d['id']}")["fields"]["value"] for d in found]
    assert sorted(values) == [100, 220, 340], "the counter at the end of each hour, in the ERP's unit"
    wait_until(lambda: line.erp.stock.get("stroke-1") == 340, 20, "the newest reading in the ERP")
    server.call("DELETE", "/api/v1/mappings/strokes")


def test_dry_run_on_alarms(server):
    server.put("/api/v1/devices/warm-3", {"name": "warm-3", "profile": "motor"})
    start = now() - 100_000
    for number in range(6):
        report(server, "warm-3", {"ts": start + number * 10_000, "temperature": 64.0 + number % 3},
               {"ts": start + number * 10_000 + 5_000, "temperature": 20.0})
    server.put("/api/v1/mappings/tried", mapping(enabled=False))
    status, started = server.call("POST", "/api/v1/mappings/tried/dry-run", {
        "days": 2, "mapping": mapping(condition="temperature > 65")})
    assert status == 202, started
    path = f"/api/v1/dry-runs/{started['id']}"
    run = wait_until(lambda: (r := server.get(path))["state"] != "running" and r, 20, "the dry run")
    assert run["state"] == "done" and run["progress"] == 1 and run["error"] is None
    assert run["causes"] == run["deliveries"] + run["failed"] + sum(s["count"] for s in run["suppressed"])
    assert run["deliveries"] > 0 and {s["reason"] for s in run["suppressed"]} == {"condition"}
    assert run["difference"]["version"] == 1 and run["difference"]["added"] == 0
    assert run["difference"]["removed"] == sum(s["count"] for s in run["suppressed"])
    assert run["examples"][0]["request"]["url"].endswith("/orders") and run["examples"][0]["issues"] == []
    assert server.call("DELETE", path)[0] == 204 and server.call("GET", path)[0] == 404
    status, problem = server.call("POST", "/api/v1/mappings/tried/dry-run", {"days": 0})
    assert status == 422 and problem["errors"][0]["pointer"] == "/days"
    assert server.call("POST", "/api/v1/mappings/none/dry-run", {"days": 1})[0] == 404
