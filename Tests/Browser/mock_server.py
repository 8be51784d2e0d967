#!/usr/bin/env python3
"""A stand-in for the Plantwright server, with made-up data: for working on the browser app and for its quick tests.

    python3 Tests/Browser/mock_server.py [--port 8099] [--quiet-plant]

Controls for tests, not in the real server: POST /mock/alarm, /mock/drop (closes live sockets, ?code=1013),
/mock/health?database=false&broker=true, /mock/message?source=…, /mock/warn?text=…, /mock/fail-import,
/mock/dry-run?step=0.01, /mock/fail-matching?on=true, /mock/sign-out, /mock/role?role=viewer,
/mock/accounts?state=few|many|none, /mock/changes?state=few|many|none, /mock/conflict?on=true, /mock/attempt?delivery=…, /mock/delay?milliseconds=…, /mock/refuse-live?on=true, /mock/reset.
"""

import argparse
import base64
import gzip
import json
import mimetypes
import re
import threading
import time
import zlib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from mock import accounts, administration, api, ledger, sources
from mock.clock import now
from mock.pmtiles import PMTiles
from mock.store import Store
from mock.websocket import LiveSession

PUBLIC = Path(__file__).resolve().parents[2] / "Public"
POLICY = ("default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; worker-src 'self' blob:; "
          "img-src 'self' data: blob:; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'")
PAGES = re.compile(r"^/$|^/(account|alarms|orders|work-orders|inventory|quarantine|rejected|plant|devices|admin)$|^/(plant|devices|deliveries)/[^/]+$"
                   r"|^/deliveries/[^/]+/evidence$|^/admin/[^/]+(/[^/]+){0,2}$")
ASSETS = "/assets/mock"
FOR_ADMINS = re.compile("^/api/v1/(users|tokens|configuration)")
TELEMETRY = re.compile("^/api/v1/devices/([^/]+)/telemetry$")


# One white dot, as PNG.
PICTURE = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGP4DwABAQEAsTj2FAAAAABJRU5ErkJggg==")


