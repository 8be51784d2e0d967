"""Fixtures that the tests with real ERP servers share.

`circle` is a whole Plantwright beside its database and broker (one for the session); `live_suite` runs the Swift tests
of one kind against a running ERP. The ERP servers themselves are fixtures of the test files: see `tryton_server.py`.
"""

import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "Harness"))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from circle import Circle, run_live_suite  # noqa: E402
from plant_harness import BINARY, plant  # noqa: E402


@pytest.fixture(scope="session")
def circle():
    if not BINARY.exists():
        pytest.fail(f"{BINARY} is missing: build it first (swift build), or name one by PLANTWRIGHT_BINARY.")
    with plant() as line:
        running = Circle(line)
        yield running
        running.stop()


@pytest.fixture(scope="session")
def live_suite():
    return run_live_suite
