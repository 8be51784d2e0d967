"""Two server processes: an access that is taken away through one ends in the other, and a command waits for both."""

import asyncio
import http.client
import json
import os
import signal
import subprocess
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest
import websockets
from plant_harness import BINARY, plant, wait_until
from server_pair import Pair


@pytest.fixture(scope="module")
def pair():
    """One that ingests and one that stands by."""
    with plant() as line:
        pair = Pair(line)
        pair.database = line.database
        try:
            yield pair
        finally:
            pair.stop()


def with_cookie(server, cookie, method="GET", path="/api/v1/session"):
    """One call as a browser makes it; returns the status."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    connection.request(method, path, headers={"Cookie": cookie, "Sec-Fetch-Site": "same-origin"})
    return connection.getresponse().status


def signed_in(server, link) -> str:
    """The cookie of a session that a one-time link gives."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    body = json.dumps({"token": urlsplit(link).query.removeprefix("token=")})
    connection.request("POST", "/api/v1/session", body, {"Content-Type": "application/json", "Sec-Fetch-Site": "same-origin"})
    answer = connection.getresponse()
    assert answer.status == 200, answer.read()
    return answer.headers["Set-Cookie"].partition(";")[0]


def closing_code(server, headers, revoke) -> int:
    """Follows a server's live connection, has the access taken away, and tells with which code the server then closes."""
    async def follow():
        async with websockets.connect(f"ws://127.0.0.1:{server.port}/live", additional_headers=headers) as socket:
            assert json.loads(await asyncio.wait_for(socket.recv(), 20))["type"] == "hello"
            await asyncio.get_running_loop().run_in_executor(None, revoke)
            try:
                while True:
                    await asyncio.wait_for(socket.recv(), 20)
            except websockets.ConnectionClosed as end:
                return end.rcvd.code
    return asyncio.run(follow())


@pytest.mark.parametrize("one_stands_by", [True, False])
def test_a_token_ends_in_every_process(pair, one_stands_by):
    by, at = (pair.active, pair.waiting) if one_stands_by else (pair.waiting, pair.active)
    made = by.call("POST", "/api/v1/tokens", {"name": "watcher", "role": "viewer"})[1]
    # The other process believes it now, without asking the database again for a while.
    assert at.call("GET", "/api/v1/devices", token=made["token"])[0] == 200
    bearer = {"Authorization": "Bearer " + made["token"]}
    assert closing_code(at, bearer, lambda: by.call("DELETE", f"/api/v1/tokens/{made['id']}")) == 1008
    # Whoever is told of the end is refused from then on, with no time between.
    assert at.call("GET", "/api/v1/devices", token=made["token"])[0] == 401
    assert by.call("GET", "/api/v1/devices", token=made["token"])[0] == 401


def test_a_person_ends_in_every_process(pair):
    by, at = pair.active, pair.waiting
    invitation = by.call("POST", "/api/v1/users", {"email": "watcher@example.com", "role": "viewer"})[1]
    cookie = signed_in(at, invitation["link"])
    assert with_cookie(by, cookie) == with_cookie(at, cookie) == 200
    path = f"/api/v1/users/{invitation['user']['id']}"
    headers = {"Cookie": cookie, "Sec-Fetch-Site": "same-origin"}
    assert closing_code(at, headers, lambda: by.call("DELETE", path + "/sessions")) == 1008
    assert with_cookie(at, cookie) == with_cookie(by, cookie) == 401

    again = by.call("POST", path + "/sign-in-link")[1]
    headers["Cookie"] = signed_in(at, again["link"])
    assert closing_code(at, headers, lambda: by.call("DELETE", path)) == 1008
    assert with_cookie(at, headers["Cookie"]) == 401


def test_signing_out_in_one_process_ends_the_session_in_the_other(pair):
    by, at = pair.active, pair.waiting
    cookie = signed_in(at, by.run("user", "create", "--email", "leaver@example.com", "--role", "viewer"))
    headers = {"Cookie": cookie, "Sec-Fetch-Site": "same-origin"}
    assert closing_code(at, headers, lambda: with_cookie(by, cookie, "DELETE")) == 1008
    assert with_cookie(at, cookie) == 401


def apply(server, document) -> subprocess.Popen:
    """Begins `config apply`; its input is given at once."""
    command = subprocess.Popen([BINARY, "config", "apply", "-"], env=server.environment, text=True,
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    command.stdin.write(json.dumps(document))
    command.stdin.close()
    command.stdin = None
    return command


def area(key) -> dict:
    return {"formatVersion": 1, "assets": {key: {"name": key, "level": "area"}}}


@pytest.fixture
def stopped(pair):
    """The process that stands by, unable to do anything until it is let go on."""
    process = pair.waiting.process
    os.kill(process.pid, signal.SIGSTOP)
    try:
        yield lambda: os.kill(process.pid, signal.SIGCONT)
    finally:
        os.kill(process.pid, signal.SIGCONT)


def test_after_the_command_every_process_goes_by_it(pair):
    for number in range(5):
        command = apply(pair.active, area(f"room-{number}"))
        out, err = command.communicate(timeout=60)
        assert command.returncode == 0 and "1 created" in out, err
        assert "not every running server" not in out + err
        # At once, from memory, in both.
        for server in (pair.active, pair.waiting):
            assert server.call("GET", f"/api/v1/assets/room-{number}")[0] == 200


def test_the_command_waits_for_a_process_that_is_slow(pair, stopped):
    command = apply(pair.active, area("waited-for"))
    # One process goes by it, and has said so.
    wait_until(lambda: pair.active.call("GET", "/api/v1/assets/waited-for")[0] == 200, 60, "the one that answers")
    with ThreadPoolExecutor(1) as pool:
        ended = pool.submit(command.communicate, timeout=60)
        assert not ended.done()
        assert command.poll() is None, "it ended before both went by it"
        stopped()
        out, err = ended.result()
    assert command.returncode == 0 and "1 created" in out
    assert "not every running server" not in out + err
    assert pair.waiting.call("GET", "/api/v1/assets/waited-for")[0] == 200


def test_the_command_says_so_when_a_process_does_not_answer(pair, stopped):
    command = apply(pair.active, area("not-waited-for"))
    out, err = command.communicate(timeout=120)
    assert command.returncode == 0 and "1 created" in out, "it is written all the same"
    assert "not every running server has said within 20 s" in out + err
    assert pair.active.call("GET", "/api/v1/assets/not-waited-for")[0] == 200
    stopped()
    wait_until(lambda: pair.waiting.call("GET", "/api/v1/assets/not-waited-for")[0] == 200, 60, "the one that was stopped")
