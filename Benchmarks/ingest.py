#!/usr/bin/env python3
"""Measures the ingest path end to end, beside a subscriber that does nothing.

Starts a private PostgreSQL (fsync on), a private Mosquitto and the release build of Plantwright, and repeats: the null
subscriber takes N messages from the broker, then the server does, then the server takes N that piled up while it was
stopped. The same broker, publisher, payloads and run for all three. The server has taken a message when its row is
committed: `plantwright_readings_stored_total`, and the table is counted in the end. One overview page is open all the
while (`--pages 0` for none): its values, compressed as for a browser, are part of the server's work.

    Benchmarks/ingest.py [--messages 200000] [--devices 100] [--metrics 5] [--runs 5] [--window 1000]
                         [--rules 5] [--pages 1] [--no-backlog] [--half] [--soak N] [--json FILE]
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import pathlib
import platform
import shutil
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
from live_page import LivePage  # noqa: E402

TICKS = os.sysconf("SC_CLK_TCK")
SERVER_PREFIX, NULL_PREFIX = "plantwright/v1", "bench/null"


def build_tools() -> pathlib.Path:
    """Compiles the two C programs when they are older than their sources."""
    folder = HERE / ".build"
    folder.mkdir(exist_ok=True)
    for name, libraries in (("publisher", []), ("null_subscriber", ["-lmosquitto"])):
        source, program = HERE / f"{name}.c", folder / name
        if not program.exists() or program.stat().st_mtime < source.stat().st_mtime:
            subprocess.run(["cc", "-O2", "-Wall", "-Wextra", "-Werror", "-o", program, source, *libraries], check=True)
    return folder


def cpu_seconds(pid: int, with_descendants: bool = False) -> float:
    """User and system time of a process and, if asked for, of its children, also those that have ended."""
    def ticks(process: int, first: int, count: int) -> int:
        fields = pathlib.Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
        return sum(int(field) for field in fields[first:first + count])

    total = ticks(pid, 11, 4 if with_descendants else 2)
    if with_descendants:
        for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                with contextlib.suppress(OSError):
                    total += ticks(int(child), 11, 2)
    return total / TICKS


class Bench:
    """One installation, and what can be measured with it."""

    def __init__(self, options: argparse.Namespace, directory: pathlib.Path):
        self.options = options
        self.tools = build_tools()
        self.database = harness.PostgreSQL(directory, ["-c", "track_commit_timestamp=on"])
        self.broker = harness.Mosquitto(directory)
        self.server = harness.Plantwright(
            directory, self.database.url, self.broker.url, {"PLANTWRIGHT_LOG_LEVEL": "warning"})
        self.published = 0
        self.pages: list[LivePage] = []
        # Readings end before now: the server refuses times in the future.
        self.next_ts = int(time.time() * 1000) - 48 * 3_600_000

    def start(self):
        self.database.start()
        self.broker.start()
        self.server.start()
        options = self.options
        self.server.put("/api/v1/profiles/bench", {
            "name": "Bench", "metrics": [{"key": f"m{number}", "name": f"M{number}", "unit": "", "kind": "gauge"}
                                         for number in range(1, options.metrics + 1)]})
        self.server.put("/api/v1/assets/bench", {"name": "Bench", "level": "site"})
        for number in range(1, options.devices + 1):
            self.server.put(f"/api/v1/devices/bench-{number:06}",
                            {"name": f"Bench {number}", "profile": "bench", "asset": "bench"})
        for number in range(1, options.rules + 1):
            metric = f"m{(number - 1) % options.metrics + 1}"
            self.server.put(f"/api/v1/rules/bench-{number}", {
                "name": f"Never {number}", "profile": "bench", "severity": "low", "condition": f"{metric} > 1000000"})
        self.pages = [LivePage(self.server.port, self.server.token) for _ in range(options.pages)]
        harness.wait_until(lambda: all(page.messages for page in self.pages), what="the open pages")

    def stop(self):
        for page in self.pages:
            page.close()
        for part in (self.server.kill, self.broker.stop, self.database.stop):
            with contextlib.suppress(Exception):
                part()

    def publisher(self, prefix: str, messages: int, times_of_day: bool = False) -> subprocess.Popen:
        options = self.options
        first_ts = 0 if times_of_day else self.next_ts
        self.next_ts += messages // options.devices + 1
        return subprocess.Popen(
            [self.tools / "publisher", "127.0.0.1", str(self.broker.port), prefix, str(options.devices),
             str(options.metrics), str(messages), str(options.window), str(getattr(options, "rate", 0)),
             str(first_ts)],
            stdout=subprocess.PIPE, text=True)

    @staticmethod
    def result(process: subprocess.Popen) -> dict:
        output, _ = process.communicate(timeout=3600)
        if process.returncode != 0:
            raise RuntimeError(f"{process.args[0]} ended with {process.returncode}")
        return json.loads(output.strip().splitlines()[-1])

    def null_run(self) -> dict:
        """The null subscriber takes the messages."""
        messages = self.options.messages
        subscriber = subprocess.Popen(
            [self.tools / "null_subscriber", "127.0.0.1", str(self.broker.port), f"{NULL_PREFIX}/#", str(messages)],
            stdout=subprocess.PIPE, text=True)
        if subscriber.stdout.readline().strip() != "ready":
            raise RuntimeError("the null subscriber did not subscribe")
        broker_before = cpu_seconds(self.broker.process.pid)
        start = time.monotonic()
        publisher = self.publisher(NULL_PREFIX, messages)
        taken = self.result(subscriber)
        seconds = time.monotonic() - start
        self.result(publisher)
        broker = cpu_seconds(self.broker.process.pid) - broker_before
        return {"rate": messages / seconds, "cpu": taken["cpuMicrosecondsPerMessage"],
                "brokerCPU": broker / messages * 1e6}

    def stored(self) -> int:
        return int(self.server.metric("plantwright_readings_stored_total"))

    def wait_stored(self, count: int, timeout: float = 600):
        deadline = time.monotonic() + timeout
        while self.stored() < count:
            if time.monotonic() > deadline:
                raise TimeoutError(f"only {self.stored()} of {count} rows were stored within {timeout} s")
            time.sleep(0.02)

    def cpu(self) -> tuple[float, float, float]:
        return (cpu_seconds(self.server.process.pid), cpu_seconds(self.database.process.pid, True),
                cpu_seconds(self.broker.process.pid))

    def measured(self, messages: int, start: float, before: tuple[float, float, float]) -> dict:
        seconds = time.monotonic() - start
        server, database, broker = (
            (later - earlier) / messages * 1e6 for later, earlier in zip(self.cpu(), before, strict=True))
        self.published += messages
        return {"rate": messages / seconds, "cpu": server, "databaseCPU": database, "brokerCPU": broker}

    def live_run(self) -> dict:
        """The server takes messages as they are published."""
        messages = self.options.messages
        before, base, start = self.cpu(), self.stored(), time.monotonic()
        publisher = self.publisher(SERVER_PREFIX, messages)
        self.wait_stored(base + messages)
        outcome = self.measured(messages, start, before)
        self.result(publisher)
        return outcome

    def backlog_run(self) -> dict:
        """The server takes messages that its session gathered while it was stopped; timed from its readiness."""
        messages = self.options.messages
        self.server.stop()
        self.result(self.publisher(SERVER_PREFIX, messages))
        database, broker = cpu_seconds(self.database.process.pid, True), cpu_seconds(self.broker.process.pid)
        self.server.launch()
        start = time.monotonic()
        self.server.wait_ready()
        self.wait_stored(messages)
        return self.measured(messages, start, (0, database, broker))

    def half_run(self, rate: float) -> dict:
        """At half the live rate: how long a message takes from the publisher's hand to COMMIT.

        A reading's time is that of its publication, in microseconds; PostgreSQL tells when its transaction committed
        (`track_commit_timestamp`). Both clocks are this machine's.
        """
        messages = self.options.messages
        before, base, start = self.cpu(), self.stored(), time.monotonic()
        since = int(self.database.psql("SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint"))
        self.options.rate = int(rate / 2)
        publisher = self.publisher(SERVER_PREFIX, messages, times_of_day=True)
        self.wait_stored(base + messages)
        outcome = self.measured(messages, start, before)
        self.options.rate = 0
        self.result(publisher)
        answer = self.database.psql(f"""
            SELECT array_to_string(percentile_cont(ARRAY[0.5, 0.99, 1]) WITHIN GROUP (ORDER BY 1000 *
                extract(epoch FROM pg_xact_commit_timestamp(xmin) - ts)::float8), ' ')
            FROM reading WHERE ts >= to_timestamp({since} / 1000.0)""")
        outcome["p50"], outcome["p99"], outcome["worst"] = (float(part) for part in answer.split())
        return outcome

    def memory(self) -> float:
        """The server's resident memory in MiB."""
        status = pathlib.Path(f"/proc/{self.server.process.pid}/status").read_text()
        return int(status.split("VmRSS:")[1].split()[0]) / 1024

    def soak(self, messages: int) -> list[float]:
        """Takes many messages; the server's memory after each tenth of them."""
        base, sizes = self.stored(), []
        publisher = self.publisher(SERVER_PREFIX, messages)
        for part in range(1, 11):
            self.wait_stored(base + messages * part // 10, 3_600)
            sizes.append(self.memory())
            print(f"{messages * part // 10:,} messages: {sizes[-1]:.0f} MiB", flush=True)
        self.result(publisher)
        self.published += messages
        return sizes

    def check(self):
        """Every published message is one row, and none is missing or doubled."""
        rows = int(self.database.psql("SELECT count(*) FROM reading"))
        if rows != self.published:
            raise AssertionError(f"{self.published} messages were published and {rows} rows stored")


def environment() -> dict:
    def first_line(*command: str) -> str:
        done = subprocess.run(command, capture_output=True, text=True)
        return (done.stdout or done.stderr).splitlines()[0].strip()

    model = next((line.split(":", 1)[1].strip() for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines()
                  if line.startswith("model name")), platform.machine())
    return {"processor": model, "cores": os.cpu_count(), "kernel": platform.release(), "loadBefore": os.getloadavg()[0],
            "mosquitto": first_line("mosquitto", "-h"), "postgresql": first_line("psql", "--version")}


COLUMNS = {
    "null": ("null subscriber", ["rate", "cpu", "brokerCPU"]),
    "live": ("server, live", ["rate", "cpu", "databaseCPU", "brokerCPU"]),
    "backlog": ("server, backlog", ["rate", "cpu", "databaseCPU", "brokerCPU"]),
    "half": ("server, half load", ["rate", "cpu", "databaseCPU", "brokerCPU"]),
}


def median_row(name: str, runs: list[dict]) -> str:
    title, fields = COLUMNS[name]
    cells = {}
    for field in fields:
        values = [run[name][field] for run in runs]
        digits = 0 if field == "rate" else 1
        cells[field] = (f"{statistics.median(values):,.{digits}f} "
                        f"({min(values):,.{digits}f}–{max(values):,.{digits}f})")
    return "| " + " | ".join([title, *(cells.get(field, "—") for field in
                                       ("rate", "cpu", "databaseCPU", "brokerCPU"))]) + " |"


def report(options: argparse.Namespace, about: dict, runs: list[dict]):
    print()
    print(f"{options.messages:,} messages of {options.metrics} values from {options.devices} devices, QoS 1, "
          f"{len(runs)} runs, {options.rules} rules, {options.pages} overview pages open; median (least–most).")
    print(f"{about['processor']}, {about['cores']} cores, load {about['loadBefore']:.1f} before; {about['mosquitto']}; "
          f"{about['postgresql']}.")
    print()
    print("| | messages/s | own CPU µs/message | PostgreSQL CPU µs/message | broker CPU µs/message |")
    print("|---|---|---|---|---|")
    for name in COLUMNS:
        if name in runs[0]:
            print(median_row(name, runs))
    print()
    ratios = [run["live"]["rate"] / run["null"]["rate"] for run in runs]
    memory = ", ".join(f"{run['memory']:.0f}" for run in runs)
    print(f"live / null subscriber: {statistics.median(ratios):.2f} ({min(ratios):.2f}–{max(ratios):.2f}); server memory "
          f"{memory} MiB after each run")
    if "half" in runs[0]:
        for name in ("p50", "p99", "worst"):
            print(f"published → committed at half load, {name}: "
                  f"{statistics.median(run['half'][name] for run in runs):.1f} ms")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--messages", type=int, default=200_000)
    parser.add_argument("--devices", type=int, default=100)
    parser.add_argument("--metrics", type=int, default=5)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--window", type=int, default=1_000, help="unacknowledged messages of the publisher")
    parser.add_argument("--rules", type=int, default=5, help="how many rules to evaluate on every reading")
    parser.add_argument("--pages", type=int, default=1, help="how many overview pages are open")
    parser.add_argument("--half", action="store_true", help="also measure the latency of commits at half the live rate")
    parser.add_argument("--no-backlog", action="store_true", help="leave the backlog runs out")
    parser.add_argument("--soak", type=int, default=0, help="instead: take so many messages and watch the memory")
    parser.add_argument("--json", type=pathlib.Path, help="also write every run to this file")
    options = parser.parse_args()
    if not harness.BINARY.exists():
        sys.exit(f"{harness.BINARY} is missing: make build")
    about = environment()
    directory = pathlib.Path(tempfile.mkdtemp(prefix="pwbench", dir="/tmp"))
    directory.chmod(0o755)
    bench = Bench(options, directory)
    runs: list[dict] = []
    try:
        bench.start()
        if options.soak:
            bench.soak(options.soak)
            return bench.check()
        for number in range(1, options.runs + 1):
            run = {"null": bench.null_run(), "live": bench.live_run()}
            if not options.no_backlog:
                run["backlog"] = bench.backlog_run()
            run["memory"] = bench.memory()
            runs.append(run)
            print(f"run {number}/{options.runs}: " + "; ".join(
                f"{name} {run[name]['rate']:,.0f}/s, {run[name]['cpu']:.1f} µs" for name in COLUMNS if name in run)
                + f"; {run['memory']:.0f} MiB", flush=True)
        # At the end, since readings of the other runs would be late after those of today.
        for run in runs if options.half else []:
            run["half"] = bench.half_run(run["live"]["rate"])
        bench.check()
        for page in bench.pages:
            print(f"An open page took {page.messages:,} messages, {page.bytes / 1e6:.1f} MB.")
    finally:
        bench.stop()
        shutil.rmtree(directory, ignore_errors=True)
    report(options, about, runs)
    if options.json:
        document = {"environment": about, "options": vars(options), "runs": runs}
        options.json.write_text(json.dumps(document, default=str, indent=1))


if __name__ == "__main__":
    main()
