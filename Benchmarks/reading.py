#!/usr/bin/env python3
"""Measures what reading costs and how much room readings take.

Writes a year of one device at 1 Hz (and 30 days of 20 devices) directly into a private PostgreSQL, lets the server roll
up and pack what it finds there, and then asks the real server over HTTP for charts of any span.

    Benchmarks/reading.py [--days 365] [--fleet 20] [--fleet-interval 10] [--queries 40] [--points 2000] [--json FILE]
"""

from __future__ import annotations

import argparse
import json
import os
import pathlib
import random
import statistics
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent
os.environ.setdefault("PLANTWRIGHT_BINARY", str(ROOT / ".build/release/plantwright"))
sys.path.insert(0, str(ROOT / "Tests/Harness"))
import plant_harness as harness  # noqa: E402  (needs the path and the variable)

HOUR, DAY = 3_600, 86_400
METRICS = ["temperature", "vibration", "current", "speed", "total"]
# Values as sensors report them: one or two decimals, slow waves and a little noise.
VALUES = """ARRAY[round((60 + 15 * sin(s / 7200.0) + random())::numeric, 1)::float8,
    round((2 + sin(s / 900.0) + random() / 5)::numeric, 2)::float8,
    round((12 + 3 * sin(s / 3600.0) + random() / 2)::numeric, 1)::float8,
    (1450 + (s % 60))::float8, s::float8{more}]"""


def insert(database, device: int, start: int, seconds: int, step: int, more: str = ""):
    """Writes readings month by month, as the server would."""
    month = database.psql(f"SELECT string_agg(extract(epoch FROM m)::bigint::text, ',') FROM generate_series("
                          f"date_trunc('month', to_timestamp({start}) AT TIME ZONE 'UTC') AT TIME ZONE 'UTC',"
                          f" to_timestamp({start + seconds}), '1 month') m")
    for first in month.split(","):
        database.psql(f"SELECT ensure_reading_partition(0::smallint, to_timestamp({first} + 43200))")
    for portion in range(start, start + seconds, 10 * DAY):
        end = min(portion + 10 * DAY, start + seconds)
        database.psql(
            "INSERT INTO reading (device_id, quality, retention, ts, received_at, values) "
            f"SELECT {device}, 0, 0, to_timestamp(s), to_timestamp(s) + random() * interval '30 ms', "
            f"{VALUES.format(more=more)} FROM generate_series({portion}, {end - 1}, {step}) s")


def fresh(database, metrics: int) -> float:
    """Bytes per point, index included, of readings as they are first stored."""
    start, rows = 2_000_000_000, 200_000
    insert(database, 999, start, rows, 1, ", " + ", ".join(["random()"] * (metrics - 5)) if metrics > 5 else "")
    size = int(database.psql("SELECT sum(pg_total_relation_size(oid)) FROM pg_class "
                             "WHERE relname ~ '^reading_forever_20330[56]' AND relkind = 'r'"))
    for name in database.psql("SELECT string_agg(relname, ',') FROM pg_class WHERE relname ~ "
                              "'^reading_forever_20330[56]$' AND relkind = 'r'").split(","):
        database.psql(f"DROP TABLE {name}")
    return size / rows / metrics


def quantiles(samples: list[float]) -> dict[str, float]:
    ordered = sorted(samples)
    return {"p50": round(statistics.median(ordered) * 1000, 1),
            "p95": round(ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))] * 1000, 1)}


def timed(server, path: str) -> tuple[float, dict]:
    begun = time.perf_counter()
    answer = server.get(path)
    return time.perf_counter() - begun, answer


