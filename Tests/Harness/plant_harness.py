"""Starts what a black-box test needs: PostgreSQL, Mosquitto, an ERP that misbehaves on command, and Plantwright.

Everything lives in one temporary directory, listens on loopback or Unix sockets only, and ends with its context.
"""

from __future__ import annotations

import contextlib
import glob
import http.server
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = pathlib.Path(os.environ.get("PLANTWRIGHT_BINARY", ROOT / ".build/debug/plantwright"))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until(condition, seconds: float = 30, what: str = "condition"):
    """Polls until `condition()` is true and returns its value."""
    deadline = time.monotonic() + seconds
    last_error = None
    while time.monotonic() < deadline:
        try:
            value = condition()
            if value:
                return value
        except (OSError, urllib.error.URLError, AssertionError) as error:
            last_error = error
        threading.Event().wait(0.05)
    raise TimeoutError(f"waited {seconds} s for {what} (last error: {last_error})")


def unprivileged(user: str) -> list[str]:
    """The words before a command that must not run as root."""
    if os.geteuid() != 0:
        return []
    return ["setpriv", f"--reuid={user}", f"--regid={user}", "--init-groups", "--pdeathsig", "KILL"]


class PostgreSQL:
    """A private server on a Unix socket, with fsync on."""

    def __init__(self, directory: pathlib.Path, options: list[str] | None = None):
        self.options = options or []
        self.data = directory / "pg"
        self.sockets = directory / "s"
        binaries = sorted(glob.glob("/usr/lib/postgresql/*/bin"), key=lambda path: int(path.split("/")[4]))
        self.bin = pathlib.Path(binaries[-1])
        self.process: subprocess.Popen | None = None
        if (self.data / "PG_VERSION").exists():
            # Kept from an earlier run.
            return
        for path in (self.data, self.sockets):
            path.mkdir()
            if os.geteuid() == 0:
                shutil.chown(path, "postgres", "postgres")
        subprocess.run(
            [*unprivileged("postgres"), self.bin / "initdb", "-D", self.data, "-U", "postgres", "--auth=trust",
             "-E", "UTF8", "--locale=C.UTF-8"],
            check=True, capture_output=True, cwd="/")

    @property
    def url(self) -> str:
        return f"postgresql://postgres@/plant?host={self.sockets}"

    def start(self):
        self.process = subprocess.Popen(
            [*unprivileged("postgres"), self.bin / "postgres", "-D", self.data, "-k", self.sockets, "-h", "",
             "-c", "max_connections=60", "-c", "shared_buffers=64MB", *self.options],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/")
        wait_until(lambda: self.psql("SELECT 1", "postgres") == "1", what="PostgreSQL")
        if self.psql("SELECT count(*) FROM pg_database WHERE datname = 'plant'", "postgres") == "0":
            self.psql("CREATE DATABASE plant", "postgres")

    def stop(self, how: int = signal.SIGINT):
        if self.process:
            self.process.send_signal(how)
            self.process.wait(30)
            self.process = None

    def psql(self, sql: str, database: str = "plant") -> str:
        done = subprocess.run(
            ["psql", "-h", self.sockets, "-U", "postgres", "-d", database, "-Atqc", sql],
            capture_output=True, text=True)
        if done.returncode != 0:
            raise OSError(done.stderr.strip())
        return done.stdout.strip()


class Mosquitto:
    """A private broker with persistence and unlimited queues."""

    def __init__(self, directory: pathlib.Path):
        self.directory = directory / "mq"
        self.directory.mkdir(exist_ok=True)
        self.port = free_port()
        self.process: subprocess.Popen | None = None
        (self.directory / "mosquitto.conf").write_text(
            f"listener {self.port} 127.0.0.1\nallow_anonymous true\npersistence true\n"
            f"persistence_location {self.directory}/\nautosave_interval 5\nmax_queued_messages 0\n"
            "max_inflight_messages 0\nset_tcp_nodelay true\n")
        if os.geteuid() == 0:
            shutil.chown(self.directory, "mosquitto", "mosquitto")

    @property
    def url(self) -> str:
        return f"mqtt://127.0.0.1:{self.port}"

    def start(self):
        self.process = subprocess.Popen(
            [*unprivileged("mosquitto"), "mosquitto", "-c", str(self.directory / "mosquitto.conf")],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until(lambda: socket.create_connection(("127.0.0.1", self.port), 1).close() is None, what="broker")

    def stop(self):
        if self.process:
            self.process.terminate()
            self.process.wait(30)
            self.process = None


class ERP:
    """A tiny ERP for the `rest` connector. `faults` is taken from, one element per create."""

    def __init__(self):
        self.lock = threading.Lock()
        self.orders: list[dict] = []
        self.stock: dict[str, float] = {}
        self.stock_writes: list[tuple[str, float]] = []
        self.faults: list[str] = []
        self.created = threading.Event()
        self.before_work = None
        self.before_answer = None
        erp = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def body(self):
                return json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or "null")

            def answer(self, status: int, document):
                data = json.dumps(document).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def handle_one_request(self):
                with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                    super().handle_one_request()

            def do_POST(self):
                document = self.body()
                with erp.lock:
                    fault = erp.faults.pop(0) if erp.faults else None
                if fault == "refuse":
                    return self.answer(422, {"error": "The work type is unknown."})
                if fault == "unavailable":
                    return self.answer(503, {"error": "Try again."})
                if erp.before_work:
                    erp.before_work()
                if fault == "drop-before-work":
                    self.close_connection = True
                    self.connection.shutdown(socket.SHUT_RDWR)
                    return None
                with erp.lock:
                    order = {"id": len(erp.orders) + 1, "reference": document["reference"], "document": document,
                             "status": "open"}
                    erp.orders.append(order)
                erp.created.set()
                if erp.before_answer:
                    erp.before_answer()
                if fault == "drop":
                    self.close_connection = True
                    self.connection.shutdown(socket.SHUT_RDWR)
                    return None
                if fault == "error-after-work":
                    return self.answer(500, {"error": "Something failed."})
                return self.answer(201, {"id": order["id"]})

            def do_GET(self):
                path, _, query = self.path.partition("?")
                reference = query.partition("reference=")[2]
                with erp.lock:
                    if path == "/orders":
                        return self.answer(200, {"items": [o for o in erp.orders if o["reference"] == reference]})
                    for order in erp.orders:
                        if path == f"/orders/{order['id']}":
                            return self.answer(200, order)
                return self.answer(404, {"error": "no such order"})

            def do_PUT(self):
                item = self.path.rsplit("/", 1)[-1]
                quantity = self.body()["quantity"]
                with erp.lock:
                    erp.stock[item] = quantity
                    erp.stock_writes.append((item, quantity))
                return self.answer(200, {"item": item, "quantity": quantity})

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()

    def references(self) -> list[str]:
        with self.lock:
            return [order["reference"] for order in self.orders]

    def connector(self, settle: int = 1) -> dict:
        return {
            "name": "ERP", "kind": "rest", "url": self.url,
            "options": {
                "create": {"method": "POST", "path": "/orders", "id": "id",
                           "body": {"reference": "${idempotencyKey}", "title": "${title}"}},
                "find": {"method": "GET", "path": "/orders?reference=${idempotencyKey}", "items": "items", "id": "id"},
                "status": {"method": "GET", "path": "/orders/${id}", "state": "status", "done": ["done"]},
                "stock": {"method": "PUT", "path": "/stock/${item}", "body": {"quantity": "${quantity}"}},
                "settle": settle,
            },
        }


class Plantwright:
    """The server under test, restartable; `kill()` is SIGKILL."""

    def __init__(self, directory: pathlib.Path, database: str, broker: str, extra: dict[str, str] | None = None):
        self.directory = directory / "data"
        self.port = free_port()
        self.log = directory / "plantwright.log"
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("PLANTWRIGHT_")},
            "PLANTWRIGHT_DATABASE_URL": database, "PLANTWRIGHT_MQTT_URL": broker,
            "PLANTWRIGHT_DATA_DIR": str(self.directory), "PLANTWRIGHT_LISTEN": f"127.0.0.1:{self.port}",
            "PLANTWRIGHT_OUTBOUND_ALLOW": "127.0.0.1", "PLANTWRIGHT_ASSETS_DIR": str(ROOT), **(extra or {}),
        }
        self.process: subprocess.Popen | None = None
        self.token = ""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def run(self, *arguments: str) -> str:
        done = subprocess.run([BINARY, *arguments], env=self.environment, capture_output=True, text=True, timeout=60)
        if done.returncode != 0:
            raise RuntimeError(f"{arguments}: exit {done.returncode}: {done.stderr}")
        return done.stdout.strip()

    def launch(self):
        self.process = subprocess.Popen(
            [BINARY, "serve"], env=self.environment, stdout=self.log.open("ab"), stderr=subprocess.STDOUT)

    def start(self, seconds: float = 60):
        self.launch()
        self.wait_ready(seconds)
        if not self.token:
            self.token = self.run("token", "create", "--name", "test", "--role", "admin")

    def wait_ready(self, seconds: float = 60):
        def ready():
            if self.process.poll() is not None:
                raise RuntimeError(f"plantwright ended with {self.process.returncode}:\n{self.log.read_text()[-3000:]}")
            return urllib.request.urlopen(self.url + "/readyz", timeout=5).status == 200
        wait_until(ready, seconds, "readiness")

    def kill(self):
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None

    def stop(self):
        if self.process:
            self.process.terminate()
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.kill()
                raise
            self.process = None

    def call(self, method: str, path: str, document=None, *, raw: bytes | None = None, token: str | None = None):
        """One API call. Returns (status, document)."""
        data = raw if raw is not None else None if document is None else json.dumps(document).encode()
        request = urllib.request.Request(self.url + path, data, method=method)
        if token != "":
            request.add_header("Authorization", "Bearer " + (token or self.token))
        if data is not None:
            request.add_header("Content-Type", "application/json")
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                body, status = answer.read(), answer.status
        except urllib.error.HTTPError as error:
            body, status = error.read(), error.code
        try:
            return status, json.loads(body) if body else None
        except ValueError:
            return status, body.decode(errors="replace")

    def put(self, path: str, document) -> dict:
        status, answer = self.call("PUT", path, document)
        assert status in (200, 201), f"PUT {path}: {status} {answer}"
        return answer

    def get(self, path: str) -> dict:
        status, answer = self.call("GET", path)
        assert status == 200, f"GET {path}: {status} {answer}"
        return answer

    def raw(self, path: str) -> bytes:
        """What is no JSON, such as a picture."""
        request = urllib.request.Request(self.url + path, headers={"Authorization": "Bearer " + self.token})
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.read()

    def items(self, path: str) -> list[dict]:
        """All pages of a list."""
        found, cursor = [], None
        while True:
            page = self.get(path + ("&" if "?" in path else "?") + "limit=1000" + (f"&cursor={cursor}" if cursor else ""))
            found += page["items"]
            cursor = page.get("nextCursor")
            if not cursor:
                return found

    def metric(self, name: str) -> float:
        """The sum of a metric over its labels."""
        request = urllib.request.Request(self.url + "/metrics", headers={"Authorization": "Bearer " + self.token})
        with urllib.request.urlopen(request, timeout=30) as answer:
            lines = answer.read().decode().splitlines()
        return sum(float(line.rsplit(" ", 1)[1]) for line in lines
                   if line.startswith(name + " ") or line.startswith(name + "{"))


