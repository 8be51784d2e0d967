"""Memory of idle connections, and good requests beside slow ones, against HTTPProbe.

    idle.py PROBE [--connections 10000] [--kinds keep-alive,websocket] [--drips 2000]

Each kind of connection gets a probe of its own. Prints what one idle connection costs the server (the growth of RSS
divided by their number), then how long good requests take while other clients drip one byte a second.
"""

from __future__ import annotations

import argparse
import resource
import selectors
import socket
import statistics
import subprocess
import time

REQUEST = b"GET /plain HTTP/1.1\r\nHost: localhost\r\nUser-Agent: idle\r\nAccept: */*\r\n\r\n"
UPGRADE = (b"GET /websocket/echo HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
           b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
# A masked text frame "hello" (RFC 6455 section 5.2); the mask is all zero.
FRAME = b"\x81\x85\x00\x00\x00\x00hello"
PER_SOURCE = 20_000


class Server:
    """A probe with a high limit of open files."""

    def __init__(self, program: str) -> None:
        self.process = subprocess.Popen(
            [program, "--idle-timeout", "900", "--head-timeout", "900", "--max-connections", "100000"],
            stdout=subprocess.PIPE, text=True,
        )
        assert self.process.stdout is not None
        self.port = int(self.process.stdout.readline().rsplit(":", 1)[1])

    def memory(self) -> dict[str, int]:
        """Resident memory in bytes."""
        fields = {}
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as status:
            for line in status:
                if line.startswith(("VmRSS", "RssAnon")):
                    name, value, _ = line.split()
                    fields[name.rstrip(":")] = int(value) * 1_024
        return fields

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(timeout=30)


def connect(port: int, number: int) -> socket.socket:
    """Connects from 127.0.0.1, 127.0.0.2 …: the ports of one address would run out."""
    client = socket.socket()
    client.setsockopt(socket.SOL_IP, 24, 1)  # IP_BIND_ADDRESS_NO_PORT
    client.bind((f"127.0.0.{1 + number // PER_SOURCE}", 0))
    client.settimeout(30)
    client.connect(("127.0.0.1", port))
    return client


def read_until(client: socket.socket, end: bytes) -> None:
    received = b""
    while not received.endswith(end):
        piece = client.recv(4_096)
        if not piece:
            raise ConnectionError(received)
        received += piece


def open_one(port: int, number: int, kind: str) -> socket.socket:
    """One connection that has done its work and is idle."""
    client = connect(port, number)
    if kind == "keep-alive":
        client.sendall(REQUEST)
        read_until(client, b"Hello, World!")
    elif kind == "websocket":
        client.sendall(UPGRADE)
        read_until(client, b"\r\n\r\n")
        client.sendall(FRAME)
        read_until(client, b"\x81\x05hello")
    return client


def idle(program: str, kind: str, count: int) -> None:
    server = Server(program)
    warm = [open_one(server.port, 0, kind) for _ in range(50)]
    before = server.memory()
    start = time.monotonic()
    clients = [open_one(server.port, number, kind) for number in range(count)]
    seconds = time.monotonic() - start
    time.sleep(3)
    after = server.memory()
    each = (after["VmRSS"] - before["VmRSS"]) / count
    good = time.monotonic()
    open_one(server.port, 0, "keep-alive").close()
    good = time.monotonic() - good
    print(f"{kind:11} {count:6} open in {seconds:5.1f} s: RSS {before['VmRSS'] / 2**20:6.1f} -> "
          f"{after['VmRSS'] / 2**20:6.1f} MiB, {each / 1_024:5.2f} KiB each; a good request {good * 1e3:.1f} ms",
          flush=True)
    for client in warm + clients:
        client.close()
    server.stop()


def drip(program: str, count: int, seconds: int) -> None:
    """Good requests while `count` clients send one byte a second each."""
    server = Server(program)
    head = REQUEST.replace(b"\r\n\r\n", b"\r\nX-Long: " + b"a" * 4_000)
    clients = [connect(server.port, number) for number in range(count)]
    selector = selectors.DefaultSelector()
    for client in clients:
        client.setblocking(False)
        selector.register(client, selectors.EVENT_READ)
    latencies, lost = [], 0
    begin = time.monotonic()
    position = 0
    while time.monotonic() - begin < seconds:
        due = min(len(clients), int((time.monotonic() - begin - position) * len(clients)))
        byte = head[position:position + 1]
        for client in clients[:due]:
            if getattr(client, "fileno")() >= 0 and positions.get(client.fileno(), 0) <= position:
                client.send(byte)
                positions[client.fileno()] = position + 1
        if time.monotonic() - begin - position >= 1:
            position += 1
        start = time.monotonic()
        open_one(server.port, count, "keep-alive").close()
        latencies.append((time.monotonic() - start) * 1e3)
        for key, _ in selector.select(0):
            lost += 1
            selector.unregister(key.fileobj)
    latencies.sort()
    sent = sum(positions.values())
    print(f"{count} clients drip one byte a second for {seconds} s ({sent} bytes, {lost} ended): "
          f"{len(latencies)} good requests, median {statistics.median(latencies):.2f} ms, "
          f"p99 {latencies[int(len(latencies) * 0.99)]:.2f} ms, worst {latencies[-1]:.2f} ms", flush=True)
    for client in clients:
        client.close()
    positions.clear()
    server.stop()


positions: dict[int, int] = {}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("probe")
    parser.add_argument("--connections", type=int, default=10_000)
    parser.add_argument("--kinds", default="silent,keep-alive,websocket")
    parser.add_argument("--drips", type=int, default=2_000)
    parser.add_argument("--seconds", type=int, default=15)
    options = parser.parse_args()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    for kind in filter(None, options.kinds.split(",")):
        idle(options.probe, kind, options.connections)
    if options.drips:
        drip(options.probe, options.drips, options.seconds)


if __name__ == "__main__":
    main()
