#!/usr/bin/env python3
"""Measures how fast deliveries leave, what a full outbox and a long outage cost, and how soon an alarm is an order.

Starts the real server with a `rest` connector against a small ERP that answers at once, in a process of its own.

    Benchmarks/deliveries.py [--waiting 50000] [--assets 500] [--concurrent 16] [--outage | --week]
                             [--alarms 500] [--ingest 13000] [--json FILE]

1. `--waiting` deliveries are put into the outbox of a paused connector: memory of the server before, and with them.
2. The connector is resumed: deliveries a second until all are in the ERP; the order in which they came.
   With `--outage` it is resumed while the ERP answers 503 and then left as after a week of that (a probe every 10 s:
   attempts, time lines, the next ones minutes away); deliveries a second are counted from the ERP's return.
   With `--week` the server lives through that week by its own clock instead: libfaketime (Debian's package) moves it
   an hour each time that the ERP has refused another call.
3. One alarm at a time: seconds from publishing the reading to the ERP's getting the order; with `--ingest` while so
   many other messages a second (five values, five rules) come from the C publisher.
"""

from __future__ import annotations

import argparse
import asyncio
import heapq
import json
import multiprocessing
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent
os.environ.setdefault("PLANTWRIGHT_BINARY", str(ROOT / ".build/release/plantwright"))
sys.path.insert(0, str(ROOT / "Tests/Harness"))
import plant_harness as harness  # noqa: E402  (needs the path and the variable)
from ingest import build_tools  # noqa: E402  (needs the path)

import paho.mqtt.client as mqtt  # noqa: E402

SEVERITIES = ["critical", "high", "medium", "low"]


def instant_erp(port: int, pipe):
    """Answers every POST with a new number at once, or 503 while it is down; notes when each reference came."""
    arrived: list[str] = []
    state = {"down": False, "last": 0.0, "refused": 0}

    async def serve(reader, writer):
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                lines = head.decode().lower().split("\r\n")
                size = next((int(line[15:]) for line in lines if line.startswith("content-length:")), 0)
                body = await reader.readexactly(size) if size else b""
                if state["down"]:
                    state["refused"] += 1
                    answer, status = b'{"error": "down"}', b"503 Service Unavailable"
                elif lines[0].startswith("post"):
                    arrived.append(json.loads(body)["reference"])
                    state["last"] = time.time()
                    answer, status = json.dumps({"id": len(arrived)}).encode(), b"201 Created"
                elif "reference=" in lines[0]:
                    answer, status = b'{"items": []}', b"200 OK"
                else:
                    answer, status = b'{"status": "open"}', b"200 OK"
                writer.write(b"HTTP/1.1 " + status + b"\r\nContent-Type: application/json\r\nContent-Length: "
                             + str(len(answer)).encode() + b"\r\n\r\n" + answer)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def main():
        server = await asyncio.start_server(serve, "127.0.0.1", port, backlog=512)
        loop = asyncio.get_running_loop()

        def asked():
            what = pipe.recv()
            if what in ("up", "down"):
                state["down"] = what == "down"
            pipe.send(len(arrived) if what == "count" else arrived if what == "list" else state.get(what))
        loop.add_reader(pipe.fileno(), asked)
        async with server:
            await server.serve_forever()
    asyncio.run(main())


class InstantERP:
    def __init__(self):
        self.port = harness.free_port()
        self.pipe, other = multiprocessing.Pipe()
        self.process = multiprocessing.Process(target=instant_erp, args=(self.port, other), daemon=True)
        self.process.start()

    def ask(self, what: str):
        self.pipe.send(what)
        return self.pipe.recv()


def memory(pid: int) -> float:
    """Resident memory in MiB."""
    text = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(text.split("VmRSS:")[1].split()[0]) / 1024


