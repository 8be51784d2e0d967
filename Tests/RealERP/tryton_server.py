"""A real Tryton 6.0 from Debian's packages, on SQLite, with a small plant in it.

Initialising the database takes a minute or two, so an initialised and seeded one is kept in `.cache/erp/tryton` and
copied for every run. The server listens on a free loopback port and ends with its test.
"""

from __future__ import annotations

import base64
import hashlib
import http.client
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import urllib.error
import urllib.request

import pytest
from circle import cache
from plant_harness import free_port, wait_until

PACKAGES = ["tryton-server", "tryton-modules-stock", "tryton-modules-production", "tryton-modules-project",
            "tryton-modules-production-work", "tryton-modules-stock-lot"]
MODULES = ["stock", "production", "project", "production_work", "stock_lot"]
DATABASE, USER, PASSWORD = "tryton", "plantwright", "tell-nobody-6"
ADMIN_PASSWORD = "admin-of-the-test"


class TrytonError(Exception):
    """Tryton's own answer to a call that failed."""


class Client:
    """Tryton's JSON-RPC, as its own clients speak it."""

    def __init__(self, url: str, user: str, password: str, context: dict | None = None):
        self.url, self.context = f"{url}/{DATABASE}/", context or {}
        uid, session = self.post("common.db.login", [user, {"password": password}, "en"], {})
        self.authorization = "Session " + base64.b64encode(f"{user}:{uid}:{session}".encode()).decode()

    def post(self, method: str, parameters: list, headers: dict):
        request = urllib.request.Request(
            self.url, json.dumps({"id": 1, "method": method, "params": parameters}).encode(),
            {"Content-Type": "application/json", **headers})
        with urllib.request.urlopen(request, timeout=60) as answer:
            document = json.loads(answer.read())
        if "error" in document:
            raise TrytonError(document["error"])
        return document["result"]

    def call(self, method: str, *parameters):
        return self.post("model." + method, [*parameters, self.context], {"Authorization": self.authorization})

    def create(self, model: str, **values) -> int:
        return self.call(f"{model}.create", [values])[0]

    def read(self, model: str, identifier: int, *fields: str) -> dict:
        return self.call(f"{model}.read", [identifier], list(fields))[0]

    def find(self, model: str, domain: list, *fields: str) -> list[dict]:
        return self.call(f"{model}.search_read", domain, 0, None, [["id", "ASC"]], ["id", *fields])


def decimal(text: str) -> dict:
    return {"__class__": "Decimal", "decimal": text}


class TrytonServer:
    """One server over a copy of the kept database."""

    def __init__(self, directory: pathlib.Path, database: pathlib.Path):
        self.directory = directory
        self.port = free_port()
        self.process: subprocess.Popen | None = None
        (directory / "db").mkdir()
        shutil.copyfile(database, directory / "db" / f"{DATABASE}.sqlite")

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self):
        configuration = configure(self.directory, self.port)
        self.process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", "trytond", "-c", configuration, "-d", DATABASE],
            stdout=(self.directory / "trytond.log").open("ab"), stderr=subprocess.STDOUT)

        def answers():
            if self.process.poll() is not None:
                raise RuntimeError("trytond ended:\n" + (self.directory / "trytond.log").read_text()[-3_000:])
            try:
                request = urllib.request.Request(
                    self.url + "/", b'{"id":0,"method":"common.server.version","params":[]}',
                    {"Content-Type": "application/json"})
                return urllib.request.urlopen(request, timeout=5).status == 200
            except http.client.HTTPException as error:
                raise OSError(str(error)) from error
        wait_until(answers, 60, "trytond")

    def stop(self):
        if self.process:
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
            self.process = None

    def client(self, user: str = USER, password: str = PASSWORD) -> Client:
        return Client(self.url, user, password, {"company": 1, "language": "en"})


def configure(directory: pathlib.Path, port: int) -> pathlib.Path:
    file = directory / "trytond.conf"
    file.write_text(f"[web]\nlisten = 127.0.0.1:{port}\n[database]\nuri = sqlite:///{directory}/db\n"
                    f"path = {directory}/db\n[session]\nauthentications = password\n")
    return file