@contextlib.contextmanager
def plant(extra: dict[str, str] | None = None, kind=Mosquitto):
    """A whole line: database, broker of a kind, ERP and a ready server."""
    directory = pathlib.Path(tempfile.mkdtemp(prefix="pw", dir="/tmp"))
    directory.chmod(0o755)
    database, broker, erp = PostgreSQL(directory), kind(directory), ERP()
    server = None
    try:
        database.start()
        broker.start()
        server = Plantwright(directory, database.url, broker.url, extra)
        server.start()
        yield Line(directory, database, broker, erp, server)
    finally:
        for part in (server, broker, database, erp):
            if part:
                with contextlib.suppress(Exception):
                    part.kill() if part is server else part.stop()
        shutil.rmtree(directory, ignore_errors=True)


class Line:
    """The parts of a running line."""

    def __init__(self, directory, database, broker, erp, server):
        self.directory, self.database, self.broker, self.erp, self.server = directory, database, broker, erp, server

    def configure(self, devices: int = 10, threshold: float = 80, settle: int = 1):
        """A profile, devices `d-000` …, a rule on temperature, and a mapping to work orders."""
        server = self.server
        server.put("/api/v1/profiles/motor", {
            "name": "Motor", "reportingInterval": 1,
            "metrics": [{"key": "temperature", "name": "Temperature", "unit": "Cel", "kind": "gauge"},
                        {"key": "sequence", "name": "Sequence", "unit": "", "kind": "counter"},
                        {"key": "mode", "name": "Mode", "unit": "", "kind": "state"}]})
        server.put("/api/v1/assets/hall", {"name": "Hall", "level": "site", "equipment": {"erp": "EQ-1"}})
        for number in range(devices):
            server.put(f"/api/v1/devices/d-{number:03}", {"name": f"Motor {number}", "profile": "motor", "asset": "hall"})
        server.put("/api/v1/connectors/erp", self.erp.connector(settle))
        server.put("/api/v1/rules/hot", {"name": "Hot", "profile": "motor", "severity": "high",
                                         "condition": f"temperature > {threshold}"})
        server.put("/api/v1/mappings/hot-order", {
            "name": "Order", "trigger": {"rule": "hot"}, "connector": "erp", "operation": "work-order.create",
            "fields": {"title": "${device.name} at ${round(temperature, 1)} °C"}})
