#!/usr/bin/env python3
"""Measures what reading costs and how much room readings take.

Writes a year of one device at 1 Hz (and 30 days of 20 devices) directly into a private PostgreSQL, lets the server roll
up and pack what it finds there, and then asks the real server over HTTP for charts of any span: once with nothing else
to do, and once while it ingests a load beside (`--ingest`, messages of five metrics a second over MQTT).

    Benchmarks/reading.py [--days 365] [--fleet 20] [--fleet-interval 10] [--queries 40] [--points 2000] [--seed 1]
                          [--ingest 13000] [--export] [--keep DIR] [--json FILE]

`--keep DIR` leaves the installation there; a run that finds one measures it and writes nothing anew. `--export` also
takes the whole year as CSV and as NDJSON.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import os
import pathlib
import random
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent
os.environ.setdefault("PLANTWRIGHT_BINARY", str(ROOT / ".build/release/plantwright"))
sys.path.insert(0, str(ROOT / "Tests/Harness"))
import ingest as load  # noqa: E402  (needs the variable)
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


class Client:
    """Asks over one connection that stays open."""

    def __init__(self, server):
        self.server = server
        self.connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=120)

    def timed(self, path: str) -> tuple[float, dict]:
        """Seconds up to the last byte, and the answer."""
        begun = time.perf_counter()
        self.connection.request("GET", path, headers={"Authorization": "Bearer " + self.server.token})
        answer = self.connection.getresponse()
        body = answer.read()
        seconds = time.perf_counter() - begun
        assert answer.status == 200, f"GET {path}: {answer.status} {body[:300]}"
        return seconds, json.loads(body)

    def sample(self, paths: list[str]) -> tuple[dict, dict]:
        """Figures of some queries as the client and as the server sees them, and the last answer."""
        samples, last = [], {}
        before = self.served()
        for path in paths:
            seconds, last = self.timed(path)
            samples.append(seconds)
        seconds, count = (after - earlier for after, earlier in zip(self.served(), before, strict=True))
        # The look at the server's own figures is one request more.
        return {**quantiles(samples), "server": round(seconds / max(1, count) * 1000, 1)}, last

    def served(self) -> tuple[float, float]:
        return (self.server.metric("plantwright_http_request_seconds_sum"),
                self.server.metric("plantwright_http_request_seconds_count"))


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


class Installation:
    """The servers over a directory, and what was written into it."""

    def __init__(self, options: argparse.Namespace, directory: pathlib.Path):
        self.options = options
        self.note = directory / "reading.json"
        self.database, self.broker = harness.PostgreSQL(directory), harness.Mosquitto(directory)
        self.server = harness.Plantwright(
            directory, self.database.url, self.broker.url, {"PLANTWRIGHT_LOG_LEVEL": "warning"})
        self.known = json.loads(self.note.read_text()) if self.note.exists() else None

    def start(self):
        self.database.start()
        self.broker.start()
        if self.known:
            self.server.token = self.known["token"]
            self.server.start()
            wait_for_workers(self.database, 0)
        else:
            self.server.start()
            self.fill()

    def stop(self):
        for part in (self.server, self.broker, self.database):
            with contextlib.suppress(Exception):
                part.stop()

    def fill(self):
        """Writes everything and lets the workers have it."""
        options, database, server = self.options, self.database, self.server
        server.put("/api/v1/profiles/machine", {
            "name": "Machine", "reportingInterval": 1,
            "metrics": [{"key": key, "kind": "counter" if key == "total" else "gauge"} for key in METRICS]})
        names = ["year"] + [f"fleet-{index}" for index in range(options.fleet)]
        for name in names:
            server.put(f"/api/v1/devices/{name}", {"name": name, "profile": "machine"})
        ids = {name: int(database.psql(f"SELECT id FROM device WHERE key = '{name}'")) for name in names}
        server.stop()
        sizes = {metrics: round(fresh(database, metrics), 1) for metrics in (5, 10)}
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
        seconds = round(time.time() - begun, 1)
        database.psql("VACUUM ANALYZE")
        self.known = {"token": server.token, "names": names, "begin": begin, "now": now, "days": options.days,
                      "fresh": sizes, "workerSeconds": seconds}
        self.note.write_text(json.dumps(self.known))

    @contextlib.contextmanager
    def ingest(self, rate: int):
        """Messages at a rate to devices of their own meanwhile, until the body ends."""
        devices = 100
        self.server.put("/api/v1/profiles/bench", {
            "name": "Bench", "metrics": [{"key": f"m{number}", "kind": "gauge"} for number in range(1, 6)]})
        for number in range(1, devices + 1):
            self.server.put(f"/api/v1/devices/bench-{number:06}", {"name": f"Bench {number}", "profile": "bench"})
        publisher = subprocess.Popen(
            [load.build_tools() / "publisher", "127.0.0.1", str(self.broker.port), load.SERVER_PREFIX, str(devices),
             "5", str(rate * 3_600), "1000", str(rate), "0"], stdout=subprocess.DEVNULL)
        try:
            base = self.server.metric("plantwright_readings_stored_total")
            harness.wait_until(lambda: self.server.metric("plantwright_readings_stored_total") > base + 2 * rate,
                               60, "the load")
            yield
        finally:
            publisher.terminate()
            publisher.wait()

    def clear_load(self):
        """The next run finds what this one found."""
        self.server.stop()
        since = self.known["now"] + HOUR
        self.database.psql(f"DELETE FROM reading WHERE ts >= to_timestamp({since}) AND device_id IN "
                           "(SELECT id FROM device WHERE key LIKE 'bench-%')")
        self.database.psql("DELETE FROM rollup WHERE device_id IN (SELECT id FROM device WHERE key LIKE 'bench-%')")
        self.database.psql("VACUUM ANALYZE")


def charts(options, installation: Installation) -> dict:
    known, client = installation.known, Client(installation.server)
    begin, now, days = known["begin"], known["now"], known["days"]
    spans = {"10 min": 600, "1 h": HOUR, "4 h": 4 * HOUR, "6 h": 6 * HOUR, "1 d": DAY, "7 d": 7 * DAY, "30 d": 30 * DAY,
             "90 d": 90 * DAY, "year": days * DAY}
    chance, result = random.Random(options.seed), {}
    for label, span in spans.items():
        if span > days * DAY:
            continue
        paths = []
        for _ in range(options.queries):
            start = begin + chance.random() * (days * DAY - span)
            paths.append(f"/api/v1/devices/year/readings?metrics={chance.choice(METRICS)}&from={iso(start)}"
                         f"&to={iso(start + span)}&points={options.points}")
        figures, last = client.sample(paths)
        result[label] = {**figures, "points": len(last["times"]), "bucket": last["bucket"],
                         "resolution": last["resolution"]}
    fleet = known["names"][1:]
    if fleet:
        path = (f"/api/v1/readings?series={','.join(f'{name}.temperature' for name in fleet)}"
                f"&from={iso(now - 30 * DAY)}&to={iso(now)}&points={options.points}")
        result[f"30 d of {len(fleet)} devices"], _ = client.sample([path] * max(5, options.queries // 2))
    return result


def export(installation: Installation, kind: str) -> dict:
    """The whole year as a file, and the server's greatest memory meanwhile."""
    known, server = installation.known, installation.server
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=600)
    begun = time.perf_counter()
    connection.request("GET", f"/api/v1/devices/year/readings.{kind}?from={iso(known['begin'])}&to={iso(known['now'])}",
                       headers={"Authorization": "Bearer " + server.token})
    answer, size, lines, memory = connection.getresponse(), 0, 0, []
    before = load.cpu_seconds(server.process.pid)
    while part := answer.read(1 << 20):
        size += len(part)
        lines += part.count(b"\n")
        memory.append(resident(server.process.pid))
    seconds = time.perf_counter() - begun
    return {"rows": lines, "seconds": round(seconds, 1), "rowsPerSecond": round(lines / seconds),
            "MiBPerSecond": round(size / seconds / 2**20, 1), "memoryAtFirst": memory[0], "memoryAtMost": max(memory),
            "serverCPU": round(load.cpu_seconds(server.process.pid) - before, 1)}