def kept_database() -> pathlib.Path:
    """The initialised, seeded database; made when there is none for these packages and this seed."""
    versions = subprocess.run(["dpkg-query", "-W", "-f", "${Package} ${Version}\n", *PACKAGES],
                              capture_output=True, text=True).stdout
    state = hashlib.sha256((versions + pathlib.Path(__file__).read_text()).encode()).hexdigest()[:16]
    kept = cache("tryton") / f"{state}.sqlite"
    if kept.exists():
        return kept
    with tempfile.TemporaryDirectory(prefix="tryton") as name:
        directory = pathlib.Path(name)
        (directory / "empty").touch()
        server = TrytonServer(directory, directory / "empty")
        configuration = configure(directory, server.port)
        (directory / "password").write_text(ADMIN_PASSWORD)
        done = subprocess.run(
            ["trytond-admin", "-c", configuration, "-d", DATABASE, "--all", "--email", "admin@example.com",
             "--activate-dependencies", "-u", *MODULES],
            env={**os.environ, "TRYTONPASSFILE": str(directory / "password")}, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr[-3_000:]
        server.start()
        try:
            seed(Client(server.url, "admin", ADMIN_PASSWORD))
        finally:
            server.stop()
        for old in kept.parent.glob("*.sqlite"):
            old.unlink()
        shutil.move(directory / "db" / f"{DATABASE}.sqlite", kept)
    return kept


def seed(admin: Client):
    """A company with equipment, items, stock and two accounts, one of which may do nothing."""
    currency = admin.create("currency.currency", name="Euro", symbol="€", code="EUR", digits=2,
                            rounding=decimal("0.01"), rates=[["create", [{"rate": decimal("1")}]]])
    party = admin.create("party.party", name="Plant One")
    company = admin.create("company.company", party=party, currency=currency)
    admin.context = {"company": company}
    admin.call("res.user.write", [1], {"companies": [["add", [company]]], "company": company})
    groups = [group["id"] for group in admin.find("res.group", [["name", "in", GROUPS]], "name")]
    assert len(groups) == len(GROUPS), groups
    for login, password, add in ((USER, PASSWORD, groups), ("nobody", "may-do-nothing-6", [])):
        admin.create("res.user", name=login, login=login, password=password, companies=[["add", [company]]],
                     company=company, groups=[["add", add]])
    piece = admin.find("product.uom", [["symbol", "=", "u"]], "name")[0]["id"]
    kilogram = admin.find("product.uom", [["symbol", "=", "kg"]], "name")[0]["id"]
    equipment = admin.create("product.category", name="Equipment")
    for code, name, serial in (("PUMP-7", "Circulation pump 7", "SN-70007"), ("FAN-2", "Exhaust fan 2", "SN-20002")):
        template = admin.create("product.template", name=name, type="assets", default_uom=piece,
                                categories=[["add", [equipment]]], products=[["create", [{"suffix_code": code}]]])
        product = admin.find("product.product", [["template", "=", template]], "code")[0]
        assert product["code"] == code, product
        admin.create("stock.lot", number=serial, product=product["id"])
    items = []
    for code, name, unit in (("BRG-6204", "Bearing 6204", piece), ("PELLET-PP", "Polypropylene pellets", kilogram)):
        template = admin.create("product.template", name=name, type="goods", default_uom=unit,
                                products=[["create", [{"suffix_code": code, "cost_price": decimal("12.50")}]]])
        items.append(admin.find("product.product", [["template", "=", template]])[0]["id"])
    store = admin.find("stock.location", [["code", "=", "STO"]], "name")[0]["id"]
    inventory = admin.create("stock.inventory", location=store, lines=[["create", [
        {"product": items[0], "quantity": 25}, {"product": items[1], "quantity": 4_000}]]])
    admin.call("stock.inventory.confirm", [inventory])


GROUPS = ["Stock", "Production", "Project Administration"]


@pytest.fixture(scope="session")
def tryton():
    if not shutil.which("trytond"):
        pytest.skip("Tryton is not installed: apt-get install " + " ".join(PACKAGES))
    with tempfile.TemporaryDirectory(prefix="tryton") as directory:
        server = TrytonServer(pathlib.Path(directory), kept_database())
        server.start()
        try:
            yield server
        finally:
            server.stop()
