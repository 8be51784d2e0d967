"""TLS as OpenSSL (through Python and curl) sees it: versions, reload under traffic, client certificates, bad input."""

from __future__ import annotations

import http.client
import json
import os
import pathlib
import queue
import shutil
import signal
import socket
import ssl
import subprocess
import threading
import warnings
from collections.abc import Iterator

import pytest
from certificates import Authority
from conftest import ROOT

PROGRAM = os.environ.get("PLANTWRIGHT_PROBE", str(ROOT / ".build/debug/HTTPProbe"))


class SecureProbe:
    """A probe with TLS, and what it says about it on standard error."""

    def __init__(self, certificate: pathlib.Path, key: pathlib.Path, *more: str) -> None:
        self.process = subprocess.Popen(
            [PROGRAM, "--tls-certificate", str(certificate), "--tls-key", str(key), *more],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        assert self.process.stdout is not None
        self.url = self.process.stdout.readline().removeprefix("listening on ").strip()
        assert self.url.startswith("https://"), self.url
        self.port = int(self.url.rsplit(":", 1)[1])
        self.events: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.events.put(line.strip())

    def wait_for(self, prefix: str) -> str:
        """The next event that begins like this; others before it are dropped."""
        while True:
            line = self.events.get(timeout=20)
            if line.startswith(prefix):
                return line

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(timeout=20)


class Setting:
    """Files of one test, and the probes that it started."""

    def __init__(self, directory: pathlib.Path) -> None:
        self.directory = directory
        self.authority = Authority(directory)
        self.certificate, self.key = directory / "in-use.pem", directory / "in-use.key"
        self.put("first")
        self.probes: list[SecureProbe] = []

    def put(self, name: str, kind: str = "ec") -> None:
        """Issues a new pair and puts it where the server looks."""
        certificate, key = self.authority.issue(name, kind=kind)
        shutil.copy(key, self.key)
        shutil.copy(certificate, self.certificate)

    def start(self, *more: str) -> SecureProbe:
        probe = SecureProbe(self.certificate, self.key, *more)
        self.probes.append(probe)
        return probe

    def context(self) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=str(self.authority.certificate))
        # The authorities of these tests are simpler than the strict profile wants.
        context.verify_flags &= ~getattr(ssl, "VERIFY_X509_STRICT", 0)
        return context

    def connect(self, probe: SecureProbe, context: ssl.SSLContext | None = None) -> http.client.HTTPSConnection:
        connection = http.client.HTTPSConnection("127.0.0.1", probe.port, context=context or self.context(), timeout=20)
        connection.connect()
        return connection


@pytest.fixture
def setting(tmp_path: pathlib.Path) -> Iterator[Setting]:
    setting = Setting(tmp_path)
    yield setting
    for probe in setting.probes:
        probe.stop()


def get(connection: http.client.HTTPSConnection, path: str) -> tuple[http.client.HTTPResponse, bytes]:
    connection.request("GET", path)
    response = connection.getresponse()
    return response, response.read()


def serial(connection: http.client.HTTPSConnection) -> str:
    certificate = connection.sock.getpeercert()
    return str(certificate["serialNumber"]).lower()


def test_requests_come_by_tls(setting: Setting) -> None:
    probe = setting.start()
    connection = setting.connect(probe)
    assert connection.sock.version() == "TLSv1.3"
    for _ in range(3):
        response, body = get(connection, "/connection")
        assert json.loads(body) == {"secure": True, "remote": "127.0.0.1", "loopback": True, "subject": ""}
    connection.request("POST", "/echo", body=b"x" * 3_000_000)
    assert connection.getresponse().read() == b"x" * 3_000_000


@pytest.mark.parametrize("kind", ["ec", "rsa"])
@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_versions_and_key_kinds(setting: Setting, kind: str, version: ssl.TLSVersion) -> None:
    setting.put("of-kind", kind)
    context = setting.context()
    context.minimum_version = context.maximum_version = version
    context.set_alpn_protocols(["h2", "http/1.1"])
    connection = setting.connect(setting.start(), context)
    assert connection.sock.selected_alpn_protocol() == "http/1.1"
    assert get(connection, "/plain")[1] == b"Hello, World!"
    assert "GCM" in connection.sock.cipher()[0] or "CHACHA20" in connection.sock.cipher()[0]