def iso(seconds: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def wait_for_workers(database, rows: int):
    """Until everything is rolled up and every ended month is packed."""
    def is_done() -> bool:
        left = int(database.psql(
            "SELECT count(*) FROM (SELECT FROM reading WHERE ts < date_trunc('month', "
            "(now() - interval '2 days') AT TIME ZONE 'UTC') AT TIME ZONE 'UTC' LIMIT 1) AS found"))
        behind = int(database.psql("SELECT count(*) FROM (SELECT FROM rollup_progress WHERE through < "
                                   "now() - interval '1 day') AS found"))
        started = int(database.psql("SELECT count(*) FROM rollup_progress")) > 0
        return started and left == 0 and behind == 0
    harness.wait_until(is_done, 7_200, f"rollups and packing of {rows} readings")


def run(options: argparse.Namespace, directory: pathlib.Path) -> dict:
    database, broker = harness.PostgreSQL(directory), harness.Mosquitto(directory)
    server = harness.Plantwright(directory, database.url, broker.url, {"PLANTWRIGHT_LOG_LEVEL": "warning"})
    result: dict = {"fresh": {}, "charts": {}}
    try:
        database.start()
        broker.start()
        server.start()
        server.put("/api/v1/profiles/machine", {
            "name": "Machine", "reportingInterval": 1,
            "metrics": [{"key": key, "kind": "counter" if key == "total" else "gauge"} for key in METRICS]})
        names = ["year"] + [f"fleet-{index}" for index in range(options.fleet)]
        for name in names:
            server.put(f"/api/v1/devices/{name}", {"name": name, "profile": "machine"})
        ids = {name: int(database.psql(f"SELECT id FROM device WHERE key = '{name}'")) for name in names}
        server.stop()
        for metrics in (5, 10):
            result["fresh"][metrics] = round(fresh(database, metrics), 1)
        now = int(time.time()) // HOUR * HOUR
        begin = now - options.days * DAY
        insert(database, ids["year"], begin, options.days * DAY, 1)
        fleet_days = min(30, options.days)
        for name in names[1:]:
            insert(database, ids[name], now - fleet_days * DAY, fleet_days * DAY, options.fleet_interval)
        database.psql("ANALYZE")
        begun = time.time()
        server.start()
        rows = options.days * DAY + options.fleet * fleet_days * DAY // options.fleet_interval
        wait_for_workers(database, rows)
        result["workerSeconds"] = round(time.time() - begun, 1)
        database.psql("VACUUM ANALYZE")
        measure_charts(options, server, names, begin, now, result)
        report = server.get("/api/v1/storage")
        result["storage"] = {key: report[key] for key in ("readings", "packed", "rollups", "databaseBytes")}
    finally:
        server.stop()
        broker.stop()
        database.stop()
    return result


def measure_charts(options, server, names: list[str], begin: int, now: int, result: dict):
    spans = {"10 min": 600, "1 h": HOUR, "4 h": 4 * HOUR, "6 h": 6 * HOUR, "1 d": DAY, "7 d": 7 * DAY, "30 d": 30 * DAY,
             "90 d": 90 * DAY, "year": options.days * DAY}
    for label, span in spans.items():
        if span > options.days * DAY:
            continue
        samples, last = [], {}
        for _ in range(options.queries):
            start = begin + random.random() * (options.days * DAY - span)
            metric = random.choice(METRICS)
            seconds, last = timed(server, f"/api/v1/devices/year/readings?metrics={metric}&from={iso(start)}"
                                          f"&to={iso(start + span)}&points={options.points}")
            samples.append(seconds)
        result["charts"][label] = {**quantiles(samples), "points": len(last["times"]), "bucket": last["bucket"],
                                   "resolution": last["resolution"]}
    series = ",".join(f"{name}.temperature" for name in names[1:])
    if series:
        samples = [timed(server, f"/api/v1/readings?series={series}&from={iso(now - 30 * DAY)}&to={iso(now)}"
                                 f"&points={options.points}")[0] for _ in range(max(5, options.queries // 2))]
        result["charts"][f"30 d of {len(names) - 1} devices"] = quantiles(samples)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--fleet", type=int, default=20)
    parser.add_argument("--fleet-interval", type=int, default=10)
    parser.add_argument("--queries", type=int, default=40)
    parser.add_argument("--points", type=int, default=2_000)
    parser.add_argument("--json", type=pathlib.Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="pwr-", dir="/tmp") as name:
        directory = pathlib.Path(name)
        directory.chmod(0o755)
        result = run(options, directory)
    for metrics, size in result["fresh"].items():
        print(f"fresh, {metrics} metrics a message: {size} bytes per point with index")
    print(f"rollups and packing of everything: {result['workerSeconds']} s")
    for label, figures in result["charts"].items():
        print(f"{label:>22}: " + "  ".join(f"{key} {value}" for key, value in figures.items()))
    print(json.dumps(result["storage"]))
    if options.json:
        options.json.write_text(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