def fill(database, count: int, assets: int):
    """Alarms and their deliveries as ingest leaves them, oldest first, of all severities."""
    database.psql(f"""
        INSERT INTO asset (key, name, level) SELECT 'bench-' || n, 'Bench ' || n, 'work-unit'
        FROM generate_series(1, {assets}) n;
        WITH a AS (
            INSERT INTO alarm (id, rule_id, rule_revision, device_id, asset_id, severity, raised_at, received_at,
                cleared_at, clear_reason)
            SELECT gen_random_uuid(), r.id, 1, v.id, s.id,
                (ARRAY['critical', 'high', 'medium', 'low'])[1 + s.number % 4], t.at, t.at, t.at, 'condition'
            FROM generate_series(1, {count}) n
            JOIN rule r ON r.key = 'hot' JOIN device v ON v.key = 'd-000'
            JOIN (SELECT id, row_number() OVER (ORDER BY id) AS number FROM asset WHERE key LIKE 'bench-%') s
                ON s.number = 1 + n % {assets}
            CROSS JOIN LATERAL (SELECT now() - interval '7 days' + n * interval '10 seconds' AS at) t
            RETURNING id, device_id, asset_id, raised_at
        )
        INSERT INTO delivery (id, idempotency_key, mapping_id, mapping_revision, connector_id, operation, alarm_id,
            device_id, asset_id, reading_ts, reading_received_at, fields, state, created_at, next_attempt_at)
        SELECT gen_random_uuid(), 'pw-' || substr(md5(a.id::text), 1, 13), m.id, 1, m.connector_id, m.operation, a.id,
            a.device_id, a.asset_id, a.raised_at, a.raised_at, json_build_object('title', 'Check it'), 'waiting',
            a.raised_at, a.raised_at
        FROM a JOIN mapping m ON m.key = 'hot-order' ORDER BY a.raised_at;
        ANALYZE delivery""")


def age(database, assets: int, probes: int):
    """What a week of failures leaves behind: attempts, their time lines, and next ones minutes away."""
    database.psql(f"""
        INSERT INTO delivery_attempt (delivery_id, number, purpose, started_at, ended_at, outcome, request, status)
        SELECT d.id, d.attempts + n, 'create', t.at, t.at, 'transient', 'POST /orders', 503
        FROM delivery d CROSS JOIN generate_series(1, {probes // assets}) n
        CROSS JOIN LATERAL (SELECT now() - interval '7 days' + n * interval '80 minutes' AS at) t
        WHERE d.is_next AND d.state = 'waiting';
        UPDATE delivery SET attempts = attempts + {probes // assets}, reason = 'http-503', detail = 'Down.',
            next_attempt_at = now() + (30 + 270 * random()) * interval '1 second'
        WHERE is_next AND state = 'waiting';
        ANALYZE delivery""")


