#!/usr/bin/env python3
"""Measures how fast deliveries leave, what a full outbox costs, and how soon an alarm is an order.

Starts the real server with a `rest` connector against a small ERP that answers at once, in a process of its own.

    Benchmarks/deliveries.py [--waiting 50000] [--assets 500] [--concurrent 16] [--alarms 500] [--json FILE]

1. `--waiting` deliveries are put into the outbox of a paused connector: memory of the server before, and with them.
2. The connector is resumed: deliveries a second until all are in the ERP; the order in which they came.
3. One alarm at a time: seconds from publishing the reading to the ERP's getting the order.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import os
import pathlib
import statistics
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent
os.environ.setdefault("PLANTWRIGHT_BINARY", str(ROOT / ".build/release/plantwright"))
sys.path.insert(0, str(ROOT / "Tests/Harness"))
import plant_harness as harness  # noqa: E402  (needs the path and the variable)

import paho.mqtt.client as mqtt  # noqa: E402

SEVERITIES = ["critical", "high", "medium", "low"]


def instant_erp(port: int, pipe):
    """Answers every POST with a new number at once; notes when each reference came."""
    seen: dict[str, float] = {}
    arrived: list[str] = []

    async def serve(reader, writer):
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                lines = head.decode().lower().split("\r\n")
                size = next((int(line[15:]) for line in lines if line.startswith("content-length:")), 0)
                body = await reader.readexactly(size) if size else b""
                if lines[0].startswith("post"):
                    reference = json.loads(body)["reference"]
                    seen.setdefault(reference, time.time())
                    arrived.append(reference)
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
            pipe.send(len(arrived) if what == "count" else seen if what == "times" else arrived)
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


def disorder(database, arrived: list[str]) -> int:
    """How many orders came before an older one of their asset."""
    rows = database.psql("SELECT idempotency_key, asset_id, extract(epoch FROM created_at) FROM delivery").splitlines()
    facts = {key: (asset, float(at)) for key, asset, at in (row.split("|") for row in rows)}
    newest: dict[str, float] = {}
    wrong = 0
    for reference in arrived:
        asset, at = facts[reference]
        wrong += at < newest.get(asset, 0)
        newest[asset] = max(at, newest.get(asset, 0))
    return wrong


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
        took.append(max(erp.ask("times").values()) - since)
        time.sleep(0.02)
    client.loop_stop()
    return took


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--waiting", type=int, default=50_000)
    parser.add_argument("--assets", type=int, default=500)
    parser.add_argument("--concurrent", type=int, default=16)
    parser.add_argument("--alarms", type=int, default=500)
    parser.add_argument("--json", type=pathlib.Path)
    options = parser.parse_args()
    erp = InstantERP()
    with harness.plant() as line:
        line.configure(50)
        connector = line.erp.connector()
        connector.update(url=f"http://127.0.0.1:{erp.port}", limits={"concurrent": options.concurrent})
        line.server.put("/api/v1/connectors/erp", connector)
        assert line.server.call("POST", "/api/v1/connectors/erp/pause")[0] == 200
        time.sleep(2)
        pid = line.server.process.pid
        empty = memory(pid)
        fill(line.database, options.waiting, options.assets)
        time.sleep(5)
        full = memory(pid)
        since = time.monotonic()
        line.server.call("POST", "/api/v1/connectors/erp/resume")
        harness.wait_until(lambda: erp.ask("count") >= options.waiting, 3_600, "the outbox to drain")
        seconds = time.monotonic() - since
        after = memory(pid)
        arrived = erp.ask("list")
        took = latencies(line, erp, options.alarms) if options.alarms else []
        result = {
            "deliveries": options.waiting, "assets": options.assets, "concurrent": options.concurrent,
            "deliveriesPerSecond": round(options.waiting / seconds, 1),
            "memoryEmptyMiB": round(empty, 1), "memoryWaitingMiB": round(full, 1), "memoryAfterMiB": round(after, 1),
            "doubled": len(arrived) - len(set(arrived)), "outOfOrderPerAsset": disorder(line.database, arrived),
        }
        if took:
            result["alarmToOrderP50"] = round(statistics.median(took), 4)
            result["alarmToOrderP95"] = round(statistics.quantiles(took, n=20)[18], 4)
        print(json.dumps(result, indent=2))
        if options.json:
            options.json.write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
