#!/usr/bin/env python3
"""Measures dry runs of mappings: 90 days of 50 devices at a reading a minute, and a rule's alarms of the same time.

Writes the history directly into a private PostgreSQL and asks the real server over HTTP.

    Benchmarks/dry_run.py [--days 90] [--devices 50] [--alarms 20000] [--runs 1]
"""

from __future__ import annotations

import argparse
import os
import pathlib
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent
os.environ.setdefault("PLANTWRIGHT_BINARY", str(ROOT / ".build/release/plantwright"))
sys.path.insert(0, str(ROOT / "Tests/Harness"))
import plant_harness as harness  # noqa: E402  (needs the path and the variable)

DAY = 86_400


def fill(line, days: int, devices: int, alarms: int):
    database, start = line.database, int(time.time()) // 60 * 60 - days * DAY
    months = database.psql(f"SELECT string_agg(extract(epoch FROM m)::bigint::text, ',') FROM generate_series("
                           f"date_trunc('month', to_timestamp({start}) AT TIME ZONE 'UTC') AT TIME ZONE 'UTC',"
                           f" to_timestamp({start + days * DAY}), '1 month') m")
    for first in months.split(","):
        database.psql(f"SELECT ensure_reading_partition(0::smallint, to_timestamp({first} + 43200))")
    for number in range(devices):
        database.psql(
            "INSERT INTO reading (device_id, quality, retention, ts, received_at, values) "
            "SELECT d.id, 0, 0, to_timestamp(s), to_timestamp(s), ARRAY[round((60 + 15 * sin(s / 7200.0) + random())"
            f"::numeric, 1)::float8, ((s - {start}) / 60)::float8] FROM device d, "
            f"generate_series({start}, {start + days * DAY - 1}, 60) s WHERE d.key = 'd-{number:03}'")
    step = max(1, days * DAY // max(1, alarms))
    database.psql(
        "INSERT INTO alarm (id, rule_id, rule_revision, device_id, asset_id, severity, raised_at, received_at, cleared_at, "
        "clear_reason) SELECT gen_random_uuid(), r.id, 1, d.id, d.asset_id, 'high', to_timestamp(s), to_timestamp(s), "
        f"to_timestamp(s + 30), 'condition' FROM rule r, generate_series({start}, {start + days * DAY - 1}, {step}) "
        f"WITH ORDINALITY AS x (s, n) JOIN device d ON d.key = 'd-' || lpad((n % {devices})::text, 3, '0') "
        "WHERE r.key = 'hot'")
    database.psql("ANALYZE")


def run(server, name: str, days: int, saved: dict | None = None, **mapping):
    """Tries a mapping, compared with a saved one if there is any; waits and tells."""
    key = name.split(",")[0].replace(" ", "-")
    if saved:
        server.put(f"/api/v1/mappings/{key}", {"name": name, "connector": "erp", "enabled": False, **saved})
    document = {"name": name, "connector": "erp", **mapping}
    begun = time.monotonic()
    status, started = server.call("POST", f"/api/v1/mappings/{key}/dry-run", {"days": days, "mapping": document})
    assert status == 202, started
    while (found := server.get(f"/api/v1/dry-runs/{started['id']}"))["state"] == "running":
        time.sleep(0.2)
    spent = time.monotonic() - begun
    memory = next(line for line in pathlib.Path(f"/proc/{server.process.pid}/status").read_text().splitlines()
                  if line.startswith("VmRSS"))
    print(f"{name:34} {spent:6.1f} s  causes {found['causes']:>9,}  deliveries {found['deliveries']:>9,}  "
          f"{found['state']}  {memory.split()[1]} KiB", flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--days", type=int, default=90)
    parser.add_argument("--devices", type=int, default=50)
    parser.add_argument("--alarms", type=int, default=20_000)
    parser.add_argument("--runs", type=int, default=1)
    options = parser.parse_args()
    with harness.plant() as line:
        line.configure(options.devices)
        connector = line.erp.connector()
        connector["options"]["meter"] = {"method": "PUT", "path": "/meters/${meter}", "body": {"quantity": "${value}"}}
        line.server.put("/api/v1/connectors/erp", connector)
        fill(line, options.days, options.devices, options.alarms)
        metric = {"trigger": {"metric": "temperature", "profile": "motor"}, "operation": "stock.set"}
        figure = {"item": "${device.key}", "quantity": "${round(temperature, 1)}"}
        meter = {"operation": "meter.record", "window": "PT1H", "fields": {"meter": "${device.key}"},
                 "trigger": {"metric": "sequence", "profile": "motor"}}
        order = {"trigger": {"rule": "hot"}, "operation": "work-order.create"}
        days = options.days
        for _ in range(options.runs):
            run(line.server, "figures with a dead band", days, **metric, fields=figure, deadBand=5)
            run(line.server, "figures every minute", days, **metric, fields=figure)
            run(line.server, "meters by the hour", days, **meter)
            run(line.server, "alarms", days, **order, fields={"title": "${device.name}"})
            run(line.server, "alarms with their readings", days, **order, fields={"title": "${temperature}"})
            # Two versions at once, as an admin sees them who has changed a saved one.
            run(line.server, "dead band, against every minute", days, {**metric, "fields": figure},
                **metric, fields=figure, deadBand=5)
            run(line.server, "every minute, against a factor", days, {**metric, "fields": figure, "factor": 2},
                **metric, fields=figure)
            run(line.server, "alarms, against another title", days, {**order, "fields": {"title": "Hot"}},
                **order, fields={"title": "${device.name}"})


if __name__ == "__main__":
    main()
