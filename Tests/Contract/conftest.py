import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "Harness"))

from plant_harness import plant  # noqa: E402


@pytest.fixture(scope="session")
def line():
    with plant() as running:
        running.configure(5)
        yield running
