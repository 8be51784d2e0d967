"""People, their sessions, and the tokens of programs."""

import asyncio
import http.client
import json
from urllib.parse import urlsplit

import pytest
import websockets
from plant_harness import plant

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


class Browser:
    """A browser with a session: its cookie, and the fields by which browsers tell where a request comes from."""

    def __init__(self, server, user_agent=FIREFOX):
        self.server, self.user_agent, self.cookie = server, user_agent, None

    def call(self, method, path, document=None, site="same-origin"):
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=30)
        headers = {"User-Agent": self.user_agent, "Sec-Fetch-Site": site}
        if self.cookie:
            headers["Cookie"] = self.cookie
        body = None
        if document is not None:
            body, headers["Content-Type"] = json.dumps(document), "application/json"
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        text = answer.read()
        if cookie := answer.headers["Set-Cookie"]:
            self.cookie = cookie.partition(";")[0]
        return answer.status, json.loads(text) if text else None

    def sign_in(self, link):
        token = urlsplit(link).query.removeprefix("token=")
        return self.call("POST", "/api/v1/session", {"token": token})


@pytest.fixture(scope="module")
def server():
    with plant() as running:
        yield running.server


@pytest.fixture(scope="module")
def boss(server):
    """The first administrator, signed in."""
    browser = Browser(server)
    assert browser.sign_in(server.run("user", "create", "--email", "boss@example.com", "--role", "admin"))[0] == 200
    return browser


def users(browser):
    return {user["email"]: user for user in browser.call("GET", "/api/v1/users")[1]["items"]}


def invite(boss, email, role):
    status, invitation = boss.call("POST", "/api/v1/users", {"email": email, "role": role})
    assert status == 201, invitation
    return invitation


def test_somebody_is_invited_and_signs_in_once(server, boss):
    invitation = invite(boss, "Op@Example.com", "operator")
    assert invitation["link"].startswith(f"http://127.0.0.1:{server.port}/sign-in?token=")
    assert users(boss)["Op@Example.com"]["lastSeenAt"] is None
    browser = Browser(server)
    assert browser.sign_in(invitation["link"])[0] == 200
    assert Browser(server).sign_in(invitation["link"])[0] == 401, "a link works once"
    person = users(boss)["Op@Example.com"]
    assert person["role"] == "operator" and person["sessions"] == 1 and person["lastSeenAt"] and not person["you"]
    assert users(boss)["boss@example.com"]["you"]
    assert boss.call("GET", f"/api/v1/users/{person['id']}")[1]["email"] == "Op@Example.com"
    status, problem = boss.call("POST", "/api/v1/users", {"email": "op@example.COM", "role": "viewer"})
    assert (status, problem["code"]) == (409, "email-taken")


@pytest.mark.parametrize("document, pointer", [
    ({}, "/email"), ({"email": "x", "role": "viewer"}, "/email"), ({"email": "a@b.c"}, "/role"),
    ({"email": "a@b.c", "role": "king"}, "/role"), ({"email": "a@b.c", "role": "viewer", "password": "x"}, "/password"),
])
def test_faulty_invitations(boss, document, pointer):
    status, problem = boss.call("POST", "/api/v1/users", document)
    assert status == 422 and pointer in [error["pointer"] for error in problem["errors"]]


def test_roles_are_enforced(server, boss):
    person = Browser(server)
    person.sign_in(invite(boss, "v@example.com", "viewer")["link"])
    identity = users(boss)["v@example.com"]["id"]
    for method, path in [("GET", "/api/v1/users"), ("POST", "/api/v1/users"), ("GET", f"/api/v1/users/{identity}"), ("PATCH", f"/api/v1/users/{identity}"),
                         ("DELETE", f"/api/v1/users/{identity}"), ("POST", f"/api/v1/users/{identity}/sign-in-link"), ("DELETE", f"/api/v1/users/{identity}/sessions"),
                         ("GET", "/api/v1/tokens"), ("POST", "/api/v1/tokens"), ("DELETE", f"/api/v1/tokens/{identity}")]:
        body = {} if method in ("POST", "PATCH") else None
        assert person.call(method, path, body)[0] == 403, (method, path)
        assert Browser(server).call(method, path, body)[0] == 401
    # A change of role is in force with the next request.
    assert boss.call("PATCH", f"/api/v1/users/{identity}", {"role": "admin"})[1]["role"] == "admin"
    assert person.call("GET", "/api/v1/users")[0] == 200
    assert boss.call("PATCH", f"/api/v1/users/{identity}", {"role": "viewer"})[0] == 200
    assert person.call("GET", "/api/v1/users")[0] == 403
    assert boss.call("DELETE", f"/api/v1/users/{identity}")[0] == 204
    assert person.call("GET", "/api/v1/session")[0] == 401, "removed people are out at once"
    for missing in [identity, "00000000-0000-0000-0000-000000000000", "x"]:
        assert boss.call("DELETE", f"/api/v1/users/{missing}")[0] == 404


def test_another_site_can_do_nothing(boss):
    for method, path, body in [("POST", "/api/v1/users", {"email": "x@y.z", "role": "admin"}), ("POST", "/api/v1/tokens", {"name": "x", "role": "admin"}),
                               ("DELETE", "/api/v1/account/sessions", None), ("PUT", "/api/v1/configuration", {"formatVersion": 1})]:
        status, problem = boss.call(method, path, body, site="cross-site")
        assert (status, problem["code"]) == (403, "cross-site")


