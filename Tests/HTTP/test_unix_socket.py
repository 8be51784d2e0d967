"""The server on a Unix socket: for proxies on the same machine."""

from __future__ import annotations

import json
import os
import pathlib
import signal
import socket
import stat
import subprocess

from conftest import ROOT, Probe

PROGRAM = os.environ.get("PLANTWRIGHT_PROBE", str(ROOT / ".build/debug/HTTPProbe"))


def ask(path: pathlib.Path, target: str) -> tuple[int, bytes]:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(20)
        connection.connect(str(path))
        connection.sendall(f"GET {target} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n".encode())
        answer = b""
        while piece := connection.recv(65_536):
            answer += piece
    head, _, body = answer.partition(b"\r\n\r\n")
    return int(head.split()[1]), body


def test_serves_and_removes_its_socket(tmp_path: pathlib.Path, start_probe) -> None:
    path = tmp_path / "web.sock"
    probe: Probe = start_probe("--listen", f"unix:{path}", "--max-per-address", "1")
    assert probe.url == f"unix:{path}"
    mode = path.stat().st_mode
    assert stat.S_ISSOCK(mode) and stat.S_IMODE(mode) == 0o660
    status, body = ask(path, "/connection")
    assert status == 200
    assert json.loads(body) == {"secure": False, "remote": "unix", "loopback": True, "subject": ""}
    # Those from this machine do not count against the limit of an address.
    idle = [socket.socket(socket.AF_UNIX) for _ in range(5)]
    for connection in idle:
        connection.connect(str(path))
    assert ask(path, "/plain") == (200, b"Hello, World!")
    probe.process.send_signal(signal.SIGTERM)
    assert probe.process.wait(timeout=20) == 0
    assert not path.exists()
    assert [connection.recv(1) for connection in idle] == [b""] * 5


def test_takes_the_place_of_a_dead_server(tmp_path: pathlib.Path, start_probe) -> None:
    path = tmp_path / "web.sock"
    dead: Probe = start_probe("--listen", f"unix:{path}")
    dead.process.kill()
    dead.process.wait()
    assert path.exists()
    start_probe("--listen", f"unix:{path}")
    assert ask(path, "/plain") == (200, b"Hello, World!")


def test_leaves_others_alone(tmp_path: pathlib.Path, start_probe) -> None:
    path = tmp_path / "web.sock"
    start_probe("--listen", f"unix:{path}")
    second = subprocess.run([PROGRAM, "--listen", f"unix:{path}"], capture_output=True, text=True, timeout=20)
    assert second.returncode != 0 and "addressInUse" in second.stderr
    assert ask(path, "/plain") == (200, b"Hello, World!")
    file = tmp_path / "notes"
    file.write_text("precious")
    third = subprocess.run([PROGRAM, "--listen", f"unix:{file}"], capture_output=True, text=True, timeout=20)
    assert third.returncode != 0 and "notASocket" in third.stderr
    assert file.read_text() == "precious"
    fourth = subprocess.run([PROGRAM, "--listen", f"unix:{tmp_path}/no/such"], capture_output=True, text=True,
                            timeout=20)
    assert fourth.returncode != 0 and "addressNotAvailable" in fourth.stderr