def resident(pid: int) -> float:
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return round(int(status.split("VmRSS:")[1].split()[0]) / 1024, 1)


def run(options: argparse.Namespace, directory: pathlib.Path) -> dict:
    installation = Installation(options, directory)
    try:
        installation.start()
        result = {key: installation.known[key] for key in ("fresh", "workerSeconds")}
        charts(argparse.Namespace(**{**vars(options), "queries": 8}), installation)
        result["charts"] = charts(options, installation)
        if options.export:
            result["export"] = {kind: export(installation, kind) for kind in ("csv", "ndjson")}
        report = installation.server.get("/api/v1/storage")
        result["storage"] = {key: report[key] for key in ("readings", "packed", "rollups", "databaseBytes")}
        if options.ingest:
            with installation.ingest(options.ingest):
                begun, base = time.time(), installation.server.metric("plantwright_readings_stored_total")
                result["chartsBesideIngest"] = charts(options, installation)
                stored = installation.server.metric("plantwright_readings_stored_total") - base
                result["ingestedPerSecond"] = round(stored / (time.time() - begun))
            installation.clear_load()
    finally:
        installation.stop()
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--fleet", type=int, default=20)
    parser.add_argument("--fleet-interval", type=int, default=10)
    parser.add_argument("--queries", type=int, default=40)
    parser.add_argument("--points", type=int, default=2_000)
    parser.add_argument("--seed", type=int, default=1, help="which places of the year are asked for")
    parser.add_argument("--ingest", type=int, default=0, help="also measure while so many messages a second arrive")
    parser.add_argument("--export", action="store_true", help="also take the whole year as files")
    parser.add_argument("--keep", type=pathlib.Path, help="where the installation stays for further runs")
    parser.add_argument("--json", type=pathlib.Path)
    options = parser.parse_args()
    if options.keep:
        options.keep.mkdir(exist_ok=True)
        options.keep.chmod(0o755)
        result = run(options, options.keep)
    else:
        with tempfile.TemporaryDirectory(prefix="pwr-", dir="/tmp") as name:
            directory = pathlib.Path(name)
            directory.chmod(0o755)
            result = run(options, directory)
    show(result)
    if options.json:
        options.json.write_text(json.dumps(result, indent=2))


def show(result: dict):
    for metrics, size in result["fresh"].items():
        print(f"fresh, {metrics} metrics a message: {size} bytes per point with index")
    print(f"rollups and packing of everything: {result['workerSeconds']} s")
    for name, title in (("charts", "nothing else"), ("chartsBesideIngest", "while messages arrive")):
        if name not in result:
            continue
        print(f"milliseconds, {title}:" + (f" {result['ingestedPerSecond']}/s" if name != "charts" else ""))
        for label, figures in result[name].items():
            print(f"{label:>22}: " + "  ".join(f"{key} {value}" for key, value in figures.items()))
    for kind, figures in result.get("export", {}).items():
        print(f"{kind}: {json.dumps(figures)}")
    print(json.dumps(result["storage"]))


if __name__ == "__main__":
    main()