class FakeClock:
    """The wall clock of the server, moved by libfaketime; what it waits for (monotonic time) stays real."""

    STEP = 3_600

    def __init__(self):
        found = sorted(pathlib.Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
        if not found:
            sys.exit("--week needs Debian's package libfaketime")
        folder = pathlib.Path(tempfile.mkdtemp(prefix="clock", dir="/tmp"))
        self.file = folder / "offset"
        self.move(0)
        # The library changes the environment where it is loaded first, and then Swift does not find its arguments: so that
        # is a shell, which becomes the server.
        launcher = folder / "plantwright"
        launcher.write_text(f'#!/bin/sh\nexec "{harness.BINARY}" "$@"\n')
        launcher.chmod(0o755)
        harness.BINARY = launcher
        self.environment = {"LD_PRELOAD": str(found[0]), "FAKETIME_TIMESTAMP_FILE": str(self.file),
                            "FAKETIME_CACHE_DURATION": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}

    def move(self, seconds: int):
        fresh = self.file.with_suffix(".new")
        fresh.write_text(f"+{seconds}")
        fresh.rename(self.file)

    def live_through(self, seconds: int, erp: InstantERP, pid: int) -> float:
        """Lets time go by; returns the most memory of the server in MiB."""
        peak = 0.0
        for passed in range(self.STEP, seconds + 1, self.STEP):
            refused = erp.ask("refused")
            self.move(passed)
            harness.wait_until(lambda: erp.ask("refused") > refused, 60, f"a call after {passed} s")
            peak = max(peak, memory(pid))
        return peak


def disorder(database, arrived: list[str]) -> dict[str, float]:
    """What went out of turn: orders that came before an older one of their asset, and calls that began while the oldest
    order of another asset, worse or older, had been free to go: for how long at most, and how many for over a second
    (the longest that a hint may be missed). An order is free once its asset's previous one has its answer."""
    rows = [row.split("|") for row in database.psql(
        "SELECT d.idempotency_key, d.asset_id, d.rank, extract(epoch FROM d.created_at), extract(epoch FROM a.started_at), "
        "extract(epoch FROM a.ended_at) FROM delivery d JOIN delivery_attempt a ON a.delivery_id = d.id "
        "AND a.number = (SELECT max(number) FROM delivery_attempt WHERE delivery_id = d.id) "
        "ORDER BY d.asset_id, d.created_at").splitlines()]
    place = {reference: index for index, reference in enumerate(arrived)}
    wrong = sum(one[1] == other[1] and place[other[0]] < place[one[0]] for one, other in zip(rows, rows[1:]))
    # Before the ERP had answered for the first time nobody was free.
    back = min(float(row[5]) for row in rows)
    free = [max(back, float(before[5])) if before[1] == row[1] else back
            for before, row in zip([["", "", "", "", "", "0"], *rows], rows)]
    calls = sorted((float(row[4]), (int(row[2]), float(row[3])), at, row[0]) for row, at in zip(rows, free))
    heads, coming, begun = [], sorted((at, urgency, reference) for _, urgency, at, reference in calls), set()
    longest, late, next_free = 0.0, 0, 0
    for start, urgency, _, reference in calls:
        begun.add(reference)
        while next_free < len(coming) and coming[next_free][0] < start:
            at, other, waiting = coming[next_free]
            heapq.heappush(heads, (other, at, waiting))
            next_free += 1
        while heads and heads[0][2] in begun:
            heapq.heappop(heads)
        if start > back and heads and heads[0][0] < urgency:
            longest = max(longest, start - heads[0][1])
            late += start - heads[0][1] > 1
    return {"outOfOrderPerAsset": wrong, "outOfOrderAcrossAssets": late, "overtakenSecondsAtMost": round(longest, 3)}


def latencies(line, erp: InstantERP, count: int) -> list[float]:
    """Seconds from publishing a hot reading to its order, one alarm after the other."""
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id="bench", protocol=mqtt.MQTTv5)
    client.connect("127.0.0.1", line.broker.port)
    client.loop_start()
    took = []
    for number in range(count):
        device = f"d-{number % 50:03}"
        now = int(time.time() * 1000)
        before = erp.ask("count")
        client.publish(f"plantwright/v1/{device}/telemetry", json.dumps({"ts": now - 5, "temperature": 20.0}), qos=1)
        since = time.time()
        client.publish(f"plantwright/v1/{device}/telemetry", json.dumps({"ts": now, "temperature": 99.0}), qos=1)
        harness.wait_until(lambda: erp.ask("count") > before, 30, "the order")
        took.append(erp.ask("last") - since)
        time.sleep(0.02)
    client.loop_stop()
    return took


class Load:
    """Other messages, at a rate, for as long as it is open."""

    def __init__(self, line, rate: int):
        self.line, self.rate, self.process = line, rate, None

    def __enter__(self):
        if not self.rate:
            return self
        server = self.line.server
        server.put("/api/v1/profiles/bench", {"name": "Bench", "metrics": [
            {"key": f"m{number}", "name": f"M{number}", "unit": "", "kind": "gauge"} for number in range(1, 6)]})
        for number in range(1, 101):
            server.put(f"/api/v1/devices/bench-{number:06}", {"name": f"Bench {number}", "profile": "bench",
                                                              "asset": "hall"})
        for number in range(1, 6):
            server.put(f"/api/v1/rules/bench-{number}", {"name": f"Never {number}", "profile": "bench",
                                                         "severity": "low", "condition": f"m{number} > 1000000"})
        self.process = subprocess.Popen(
            [build_tools() / "publisher", "127.0.0.1", str(self.line.broker.port), "plantwright/v1", "100", "5",
             str(self.rate * 3_600), "1000", str(self.rate), "0"], stdout=subprocess.DEVNULL)
        self.stored, self.since = self.read(), time.monotonic()
        time.sleep(2)
        return self

    def read(self) -> float:
        return self.line.server.metric("plantwright_readings_stored_total")

    def rate_stored(self) -> float:
        return (self.read() - self.stored) / (time.monotonic() - self.since)

    def __exit__(self, *_):
        if self.process:
            self.process.kill()
            self.process.wait()


