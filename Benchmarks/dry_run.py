#!/usr/bin/env python3
"""Measures dry runs of mappings: 90 days of 50 devices at a reading a minute, and a rule's alarms of the same time.

Writes the history directly into a private PostgreSQL and asks the real server over HTTP.

    Benchmarks/dry_run.py [--days 90] [--devices 50] [--alarms 20000]
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


def run(server, name: str, days: int, **mapping):
    document = {"name": name, "connector": "erp", **mapping}
    begun = time.monotonic()
    status, started = server.call("POST", "/api/v1/mappings/bench/dry-run", {"days": days, "mapping": document})
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
    options = parser.parse_args()
    with harness.plant() as line:
        line.configure(options.devices)
        connector = line.erp.connector()
        connector["options"]["meter"] = {"method": "PUT", "path": "/meters/${meter}", "body": {"quantity": "${value}"}}
        line.server.put("/api/v1/connectors/erp", connector)
        fill(line, options.days, options.devices, options.alarms)
        metric = {"trigger": {"metric": "temperature", "profile": "motor"}, "operation": "stock.set"}
        figure = {"item": "${device.key}", "quantity": "${round(temperature, 1)}"}
        line.server.put("/api/v1/mappings/bench", {"name": "Bench", "connector": "erp", "enabled": False, **metric,
                                                   "fields": figure})
        days = options.days
        run(line.server, "figures, dead band", days, **metric, fields=figure, deadBand=5)
        run(line.server, "figures, every minute, two versions", days, **metric, fields=figure, factor=1)
        run(line.server, "meters, an hour", days, operation="meter.record", window="PT1H", fields={"meter": "${device.key}"},
            trigger={"metric": "sequence", "profile": "motor"})
        order = {"trigger": {"rule": "hot"}, "operation": "work-order.create"}
        run(line.server, "alarms", days, **order, fields={"title": "${device.name}"})
        run(line.server, "alarms with their readings", days, **order, fields={"title": "${temperature}"})


if __name__ == "__main__":
    main()
