"""Independent clients against HTTPProbe, the test server of the HTTP layer."""

from __future__ import annotations

import os
import pathlib
import subprocess
import urllib.parse
from collections.abc import Callable, Iterator

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]


class Probe:
    """A running probe: its address, and its process."""

    def __init__(self, arguments: list[str]) -> None:
        program = os.environ.get("PLANTWRIGHT_PROBE", str(ROOT / ".build/debug/HTTPProbe"))
        self.process = subprocess.Popen([program, *arguments], stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line.startswith("listening on "), f"the probe said {line!r}"
        self.url = line.removeprefix("listening on ").strip()
        parts = urllib.parse.urlsplit(self.url)
        self.host, self.port = parts.hostname or "", parts.port or 0

    def stop(self) -> None:
        """Ends the process; it must end by itself when asked to."""
        self.process.terminate()
        self.process.wait(timeout=20)


@pytest.fixture
def start_probe() -> Iterator[Callable[..., Probe]]:
    """Starts probes with options of the test's own; all are ended after the test."""
    probes: list[Probe] = []

    def start(*arguments: str) -> Probe:
        probes.append(Probe(list(arguments)))
        return probes[-1]

    yield start
    for probe in probes:
        probe.stop()


@pytest.fixture(scope="session")
def probe() -> Iterator[Probe]:
    """One probe with default options for all tests that need nothing else."""
    probe = Probe([])
    yield probe
    probe.stop()
