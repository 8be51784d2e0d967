#!/usr/bin/env python3
"""Plantwright beside the pipeline that a user would otherwise write: rate, CPU, and what each loses under SIGKILL.

Same broker, PostgreSQL (fsync and synchronous_commit on), publisher and payloads for all.

    Benchmarks/pipelines.py [--messages 60000] [--kills 3] [--runs 3]
"""

from __future__ import annotations

import argparse
import contextlib
import pathlib
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time

import ingest
from ingest import HERE, cpu_seconds, harness

PEERS = ("usual", "careful")


class Peer:
    """The pipeline of `peer_pipeline.py` as a process."""

    def __init__(self, bench: ingest.Bench, kind: str):
        self.bench, self.kind = bench, kind
        self.process: subprocess.Popen | None = None

    def start(self):
        url = f"host={self.bench.database.sockets} user=postgres dbname=plant"
        self.process = subprocess.Popen(
            [sys.executable, HERE / "peer_pipeline.py", self.kind, str(self.bench.broker.port), url],
            stdout=subprocess.PIPE, text=True)
        if self.process.stdout.readline().strip() != "ready":
            raise RuntimeError("the peer pipeline did not subscribe")

    def kill(self):
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None

    def rows(self) -> tuple[int, int]:
        """Rows, and different ones."""
        answer = self.bench.database.psql("SELECT count(*), count(DISTINCT (device, ts)) FROM peer_reading")
        return tuple(int(part) for part in answer.split("|"))

    def clear(self):
        self.bench.database.psql("DROP TABLE IF EXISTS peer_reading")


class Server:
    """Plantwright as a process."""

    kind = "Plantwright"

    def __init__(self, bench: ingest.Bench):
        self.bench = bench

    def start(self):
        self.bench.server.start()

    def kill(self):
        self.bench.server.kill()

    @property
    def process(self):
        return self.bench.server.process

    def rows(self) -> tuple[int, int]:
        answer = self.bench.database.psql("SELECT count(*), count(DISTINCT (device_id, ts)) FROM reading")
        return tuple(int(part) for part in answer.split("|"))

    def clear(self):
        self.bench.database.psql("TRUNCATE reading, reading_conflict")


def wait_settled(subject, seconds: float = 3):
    """Waits until no row has come for a while."""
    before, since = subject.rows(), time.monotonic()
    while time.monotonic() - since < seconds:
        time.sleep(0.2)
        now = subject.rows()
        if now != before:
            before, since = now, time.monotonic()


def rate(bench: ingest.Bench, subject, prefix: str, messages: int) -> dict:
    base, before, start = subject.rows()[0], cpu_seconds(subject.process.pid), time.monotonic()
    publisher = bench.publisher(prefix, messages)
    while subject.rows()[0] - base < messages:
        if time.monotonic() - start > 600:
            raise TimeoutError(f"{subject.kind}: {subject.rows()} after 600 s")
        time.sleep(0.05)
    seconds = time.monotonic() - start
    bench.result(publisher)
    return {"rate": messages / seconds, "cpu": (cpu_seconds(subject.process.pid) - before) / messages * 1e6}


def kills(bench: ingest.Bench, subject, prefix: str, messages: int, count: int, speed: float) -> dict:
    """Publishes at half of what the subject can take, kills it again and again, and counts."""
    base_rows, base_different = subject.rows()
    bench.options.rate = int(speed / 2)
    done = threading.Event()

    def publish():
        bench.result(bench.publisher(prefix, messages))
        done.set()
    threading.Thread(target=publish, daemon=True).start()
    pause = messages / bench.options.rate / (count + 1)
    for _ in range(count):
        time.sleep(pause * random.uniform(0.6, 1.0))
        subject.kill()
        subject.start()
    done.wait(600)
    wait_settled(subject)
    bench.options.rate = 0
    rows, different = subject.rows()
    rows, different = rows - base_rows, different - base_different
    return {"lost": messages - different, "doubled": rows - different}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--messages", type=int, default=60_000)
    parser.add_argument("--kills", type=int, default=3)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    random.seed(4)
    settings = argparse.Namespace(messages=options.messages, devices=100, metrics=5, window=1_000, rules=1, rate=0)
    directory = pathlib.Path(tempfile.mkdtemp(prefix="pwbench", dir="/tmp"))
    directory.chmod(0o755)
    bench = ingest.Bench(settings, directory)
    try:
        bench.start()
        print(f"| {'':12} | messages/s | own CPU µs/message | lost by {options.kills} SIGKILLs | doubled |")
        print("|---|---|---|---|---|")
        for subject in [*(Peer(bench, kind) for kind in PEERS), Server(bench)]:
            prefix = ingest.SERVER_PREFIX if isinstance(subject, Server) else "bench/peer"
            if isinstance(subject, Peer):
                bench.server.kill()
                subject.clear()
                subject.start()
            else:
                subject.kill()
                subject.start()
            runs = [rate(bench, subject, prefix, options.messages) for _ in range(options.runs)]
            speed = statistics.median(run["rate"] for run in runs)
            found = kills(bench, subject, prefix, options.messages, options.kills, speed)
            if isinstance(subject, Peer):
                subject.kill()
            print(f"| {subject.kind:12} | {speed:,.0f} | {statistics.median(run['cpu'] for run in runs):.1f} | "
                  f"{found['lost']:,} of {options.messages:,} | {found['doubled']:,} |", flush=True)
    finally:
        with contextlib.suppress(Exception):
            bench.stop()
        shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    main()