def drain(line, erp: InstantERP, options, clock: FakeClock | None) -> dict:
    """Fills the outbox, lets it wait, through an outage if asked, and lets it go."""
    server, pid = line.server, line.server.process.pid
    assert server.call("POST", "/api/v1/connectors/erp/pause")[0] == 200
    time.sleep(2)
    empty = memory(pid)
    fill(line.database, options.waiting, options.assets)
    time.sleep(5)
    full = memory(pid)
    result = {"deliveries": options.waiting, "assets": options.assets, "concurrent": options.concurrent,
              "outage": "week" if clock else options.outage, "memoryEmptyMiB": round(empty, 1), "memoryWaitingMiB": round(full, 1)}
    if options.outage or clock:
        erp.ask("down")
        server.call("POST", "/api/v1/connectors/erp/resume")
        harness.wait_until(lambda: erp.ask("refused") >= 10, 60, "the breaker")
        if clock:
            result["memoryOutagePeakMiB"] = round(clock.live_through(7 * 86_400, erp, pid), 1)
        else:
            age(line.database, options.assets, probes=7 * 86_400 // 10)
            time.sleep(25)
        result |= {"callsWhileDown": erp.ask("refused"), "memoryOutageMiB": round(memory(pid), 1)}
        erp.ask("up")
    else:
        server.call("POST", "/api/v1/connectors/erp/resume")
    since, peak = time.monotonic(), 0.0
    harness.wait_until(lambda: erp.ask("count") > 0, 60, "the first order")
    first = time.monotonic()
    while erp.ask("count") < options.waiting:
        peak = max(peak, memory(pid))
        if time.monotonic() - since > 3_600:
            raise TimeoutError("the outbox did not drain")
        time.sleep(0.2)
    seconds = time.monotonic() - first
    arrived = erp.ask("list")
    harness.wait_until(lambda: line.database.psql(
        "SELECT count(*) FROM delivery WHERE state <> 'delivered'") == "0", 30, "the last to be settled")
    return result | {
        "secondsToFirst": round(first - since, 1), "deliveriesPerSecond": round(options.waiting / seconds, 1),
        "memoryPeakMiB": round(peak, 1), "memoryAfterMiB": round(memory(pid), 1),
        "doubled": len(arrived) - len(set(arrived)), **disorder(line.database, arrived)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--waiting", type=int, default=50_000)
    parser.add_argument("--assets", type=int, default=500)
    parser.add_argument("--concurrent", type=int, default=16)
    parser.add_argument("--outage", action="store_true")
    parser.add_argument("--week", action="store_true")
    parser.add_argument("--alarms", type=int, default=500)
    parser.add_argument("--ingest", type=int, default=0)
    parser.add_argument("--json", type=pathlib.Path)
    options = parser.parse_args()
    erp = InstantERP()
    clock = FakeClock() if options.week else None
    with harness.plant(clock.environment if clock else None) as line:
        line.configure(50)
        connector = line.erp.connector()
        connector.update(url=f"http://127.0.0.1:{erp.port}", limits={"concurrent": options.concurrent})
        line.server.put("/api/v1/connectors/erp", connector)
        result = drain(line, erp, options, clock) if options.waiting else {}
        if options.alarms:
            with Load(line, options.ingest) as load:
                took = latencies(line, erp, options.alarms)
                result |= {"alarms": options.alarms, "ingestPerSecond": round(load.rate_stored()) if load.rate else 0,
                           "alarmToOrderP50": round(statistics.median(took), 4),
                           "alarmToOrderP95": round(statistics.quantiles(took, n=20)[18], 4),
                           "alarmToOrderWorst": round(max(took), 4)}
        print(json.dumps(result, indent=2))
        if options.json:
            options.json.write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
