"""mock-sap with maintenance services (`sap_mock.py`) in an environment of its own, on a free loopback port.

It is no ERP: it keeps SAP's wire rules (OData V2, CSRF, ETags, errors, what the metadata allows) and has faults on
request. There is no SAP system that a test could install.
"""

from __future__ import annotations

import base64
import hashlib
import json
import pathlib
import subprocess
import sys
import tempfile
import urllib.request

import pytest
from circle import cache
from plant_harness import ROOT, free_port, wait_until

HERE = pathlib.Path(__file__).resolve().parent
REQUIREMENTS = ROOT / "Scripts" / "requirements-sap.txt"
USER, PASSWORD = "COMM_USER", "tell-nobody-9"
CLIENT, SECRET = "plantwright", "secret-of-the-client"


def interpreter() -> pathlib.Path:
    """The Python of an environment that has what the requirements file lists."""
    folder = cache("mock-sap")
    python = folder / "env" / "bin" / "python"
    wanted = hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()
    stamp = folder / "installed"
    if python.exists() and stamp.exists() and stamp.read_text() == wanted:
        return python
    subprocess.run([sys.executable, "-m", "venv", "--clear", folder / "env"], check=True, capture_output=True)
    done = subprocess.run(
        [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", REQUIREMENTS],
        capture_output=True, text=True)
    if done.returncode:
        pytest.skip("mock-sap cannot be installed from PyPI: " + done.stderr.strip()[-300:])
    stamp.write_text(wanted)
    return python


class SAPServer:
    def __init__(self, directory: pathlib.Path, python: pathlib.Path):
        self.port = free_port()
        self.log = directory / "mock-sap.log"
        self.process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", python, HERE / "sap_mock.py", "--port", str(self.port), "--auth",
             f"{USER}:{PASSWORD}", "--oauth", f"{CLIENT}:{SECRET}", "--require-if-match", "--slow-ms", "1000",
             "--quiet"],
            stdout=self.log.open("wb"), stderr=subprocess.STDOUT)

        def answers():
            if self.process.poll() is not None:
                raise RuntimeError("mock-sap ended:\n" + self.log.read_text()[-3_000:])
            return self.control("GET", "health")["status"] == "UP"
        wait_until(answers, 30, "mock-sap")

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def control(self, method: str, path: str, document: dict | None = None) -> dict:
        """mock-sap's own control, such as `("POST", "faults", {"scenario": "busy", "count": 1})`."""
        request = urllib.request.Request(f"{self.url}/_mock/{path}", json.dumps(document or {}).encode(),
                                         {"Content-Type": "application/json"}, method=method)
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.loads(answer.read())

    def call(self, method: str, path: str, document: dict | None = None, headers: dict | None = None) -> dict:
        """An OData call as a person in SAP would make it, by way of the same services."""
        authorization = "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        given = {"Authorization": authorization, "Accept": "application/json", "Content-Type": "application/json",
                 **(headers or {})}
        address = f"{self.url}/sap/opu/odata/sap/{path}"
        if method != "GET":
            service = address.split("/sap/opu/odata/sap/")[1].split("/")[0]
            fetch = urllib.request.Request(f"{self.url}/sap/opu/odata/sap/{service}/",
                                           headers={**given, "x-csrf-token": "Fetch"})
            with urllib.request.urlopen(fetch, timeout=10) as answer:
                given["x-csrf-token"] = answer.headers["x-csrf-token"]
        body = json.dumps(document).encode() if document is not None else (b"" if method == "POST" else None)
        with urllib.request.urlopen(urllib.request.Request(address, body, given, method=method), timeout=10) as answer:
            text = answer.read()
        return json.loads(text)["d"] if text else {}

    def attachments(self, notification: str) -> list[tuple[dict, bytes]]:
        """What is attached to a notification, with the files' contents."""
        key = f"BusinessObjectTypeName='BUS2038'&LinkedSAPObjectKey='{notification.zfill(12)}'"
        found = self.call("GET", "API_CV_ATTACHMENT_SRV/GetAllOriginals?" + key)["results"]
        authorization = "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        streams = []
        for one in found:
            address = (f"{self.url}/sap/opu/odata/sap/API_CV_ATTACHMENT_SRV/AttachmentContentSet("
                       f"ArchiveDocumentID='{one['ArchiveDocumentID']}')/$value")
            request = urllib.request.Request(address, headers={"Authorization": authorization})
            with urllib.request.urlopen(request, timeout=10) as answer:
                streams.append(answer.read())
        return list(zip(found, streams))

    def notifications(self) -> list[dict]:
        return self.call("GET", "API_MAINTNOTIFICATION/MaintenanceNotification")["results"]

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


@pytest.fixture(scope="session")
def sap():
    with tempfile.TemporaryDirectory(prefix="mock-sap") as directory:
        server = SAPServer(pathlib.Path(directory), interpreter())
        try:
            yield server
        finally:
            server.stop()
