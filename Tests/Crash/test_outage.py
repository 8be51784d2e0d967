"""Database and broker go away under load and come back: nothing lost, and everyone is told what is missing."""

import os
import threading
import urllib.error
import urllib.request

from plant_harness import plant, wait_until
from test_kill import DEVICES, RATE, expected_alarms, publish_load

OUTAGE = float(os.environ.get("PLANTWRIGHT_TEST_OUTAGE", "6"))


def readiness(line) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(line.server.url + "/readyz", timeout=5) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def wait_for_fault(line, part: str):
    def told():
        status, text = readiness(line)
        return status == 503 and f'"{part}"' in text
    wait_until(told, 20, f"/readyz to name {part}")


def settle(line, count: int, in_order: bool = True):
    wait_until(lambda: line.database.psql("SELECT count(*) FROM reading") == str(count), 90, "all readings")
    wait_until(lambda: not line.server.items("/api/v1/deliveries?state=pending"), 90, "all deliveries")
    want = len(line.server.items("/api/v1/alarms"))
    if in_order:
        assert want == expected_alarms(count)
    else:
        # The publisher repeats what was in flight after newer messages: late readings are stored and not evaluated, and
        # each of them can hide one alarm at most.
        late = line.server.metric("plantwright_readings_late_total")
        assert expected_alarms(count) - late <= want <= expected_alarms(count)
        print(f"{count} messages, {late:.0f} late, {want} of {expected_alarms(count)} alarms")
    references = line.erp.references()
    assert len(references) == len(set(references)) == want


def test_database_away():
    count = int(RATE * (OUTAGE + 4))
    with plant() as line:
        line.configure(DEVICES)
        load = threading.Thread(target=publish_load, args=(line, count))
        load.start()
        wait_until(lambda: line.database.psql("SELECT count(*) FROM reading") > "0", 20, "first readings")
        line.database.stop()
        wait_for_fault(line, "database")
        assert line.server.call("GET", "/api/v1/alarms")[0] == 503
        assert urllib.request.urlopen(line.server.url + "/healthz", timeout=5).status == 200
        threading.Event().wait(OUTAGE)
        line.database.start()
        line.server.wait_ready(30)
        load.join()
        settle(line, count)


def test_broker_away():
    """What the publisher could not hand to the broker it hands over when that is back; the durable session resumes."""
    count = int(RATE * (OUTAGE + 4))
    with plant() as line:
        line.configure(DEVICES)
        load = threading.Thread(target=publish_load, args=(line, count))
        load.start()
        wait_until(lambda: line.database.psql("SELECT count(*) FROM reading") > "0", 20, "first readings")
        line.broker.stop()
        wait_for_fault(line, "broker")
        threading.Event().wait(OUTAGE)
        line.broker.start()
        line.server.wait_ready(30)
        load.join()
        settle(line, count, in_order=False)
