"""Whoever is killed, and whenever: nothing is lost, nothing doubled, and the ledgers agree with the publisher.

PLANTWRIGHT_TEST_ROUNDS sets how often each is killed (default 3; 20 for the record in docs/benchmarks.md).
"""

import json
import os
import random
import signal
import threading
import time
import urllib.request

import pytest
from crash_load import DEVICES, Load, check_nothing_lost, kill_postmaster, stored
from server_pair import Pair
from plant_harness import plant, wait_until

ROUNDS = int(os.environ.get("PLANTWRIGHT_TEST_ROUNDS", "3"))


@pytest.fixture(autouse=True)
def seeded():
    random.seed(20261122)


def under_way(line):
    """Waits until more has been stored than now, so that the next blow hits a working server."""
    before = stored(line)
    wait_until(lambda: stored(line) > before + DEVICES, 60, "progress")
    threading.Event().wait(random.uniform(0, 0.5))


def test_server_killed():
    with plant() as line:
        line.configure(DEVICES)
        load = Load(line.broker.port)
        for _ in range(ROUNDS):
            under_way(line)
            line.server.kill()
            line.server.start()
        count = load.finish()
        check_nothing_lost(line, line.server, count)
        print(f"server killed {ROUNDS} times: {count} messages, none lost, none doubled")


def test_postmaster_killed():
    with plant() as line:
        line.configure(DEVICES)
        load = Load(line.broker.port)
        for _ in range(ROUNDS):
            under_way(line)
            kill_postmaster(line)
            line.database.start()
            line.server.wait_ready(60)
        count = load.finish()
        check_nothing_lost(line, line.server, count)
        print(f"postmaster killed {ROUNDS} times: {count} messages, none lost, none doubled")


def test_takeover_after_a_kill():
    with plant() as line:
        line.configure(DEVICES)
        pair = Pair(line)
        load = Load(line.broker.port)
        took = []
        try:
            for _ in range(ROUNDS):
                under_way(line)
                pair.active.kill()
                since = time.monotonic()
                pair.waiting.wait_ready(60)
                took.append(time.monotonic() - since)
                pair.active.launch()
                pair.swap()
                pair.wait_standby(pair.waiting)
            count = load.finish()
            check_nothing_lost(line, pair.active, count)
            status, answer = pair.waiting.call("POST", "/api/v1/devices/d-000/telemetry", {"temperature": 1})
            assert (status, answer["code"]) == (503, "standby")
        finally:
            pair.stop()
        print(f"{ROUNDS} take-overs after SIGKILL, longest {max(took):.2f} s: {count} messages, none lost, none doubled")


def test_takeover_from_a_server_that_hangs():
    """The first one is stopped, not killed; when it wakes up it finds itself fenced and stands by."""
    with plant() as line:
        line.configure(DEVICES)
        pair = Pair(line)
        load = Load(line.broker.port)
        took = []
        try:
            for _ in range(ROUNDS):
                under_way(line)
                pair.active.process.send_signal(signal.SIGSTOP)
                since = time.monotonic()
                try:
                    pair.waiting.wait_ready(60)
                    took.append(time.monotonic() - since)
                    under_way(line)
                finally:
                    pair.active.process.send_signal(signal.SIGCONT)
                pair.wait_standby(pair.active)
                pair.swap()
            count = load.finish()
            check_nothing_lost(line, pair.active, count)
        finally:
            pair.stop()
        print(f"{ROUNDS} take-overs from a stopped server, longest {max(took):.1f} s: {count} messages, none lost, "
              "none doubled")


def test_broker_killed():
    """What the broker itself forgets is its own; what we acknowledged is stored, and the loss is counted and shown."""
    with plant() as line:
        line.configure(DEVICES)
        load = Load(line.broker.port, keep_trying=True)
        took = []
        for _ in range(ROUNDS):
            under_way(line)
            line.broker.process.kill()
            line.broker.process.wait()
            line.broker.start()
            since = time.monotonic()
            line.server.wait_ready(30)
            took.append(time.monotonic() - since)
        count = load.finish()

        def settled():
            before = line.server.metric("plantwright_messages_received_total")
            threading.Event().wait(1)
            return line.server.metric("plantwright_messages_received_total") == before
        wait_until(settled, 60, "the end of redelivery")
        rows = stored(line)
        assert int(line.database.psql("SELECT count(DISTINCT values[2]) FROM reading")) == rows, "doubled"
        assert line.database.psql("SELECT count(*) FROM reading_conflict") == "0"
        metric = line.server.metric
        received = metric("plantwright_messages_received_total")
        assert rows == metric("plantwright_readings_stored_total")
        assert received == rows + metric("plantwright_readings_duplicate_total"), "something acknowledged is not stored"
        assert max(took) < 5
        lost = count - rows
        sessions = metric("plantwright_broker_sessions_lost_total")
        warnings = json.loads(urllib.request.urlopen(line.server.url + "/readyz", timeout=5).read())["warnings"]
        if sessions:
            assert any("lost our session" in warning for warning in warnings)
        else:
            assert lost == 0, "messages are missing and nobody says so"
        print(f"broker killed {ROUNDS} times: {count} messages, subscribed again within {max(took):.1f} s; "
              f"the broker lost {sessions:.0f} sessions and {lost} messages; none doubled")
