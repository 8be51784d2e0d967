import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "Tests" / "Harness"))
# pysparkplug with the paho-mqtt that it needs, before the newer one of the other tests.
sys.path.insert(0, str(ROOT / ".venv" / "sparkplug"))
