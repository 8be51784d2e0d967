#!/usr/bin/env python3
"""Measures the HTTP layer beside Hummingbird, NIO's WebSocket codec and nginx, each in the same run.

Builds HTTPProbe and the peers in release, and repeats: every server in turn takes the same load from wrk (HTTP) or
WebSocketLoad. Server and load generator each have a processor of their own. Prints medians, least and most, ratios,
processor time of the server per request, and its memory. Needs Debian's wrk, nginx-light, openssl and valgrind.

    Benchmarks/http/run.py [--rounds 5] [--seconds 4] [--only NAME,…] [--json FILE]
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import pathlib
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PEERS = HERE / ".build/release"
PROBE = ROOT / ".build/release/HTTPProbe"
TICKS = os.sysconf("SC_CLK_TCK")
SERVER_CPU, LOAD_CPU = 0, 1


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def cpu_seconds(pid: int) -> float:
    """User and system time of a process and of the children it has now."""
    def ticks(process: int) -> int:
        fields = pathlib.Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
        return int(fields[11]) + int(fields[12])

    children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return (ticks(pid) + sum(ticks(int(child)) for child in children)) / TICKS


def memory_mib(pid: int) -> float:
    return int(re.search(r"VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text())[1]) / 1024


class Servers:
    """Starts each kind of server on a port of its own."""

    def __init__(self, folder: pathlib.Path):
        self.folder = folder
        self.files = folder / "files"
        self.files.mkdir()
        (self.files / "4k.bin").write_bytes(os.urandom(4096))
        (self.files / "1m.bin").write_bytes(os.urandom(1 << 20))
        self.certificate, self.key = folder / "certificate.pem", folder / "key.pem"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days",
             "2", "-subj", "/CN=localhost", "-keyout", self.key, "-out", self.certificate],
            check=True, capture_output=True)

    def command(self, kind: str, port: int, tls: bool) -> list[str]:
        pair = [str(self.certificate), str(self.key)] if tls else []
        if kind == "plantwright":
            options = ["--tls-certificate", pair[0], "--tls-key", pair[1]] if tls else []
            return [str(PROBE), "--listen", f"127.0.0.1:{port}", "--files", str(self.files), *options]
        if kind == "hummingbird":
            return [str(PEERS / "HummingbirdPeer"), str(port), str(self.files), *pair]
        if kind == "nio":
            return [str(PEERS / "NIOWebSocketPeer"), str(port)]
        configuration = self.folder / f"nginx-{port}.conf"
        listen = f"{port} ssl" if tls else f"{port}"
        pairs = f"ssl_certificate {pair[0]}; ssl_certificate_key {pair[1]};" if tls else ""
        configuration.write_text(f"""
            daemon off; worker_processes 1; pid {self.folder}/nginx-{port}.pid; error_log stderr error; user root;
            events {{ worker_connections 20000; }}
            http {{
                access_log off; sendfile on; tcp_nopush on; keepalive_requests 100000000; etag on;
                server {{ listen 127.0.0.1:{listen}; {pairs} location /files/ {{ alias {self.files}/; }} }}
            }}""")
        return ["nginx", "-p", str(self.folder), "-c", str(configuration)]

    @contextlib.contextmanager
    def running(self, kind: str, tls: bool = False) -> Iterator[tuple[int, int]]:
        """Port and process id."""
        port = free_port()
        process = subprocess.Popen(
            ["taskset", "-c", str(SERVER_CPU), *self.command(kind, port, tls)], stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        try:
            deadline = time.monotonic() + 20
            while time.monotonic() < deadline:
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                    break
                time.sleep(0.05)
            yield port, process.pid
        finally:
            process.terminate()
            process.wait(timeout=30)


# Where a server has what the others have elsewhere.
PATHS = {("plantwright", "/files"): "/static"}


def address(kind: str, path: str) -> str:
    first, slash, rest = path[1:].partition("/")
    return PATHS.get((kind, f"/{first}"), f"/{first}") + slash + rest


def wrk(port: int, path: str, seconds: int, connections: int = 32, tls: bool = False, script: str = "") -> float:
    """Requests a second; none may fail."""
    scheme = "https" if tls else "http"
    command = ["taskset", "-c", str(LOAD_CPU), "wrk", "-t1", f"-c{connections}", f"-d{seconds}s"]
    if script:
        command += ["-s", str(HERE / script)]
    output = subprocess.run(
        [*command, f"{scheme}://127.0.0.1:{port}{path}"], check=True, capture_output=True, text=True).stdout
    if "Non-2xx" in output or "Socket errors" in output:
        raise SystemExit(f"{path}: {output}")
    return float(re.search(r"Requests/sec:\s+([\d.]+)", output)[1])


HTTP = {
    # name: (peers, wrk's arguments)
    "plain text": (("hummingbird",), {"path": "/plain"}),
    "JSON": (("hummingbird",), {"path": "/json"}),
    "POST 1 KiB": (("hummingbird",), {"path": "/count", "script": "post.lua"}),
    "static 4 KiB": (("hummingbird", "nginx"), {"path": "/files/4k.bin"}),
    "static 1 MiB": (("hummingbird", "nginx"), {"path": "/files/1m.bin"}),
    "plain text, 1,000 connections": (("hummingbird",), {"path": "/plain", "connections": 1000}),
    "TLS plain text": (("hummingbird",), {"path": "/plain", "tls": True}),
    "TLS static 4 KiB": (("nginx",), {"path": "/files/4k.bin", "tls": True}),
}


def middle(values: list[float]) -> dict[str, float]:
    return {"median": statistics.median(values), "least": min(values), "most": max(values)}


def measure_http(servers: Servers, name: str, rounds: int, seconds: int) -> dict:
    peers, arguments = HTTP[name]
    rates: dict[str, list[float]] = {}
    costs: dict[str, list[float]] = {}
    memory: dict[str, float] = {}
    for _ in range(rounds):
        for kind in ("plantwright", *peers):
            own = arguments | {"path": address(kind, arguments["path"])}
            with servers.running(kind, arguments.get("tls", False)) as (port, pid):
                wrk(port, seconds=1, **own)
                before = cpu_seconds(pid)
                rate = wrk(port, seconds=seconds, **own)
                rates.setdefault(kind, []).append(rate)
                costs.setdefault(kind, []).append((cpu_seconds(pid) - before) / (rate * seconds) * 1e6)
                memory[kind] = memory_mib(pid)
    result = {kind: {"perSecond": middle(rates[kind]), "cpuMicroseconds": middle(costs[kind]), "mebibytes": memory[kind]}
              for kind in rates}
    for kind in peers:
        ratio = result["plantwright"]["perSecond"]["median"] / result[kind]["perSecond"]["median"]
        result[kind]["ratio"] = ratio
    print(f"{name}:", "; ".join(
        f"{kind} {row['perSecond']['median']:,.0f}/s, {row['cpuMicroseconds']['median']:.1f} µs, {row['mebibytes']:.0f} MiB"
        + (f", ratio {row['ratio']:.2f}" if "ratio" in row else "") for kind, row in result.items()), flush=True)
    return result


def load(arguments: list[object]) -> dict:
    output = subprocess.run(
        ["taskset", "-c", str(LOAD_CPU), str(PEERS / "WebSocketLoad"), *map(str, arguments)],
        check=True, capture_output=True, text=True).stdout
    return json.loads(output)


def measure_echo(servers: Servers, rounds: int, seconds: int) -> dict:
    rates: dict[str, list[float]] = {}
    for _ in range(rounds):
        for kind, path in (("plantwright", "/websocket/echo"), ("nio", "/")):
            with servers.running(kind) as (port, _):
                rates.setdefault(kind, []).append(load(["echo", port, path, 64, seconds, 200])["perSecond"])
    result: dict = {kind: {"perSecond": middle(rates[kind])} for kind in rates}
    result["nio"]["ratio"] = result["plantwright"]["perSecond"]["median"] / result["nio"]["perSecond"]["median"]
    print("WebSocket echo of 200 B, 64 clients:", "; ".join(
        f"{kind} {row['perSecond']['median']:,.0f}/s" for kind, row in result.items()),
        f"ratio {result['nio']['ratio']:.2f}", flush=True)
    return result


def measure_fan_out(servers: Servers, seconds: int) -> dict:
    """1,000 clients, 10 messages of 200 B a second each; then the same beside ten clients that never read."""
    result = {}
    for stalled in (0, 10):
        with servers.running("plantwright") as (port, pid):
            before, memory = cpu_seconds(pid), memory_mib(pid)
            row = load(["listen", port, "/websocket/fan-out?rate=10&size=200", 1000, seconds, stalled])
            row["cpuMicrosecondsPerMessage"] = (cpu_seconds(pid) - before) / max(1, row["messages"]) * 1e6
            row["mebibytesBefore"], row["mebibytesAfter"] = memory, memory_mib(pid)
        result[f"{stalled} stalled"] = row
        print(f"WebSocket fan-out, 1,000 clients, {stalled} stalled:", json.dumps(row), flush=True)
    return result


def instructions(kind: str, sample: str, count: int) -> int:
    program = str(PEERS / "ParserCost.stripped")
    # valgrind 3.19 cannot read the debug information of this compiler.
    subprocess.run(["strip", "--strip-debug", "-o", program, str(PEERS / "ParserCost")], check=True)
    output = subprocess.run(
        ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", program, kind, sample, str(count)],
        check=True, capture_output=True, text=True).stderr
    return int(re.search(r"Collected : (\d+)", output)[1])


def measure_parser(rounds: int) -> dict:
    result: dict = {}
    for sample in ("plain", "browser", "post"):
        row = {}
        for kind in ("plantwright", "nio"):
            # The difference of two runs leaves the start of the process out.
            per_request = (instructions(kind, sample, 3000) - instructions(kind, sample, 1000)) / 2000
            times = [float(subprocess.run(["taskset", "-c", str(LOAD_CPU), str(PEERS / "ParserCost"), kind, sample,
                                           "300000"], check=True, capture_output=True, text=True).stdout)
                     for _ in range(rounds)]
            row[kind] = {"instructions": per_request, "nanoseconds": middle(times)}
        result[sample] = row
        print(f"parser, {sample}:", "; ".join(
            f"{kind} {value['instructions']:,.0f} instructions, {value['nanoseconds']['median']:,.0f} ns"
            for kind, value in row.items()), flush=True)
    return result


def build() -> None:
    missing = [name for name in ("wrk", "nginx", "openssl", "valgrind", "taskset") if not shutil.which(name)]
    if missing:
        sys.exit(f"missing: {', '.join(missing)}; apt-get install wrk nginx-light openssl valgrind util-linux")
    for folder, arguments in ((ROOT, ["--product", "HTTPProbe"]), (HERE, [])):
        subprocess.run(["swift", "build", "--configuration", "release", *arguments], cwd=folder, check=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=4)
    parser.add_argument("--only", default="", help="part of the names, comma-separated")
    parser.add_argument("--fan-out-seconds", type=int, default=60)
    parser.add_argument("--json", type=pathlib.Path)
    options = parser.parse_args()
    build()
    wanted = [part for part in options.only.split(",") if part]

    def is_wanted(name: str) -> bool:
        return not wanted or any(part in name for part in wanted)

    print(f"load average {os.getloadavg()[0]:.1f}")
    results: dict = {}
    with tempfile.TemporaryDirectory(prefix="http-bench") as folder:
        servers = Servers(pathlib.Path(folder))
        for name in HTTP:
            if is_wanted(name):
                results[name] = measure_http(servers, name, options.rounds, options.seconds)
        if is_wanted("echo"):
            results["echo"] = measure_echo(servers, options.rounds, options.seconds)
        if is_wanted("fan-out"):
            results["fan-out"] = measure_fan_out(servers, options.fan_out_seconds)
        if is_wanted("parser"):
            results["parser"] = measure_parser(options.rounds)
    print(f"load average {os.getloadavg()[0]:.1f}")
    if options.json:
        options.json.write_text(json.dumps(results, indent=2) + "\n")


if __name__ == "__main__":
    main()