def test_the_last_admin_stays(server, boss):
    own = users(boss)["boss@example.com"]["id"]
    for method, body in [("PATCH", {"role": "viewer"}), ("DELETE", None)]:
        status, problem = boss.call(method, f"/api/v1/users/{own}", body)
        assert (status, problem["code"]) == (409, "last-admin")
    second = invite(boss, "second@example.com", "admin")["user"]["id"]
    assert boss.call("PATCH", f"/api/v1/users/{second}", {"role": "operator"})[0] == 200
    assert boss.call("DELETE", f"/api/v1/users/{second}")[0] == 204
    assert boss.call("GET", "/api/v1/users")[0] == 200


def test_tokens(server, boss):
    status, made = boss.call("POST", "/api/v1/tokens", {"name": "line 4", "role": "operator"})
    assert status == 201 and made["token"] and made["createdBy"] == "boss@example.com"

    def listed():
        return next(t for t in boss.call("GET", "/api/v1/tokens?limit=1000")[1]["items"] if t["id"] == made["id"])
    assert "token" not in listed() and listed()["lastUsedAt"] is None
    assert server.call("GET", "/api/v1/devices", token=made["token"])[0] == 200
    assert listed()["lastUsedAt"] is not None
    assert boss.call("DELETE", f"/api/v1/tokens/{made['id']}")[0] == 204
    assert server.call("GET", "/api/v1/devices", token=made["token"])[0] == 401, "at once"
    assert listed()["revokedAt"] is not None
    for document, pointer in [({}, "/name"), ({"name": "x" * 256, "role": "viewer"}, "/name"), ({"name": "x", "role": "root"}, "/role")]:
        status, problem = boss.call("POST", "/api/v1/tokens", document)
        assert status == 422 and pointer in [error["pointer"] for error in problem["errors"]]


def test_tokens_are_listed_by_cursor(boss):
    for number in range(3):
        boss.call("POST", "/api/v1/tokens", {"name": f"t{number}", "role": "viewer"})
    everything = [t["id"] for t in boss.call("GET", "/api/v1/tokens?limit=1000")[1]["items"]]
    found, cursor = [], ""
    while cursor is not None:
        page = boss.call("GET", "/api/v1/tokens?limit=2" + (f"&cursor={cursor}" if cursor else ""))[1]
        found += [t["id"] for t in page["items"]]
        cursor = page["nextCursor"]
    assert found == everything
    assert boss.call("GET", "/api/v1/tokens?cursor=nothing")[0] == 400


def test_own_sessions(server, boss):
    invitation = invite(boss, "me@example.com", "viewer")
    first = Browser(server)
    first.sign_in(invitation["link"])
    second = Browser(server, "curl/8")
    second.sign_in(boss.call("POST", f"/api/v1/users/{invitation['user']['id']}/sign-in-link")[1]["link"])
    mine = first.call("GET", "/api/v1/account/sessions")[1]["items"]
    assert {(s["userAgent"], s["current"]) for s in mine} == {(FIREFOX, True), ("curl/8", False)}
    assert len(second.call("GET", "/api/v1/account/sessions")[1]["items"]) == 2
    other = next(s["id"] for s in mine if not s["current"])
    assert boss.call("DELETE", f"/api/v1/account/sessions/{other}")[0] == 404, "not one of the boss's own"
    assert first.call("DELETE", f"/api/v1/account/sessions/{other}")[0] == 204
    assert second.call("GET", "/api/v1/session")[0] == 401
    third = Browser(server)
    third.sign_in(boss.call("POST", f"/api/v1/users/{invitation['user']['id']}/sign-in-link")[1]["link"])
    assert third.call("DELETE", "/api/v1/account/sessions")[0] == 204
    assert (first.call("GET", "/api/v1/session")[0], third.call("GET", "/api/v1/session")[0]) == (401, 200)
    assert boss.call("DELETE", f"/api/v1/users/{invitation['user']['id']}/sessions")[0] == 204
    assert third.call("GET", "/api/v1/session")[0] == 401
    assert server.get("/api/v1/account/sessions")["items"] == [], "a program has no sessions"


def test_open_live_connections_end_with_the_access(server, boss):
    """A revoked token, an ended session, a removed person: their sockets close within a moment, others stay."""
    made = boss.call("POST", "/api/v1/tokens", {"name": "watcher", "role": "viewer"})[1]
    invitation = invite(boss, "watcher@example.com", "viewer")
    person = Browser(server)
    person.sign_in(invitation["link"])
    url = f"ws://127.0.0.1:{server.port}/live"

    async def closed(socket):
        try:
            while True:
                await asyncio.wait_for(socket.recv(), 5)
        except websockets.ConnectionClosed as end:
            return end.rcvd.code

    async def watch():
        bearer = {"Authorization": "Bearer " + made["token"]}
        cookie = {"Cookie": person.cookie, "Sec-Fetch-Site": "same-origin"}
        async with (websockets.connect(url, additional_headers=bearer) as program, websockets.connect(url, additional_headers=cookie) as page,
                    websockets.connect(url, additional_headers={"Authorization": "Bearer " + server.token}) as stays):
            for socket in (program, page, stays):
                assert json.loads(await asyncio.wait_for(socket.recv(), 5))["type"] == "hello"
            loop = asyncio.get_running_loop()
            await loop.run_in_executor(None, boss.call, "DELETE", f"/api/v1/tokens/{made['id']}")
            assert await closed(program) == 1008
            await loop.run_in_executor(None, boss.call, "DELETE", f"/api/v1/users/{invitation['user']['id']}/sessions")
            assert await closed(page) == 1008
            await asyncio.wait_for(stays.recv(), 5)
    asyncio.run(watch())


def test_the_command_works_beside_the_running_server(server):
    """A token made by the command works at once."""
    token = server.run("token", "create", "--name", "fresh", "--role", "viewer")
    assert server.call("GET", "/api/v1/devices", token=token)[0] == 200