class Live(Store):
    """The store, and the sessions that follow it."""

    def __init__(self):
        super().__init__()
        self.sessions: set[LiveSession] = set()
        self.changes: list[dict] = []
        self.health = {"database": True, "broker": True}
        self.warnings: list[str] = []
        self.fails_import = False
        self.signed_in, self.role, self.delay, self.refuse_live = True, "admin", 0, False

    def changed(self, kind: str, entity: dict) -> None:
        message = {"type": "change", "kind": kind, "entity": entity, "cursor": str(len(self.changes) + 1)}
        self.changes.append(message)
        for session in list(self.sessions):
            session.send(message)

    def received(self, session: LiveSession, message: dict) -> None:
        if message["type"] == "subscribe":
            session.subscriptions[message["id"]] = message
        elif message["type"] == "unsubscribe":
            session.subscriptions.pop(message["id"], None)

    def tick(self) -> None:
        at = now() // 1000 * 1000
        values = [(device, {"type": "values", "device": key, "ts": at, "values": api.values_of(self, device, at)})
                  for key, device in self.resources["devices"].items() if key not in self.silent]
        for session in list(self.sessions):
            session.send({"type": "status", **self.health, "warnings": self.warnings, "messagesPerSecond": len(values) + at // 1000 % 3 - 1})
            subscriptions = list(session.subscriptions.values())
            for device, message in values:
                if any(wanted["topic"] == "overview" or wanted.get("device") == device["key"] or (
                        wanted.get("asset") and api.below(self, device["asset"], wanted["asset"])) for wanted in subscriptions):
                    session.send(message)

    def raise_one(self, rule: str = "bearing-hot", device: str = "motor-03") -> dict:
        alarm = self.raise_alarm(rule, device, now() - 300)
        self.changed("alarm", alarm)
        delivery = self.deliver(alarm, now() - 200)
        self.changed("delivery", {k: v for k, v in delivery.items() if k != "timeline"})
        self.changed("work-order", self.work_orders[delivery["id"]])
        self.changed("alarm", {**alarm})
        return alarm


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    store: Live
    tiles: PMTiles | None
    asset_caching = "no-cache"

    def log_message(self, *arguments):
        pass

    def answer(self, status: int, body: bytes = b"", kind: str = "application/json", **headers: str) -> None:
        self.send_response(status)
        if status != 204:
            self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        self.send_header("content-security-policy", POLICY)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def json(self, status: int, value) -> None:
        self.answer(status, b"" if value is None else json.dumps(value).encode())

    def handle_any(self) -> None:
        url = urlsplit(self.path)
        path, query = unquote(url.path), dict(parse_qsl(url.query))
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        if path == "/live":
            self.live(query.get("cursor"))
        elif path.startswith("/mock/"):
            self.control(path[6:], query)
        elif self.command == "POST" and (device := TELEMETRY.match(path)):
            self.history(device[1], body)
        elif self.command == "GET" and path.startswith("/api/v1/alarms/") and path.endswith("/chart.png"):
            self.answer(200, PICTURE, "image/png")
        elif path.startswith("/api/"):
            self.api(path, query, json.loads(body) if body else None)
        elif path.startswith(ASSETS + "/"):
            self.asset(path[len(ASSETS) + 1:])
        elif path.startswith("/tiles/"):
            self.tile(path)
        elif path in ("/readyz", "/healthz"):
            reasons = [{"part": name, "reason": "connection refused"} for name, well in self.store.health.items() if not well]
            self.json(503 if reasons else 200, {"ready": not reasons, "reasons": reasons, "warnings": self.store.warnings})
        elif path == "/sign-in" or PAGES.match(path):
            page = (PUBLIC / ("sign-in.html" if path == "/sign-in" else "index.html")).read_text()
            self.answer(200, page.replace("__ASSETS__", ASSETS).encode(), "text/html; charset=utf-8", cache_control="no-store")
        else:
            self.answer(404, b"Not found", "text/plain")

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = handle_any

    def api(self, path: str, query: dict, body) -> None:
        if path == "/api/v1/session":
            return self.session(body)
        if not self.store.signed_in:
            return self.json(*api.problem(401, "unauthenticated", "Sign in first."))
        time.sleep(self.store.delay / 1000)
        for method, pattern, function in api.ROUTES:
            match = pattern.match(path)
            if match and method == self.command:
                with self.store.lock:
                    if not self.store.health["database"]:
                        result = api.problem(503, "database-unavailable", "The database cannot be reached; try again shortly.")
                    elif self.store.role != "admin" and FOR_ADMINS.match(path):
                        result = api.problem(403, "forbidden", f"This needs the role “admin”; yours is “{self.store.role}”.")
                    elif self.refused_condition(path):
                        result = api.problem(412, "precondition-failed", "It was changed by someone else since you read it.")
                    else:
                        result = function(self.store, match, query, body)
                    tag = self.tag(path)
                status, value = result
                return self.answer(status, b"" if value is None else json.dumps(value).encode(), **({"etag": tag} if tag else {}))
        self.json(*api.problem(404, "not-found", "There is no such path."))

    def history(self, device: str, body: bytes) -> None:
        """Takes a file of readings as the server does: one line of progress for each portion, the totals last."""
        kind = self.headers.get("content-type") or ""
        if device not in self.store.resources["devices"]:
            return self.json(*api.problem(404, "not-found", "There is no such device."))
        if kind.startswith("text/csv") and not body.startswith(b"ts,"):
            return self.json(*api.problem(422, "invalid", "The first line must be a header that begins with ts.", [
                {"pointer": "", "code": "bad-header", "detail": "The first line must be a header that begins with ts."}]))
        time.sleep(self.store.delay / 1000)
        with self.store.lock:
            lines = ledger.take_history(self.store, device, kind, body)
        if self.store.fails_import:
            lines[-1] = {**lines[-1], "done": False, "failure": {"code": "database-unavailable", "detail": "The database cannot be reached."}}
        self.answer(200, "".join(json.dumps(line) + "\n" for line in lines).encode(), "application/x-ndjson")

    def tag(self, path: str) -> str | None:
        """The version of what an admin configures."""
        parts = path.split("/")
        stored = self.store.resources.get(parts[3], {}).get(parts[4]) if len(parts) == 5 else None
        return None if stored is None else f'"{zlib.crc32(json.dumps(stored, sort_keys=True).encode())}"'

    def refused_condition(self, path: str) -> bool:
        wanted, tag = self.headers.get("if-match"), self.tag(path)
        return wanted not in (None, tag) or self.headers.get("if-none-match") == "*" and tag is not None

    def session(self, body) -> None:
        if self.command == "POST":
            if body.get("token") != "good":
                return self.json(*api.problem(401, "link-invalid", "This link was used already or is too old. Ask for a new one."))
            self.store.signed_in = True
        elif self.command == "DELETE":
            self.store.signed_in = False
        elif not self.store.signed_in:
            return self.json(*api.problem(401, "unauthenticated", "Sign in first."))
        self.json(200, {"name": "Ada Jansen", "email": "ada@lowlands.example", "role": self.store.role})

    def control(self, action: str, query: dict) -> None:
        store, result = self.store, None
        with store.lock:
            if action == "alarm":
                result = store.raise_one(**query)
            elif action == "drop":
                for session in list(store.sessions):
                    session.close(int(query.get("code", "1001")))
            elif action == "health":
                store.health |= {name: value == "true" for name, value in query.items()}
            elif action == "sign-out":
                store.signed_in = False
            elif action == "role":
                store.role = query["role"]
            elif action == "accounts":
                store.accounts = accounts.Accounts(query["state"])
            elif action == "changes":
                store.history = administration.history(store, query["state"])
            elif action == "conflict":
                store.conflict = query["on"] == "true"
            elif action == "attempt":
                delivery = store.deliveries[query["delivery"]]
                delivery["attempts"] += 1
                store.changed("delivery", {k: v for k, v in delivery.items() if k != "timeline"})
            elif action == "delay":
                store.delay = int(query["milliseconds"])
            elif action == "reset":
                for session in list(store.sessions):
                    session.close(1001)
                type(self).store = Live()
            elif action == "warn":
                store.warnings = [query["text"]] if query.get("text") else []
            elif action == "fail-import":
                store.fails_import = True
            elif action == "dry-run":
                store.dry_run_step = float(query["step"])
            elif action == "fail-matching":
                store.fails_matching = query["on"] == "true"
            elif action == "message":
                sources.traffic_of(store, query["source"]).add(now())
            elif action == "refuse-live":
                store.refuse_live = query["on"] == "true"
        self.json(200, result or {})

    def live(self, cursor: str | None) -> None:
        self.close_connection = True
        if self.store.refuse_live or not self.store.signed_in:
            return self.answer(503)
        session = LiveSession(self, self.store.received)
        with self.store.lock:
            start = int(cursor) if cursor else len(self.store.changes)
            session.send({"type": "hello", "cursor": str(start), "resumed": cursor is not None})
            for change in self.store.changes[start:]:
                session.send(change)
            self.store.sessions.add(session)
        try:
            session.run()
        finally:
            self.store.sessions.discard(session)

    def asset(self, path: str) -> None:
        file = (PUBLIC / path).resolve()
        if not file.is_relative_to(PUBLIC) or not file.is_file():
            return self.answer(404)
        kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
        self.answer(200, file.read_bytes(), kind, cache_control=self.asset_caching)

    def tile(self, path: str) -> None:
        z, x, y = (int(part) for part in path.removesuffix(".mvt").split("/")[2:5])
        data = self.tiles.tile(z, x, y) if self.tiles else None
        if data is None:
            return self.answer(204)
        if data[:2] != b"\x1f\x8b":
            data = gzip.compress(data)
        self.answer(200, data, "application/vnd.mapbox-vector-tile", content_encoding="gzip", cache_control="max-age=3600")


def start(port: int = 0, quiet: bool = True) -> ThreadingHTTPServer:
    """Serves in the background; a quiet plant raises alarms only when told."""
    mimetypes.add_type("text/javascript", ".js")
    mimetypes.add_type("font/woff2", ".woff2")
    archive = PUBLIC / "basemap/world.pmtiles"
    handler = type("ServerHandler", (Handler,), {
        "store": Live(), "tiles": PMTiles(archive) if archive.exists() else None,
        "asset_caching": "no-cache" if port else "max-age=600"})
    server = ThreadingHTTPServer(("127.0.0.1", port), handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()

    def beat():
        count = 0
        while True:
            time.sleep(1)
            count += 1
            store = handler.store  # type: ignore[attr-defined]
            with store.lock:
                store.tick()
                if not quiet:
                    sources.traffic_of(store, "packaging").add(now())
                if not quiet and count % 20 == 0:
                    store.raise_one(*(("bearing-hot", "motor-03"), ("co2-high", "floor-3"))[count // 20 % 2])

    threading.Thread(target=beat, daemon=True).start()
    return server


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=8099)
    parser.add_argument("--quiet-plant", action="store_true")
    options = parser.parse_args()
    running = start(options.port, options.quiet_plant)
    print(f"http://127.0.0.1:{running.server_address[1]}/", flush=True)
    threading.Event().wait()