def test_old_versions_and_weak_ciphers_are_refused(setting: Setting) -> None:
    probe = setting.start()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        old = setting.context()
        old.set_ciphers("ALL:@SECLEVEL=0")
        old.minimum_version, old.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
        with pytest.raises(ssl.SSLError):
            setting.connect(probe, old)
    assert probe.wait_for("tls failed") == "tls failed version 127.0.0.1"
    weak = setting.context()
    weak.maximum_version = ssl.TLSVersion.TLSv1_2
    weak.set_ciphers("ECDHE-ECDSA-AES128-SHA:AES128-GCM-SHA256")
    with pytest.raises(ssl.SSLError):
        setting.connect(probe, weak)
    assert probe.wait_for("tls failed") == "tls failed other 127.0.0.1"


def test_the_end_is_announced(setting: Setting) -> None:
    """A cut can be told from an end: the server says farewell (close_notify)."""
    probe = setting.start()
    with socket.create_connection(("127.0.0.1", probe.port)) as raw:
        with setting.context().wrap_socket(raw, server_hostname="localhost", suppress_ragged_eofs=False) as secure:
            secure.sendall(b"GET /plain HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
            received = b""
            while piece := secure.recv(65_536):
                received += piece
            assert received.endswith(b"Hello, World!")


def test_reload_under_traffic(setting: Setting) -> None:
    probe = setting.start()
    established = setting.connect(probe)
    first = serial(established)
    stop, failures, done = threading.Event(), [], []

    def traffic() -> None:
        while not stop.is_set():
            try:
                connection = setting.connect(probe)
                assert get(connection, "/plain")[1] == b"Hello, World!"
                done.append(serial(connection))
                connection.close()
            except (OSError, http.client.HTTPException, AssertionError) as error:
                failures.append(error)

    threads = [threading.Thread(target=traffic) for _ in range(3)]
    for thread in threads:
        thread.start()
    probe.wait_for("tls certificate")
    setting.put("second")
    # The two files do not change at once: what is seen between is refused, then the new pair is in use.
    second = probe.wait_for("tls certificate").removeprefix("tls certificate ")
    assert second.lstrip("0") != first.lstrip("0")
    renewed = setting.connect(probe)
    assert serial(renewed).lstrip("0") == second.lstrip("0")
    stop.set()
    for thread in threads:
        thread.join()
    assert not failures
    assert {serial.lstrip("0") for serial in done} <= {first.lstrip("0"), second.lstrip("0")}
    # Who was connected before goes on.
    assert get(established, "/plain")[1] == b"Hello, World!"
    assert serial(established) == first


def test_a_broken_pair_leaves_the_old_one_in_use(setting: Setting) -> None:
    probe = setting.start()
    first = serial(setting.connect(probe))
    setting.certificate.write_text("-----BEGIN CERTIFICATE-----\nnonsense\n-----END CERTIFICATE-----\n")
    assert "cannot be read as a PEM certificate" in probe.wait_for("tls refused")
    assert serial(setting.connect(probe)) == first
    other, _ = setting.authority.issue("other")
    shutil.copy(other, setting.certificate)
    assert "does not belong" in probe.wait_for("tls refused")
    assert serial(setting.connect(probe)) == first
    setting.certificate.unlink()
    assert "cannot be read" in probe.wait_for("tls refused")
    assert serial(setting.connect(probe)) == first
    setting.put("third")
    probe.wait_for("tls certificate")
    assert serial(setting.connect(probe)) != first


@pytest.mark.parametrize("kind", ["required", "optional"])
def test_client_certificates(setting: Setting, kind: str) -> None:
    probe = setting.start("--client-certificates", f"{kind}:{setting.authority.certificate}")
    context = setting.context()
    context.load_cert_chain(*setting.authority.issue("client", "/O=Werk Süd, Halle 3/OU=presses/CN=press-7"))
    subject = json.loads(get(setting.connect(probe, context), "/connection")[1])["subject"]
    assert subject == "CN=press-7,OU=presses,O=Werk Süd\\, Halle 3"
    stranger = setting.context()
    (setting.directory / "strangers").mkdir()
    stranger.load_cert_chain(*Authority(setting.directory / "strangers", "stranger").issue("foreign"))
    with pytest.raises((ssl.SSLError, ConnectionError, http.client.HTTPException)):
        get(setting.connect(probe, stranger), "/connection")
    assert probe.wait_for("tls failed") == "tls failed certificate 127.0.0.1"
    if kind == "optional":
        assert json.loads(get(setting.connect(probe), "/connection")[1])["subject"] == ""
    else:
        with pytest.raises((ssl.SSLError, ConnectionError, http.client.HTTPException)):
            get(setting.connect(probe), "/connection")
        assert probe.wait_for("tls failed") == "tls failed certificate 127.0.0.1"


def test_plain_http_is_told_and_closed(setting: Setting) -> None:
    probe = setting.start()
    with socket.create_connection(("127.0.0.1", probe.port), timeout=10) as plain:
        plain.sendall(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        answer = b""
        while piece := plain.recv(4_096):
            answer += piece
    assert answer.startswith(b"HTTP/1.1 400 ") and answer.endswith(b"This port speaks HTTPS.\r\n")
    assert probe.wait_for("tls failed") == "tls failed not-tls 127.0.0.1"
    assert get(setting.connect(probe), "/plain")[1] == b"Hello, World!"


def test_silent_and_garbled_handshakes_end(setting: Setting) -> None:
    probe = setting.start("--handshake-timeout", "0.3")
    with socket.create_connection(("127.0.0.1", probe.port), timeout=10) as silent:
        assert silent.recv(1) == b""
    assert probe.wait_for("tls failed") == "tls failed timed-out 127.0.0.1"
    with socket.create_connection(("127.0.0.1", probe.port), timeout=10) as garbled:
        garbled.sendall(b"\x16\x03\x01\x00\x05\xff\xff\xff\xff\xff")
        while garbled.recv(4_096):
            pass
    assert probe.wait_for("tls failed") == "tls failed other 127.0.0.1"
    socket.create_connection(("127.0.0.1", probe.port)).close()
    assert probe.wait_for("tls failed") == "tls failed closed 127.0.0.1"


def test_handshakes_count_as_connections(setting: Setting) -> None:
    probe = setting.start("--max-connections", "2")
    waiting = [socket.create_connection(("127.0.0.1", probe.port), timeout=10) for _ in range(2)]
    # Both are counted before a third one is accepted, since one listener accepts in order.
    with pytest.raises((ssl.SSLError, ConnectionError)):
        setting.connect(probe)
    assert probe.wait_for("tls failed") == "tls failed too-many-connections 127.0.0.1"
    for connection in waiting:
        connection.close()
    for _ in waiting:
        probe.wait_for("tls failed closed")
    assert get(setting.connect(probe), "/plain")[1] == b"Hello, World!"


def test_stopping_ends_all_connections(setting: Setting) -> None:
    probe = setting.start()
    idle = setting.connect(probe)
    get(idle, "/plain")
    halfway = socket.create_connection(("127.0.0.1", probe.port), timeout=10)
    probe.process.send_signal(signal.SIGTERM)
    assert probe.process.wait(timeout=20) == 0
    assert halfway.recv(1) == b""
    assert idle.sock.recv(1) == b""


@pytest.mark.skipif(shutil.which("curl") is None, reason="no curl")
def test_curl_verifies_and_reads(setting: Setting) -> None:
    files = setting.directory / "files"
    files.mkdir()
    (files / "big").write_bytes(os.urandom(1_500_000))
    probe = setting.start("--files", str(files))
    result = subprocess.run(
        ["curl", "-sS", "--http1.1", "--cacert", str(setting.authority.certificate), f"{probe.url}/files/big"],
        capture_output=True, check=True, timeout=60,
    )
    assert result.stdout == (files / "big").read_bytes()
