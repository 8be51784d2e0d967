"""Nobody's change is lost: configuration is written only over what the writer has read, if the writer says so."""

import concurrent.futures
import http.client
import json

import pytest
from plant_harness import plant
from test_bad_input import run_serve


@pytest.fixture(scope="module")
def server(line):
    return line.server


def ask(server, method, path, document=None, **fields):
    """Status, tag and document of one call; `if_match` becomes If-Match."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    headers = {"Authorization": "Bearer " + server.token, "Content-Type": "application/json", "Accept-Encoding": "gzip"}
    headers |= {name.replace("_", "-"): value for name, value in fields.items()}
    connection.request(method, path, None if document is None else json.dumps(document), headers)
    answer = connection.getresponse()
    body = answer.read()
    return answer.status, answer.headers["ETag"], json.loads(body) if body else None


# A path, a document, and a change to it.
RESOURCES = [
    ("/api/v1/profiles/cw", {"name": "P", "metrics": [{"key": "t", "name": "T", "unit": "Cel", "kind": "gauge"}]}),
    ("/api/v1/assets/cw", {"name": "A", "level": "site"}),
    ("/api/v1/devices/cw", {"name": "D", "profile": "motor", "identifier": "cw-device"}),
    ("/api/v1/rules/cw", {"name": "R", "profile": "motor", "severity": "low", "condition": "temperature > 1000"}),
    ("/api/v1/connectors/cw", {"name": "C", "kind": "rest", "url": "https://erp.example", "options": {
        "create": {"method": "POST", "path": "/orders", "body": {"note": "x" * 3_000}, "id": "id"}}}),
    ("/api/v1/mappings/cw", {"name": "M", "trigger": {"rule": "hot"}, "connector": "erp", "operation": "work-order.create",
                             "fields": {"title": "${device.name}"}}),
]


@pytest.mark.parametrize("path, document", RESOURCES)
def test_conditions(server, path, document):
    assert ask(server, "PUT", path, document, if_match="*")[0] == 412
    assert ask(server, "PUT", path, document, if_match='"1-1"')[0] == 412
    status, tag, _ = ask(server, "PUT", path, document, if_none_match="*")
    assert status == 201 and tag.startswith('"')
    assert ask(server, "GET", path)[:2] == (200, tag), "the same strong tag, also for who takes gzip"
    assert ask(server, "GET", path, if_none_match=tag)[0] == 304
    status, current, problem = ask(server, "PUT", path, document, if_none_match="*")
    assert (status, problem["code"], current) == (412, "precondition-failed", tag)
    assert ask(server, "PUT", path, {**document, "name": "Lost"}, if_none_match=f'"1-0", W/{tag}')[0] == 412
    # Writing over what was read.
    changed = {**document, "name": "Changed"}
    status, second, _ = ask(server, "PUT", path, changed, if_match=f'"other", {tag}')
    assert status == 200 and second != tag
    for stale in [tag, "W/" + second, "junk", '"0-0"']:
        assert ask(server, "PUT", path, document, if_match=stale)[0] == 412
        assert ask(server, "PATCH", path, {"name": "Lost"}, if_match=stale)[0] == 412
        assert ask(server, "DELETE", path, if_match=stale)[0] == 412
    assert ask(server, "GET", path)[1:] == ask(server, "GET", path, if_match=second)[1:]
    assert ask(server, "GET", path)[2]["name"] == "Changed"
    status, third, _ = ask(server, "PATCH", path, {"name": "Patched"}, if_match=second)
    assert status == 200 and third not in (tag, second)
    # Without a condition everything goes on as ever.
    assert ask(server, "PATCH", path, {"name": "Again"})[0] == 200
    assert ask(server, "DELETE", path, if_match="*")[0] == 204
    # A resource that was made anew is another one, whatever its revision.
    assert ask(server, "PUT", path, document)[0] == 201
    assert ask(server, "PUT", path, changed, if_match=tag)[0] == 412
    assert ask(server, "DELETE", path)[0] == 204


@pytest.mark.parametrize("path, document", RESOURCES)
def test_of_many_writers_one_wins(server, path, document):
    _, tag, _ = ask(server, "PUT", path, document)
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        for method in ["PUT", "PATCH"]:
            bodies = [{**document, "name": f"{method} {number}"} for number in range(8)]
            answers = list(pool.map(lambda body: ask(server, method, path, body, if_match=tag), bodies))
            winners = [body for body, answer in zip(bodies, answers) if answer[0] == 200]
            assert sorted(answer[0] for answer in answers) == [200] + [412] * 7
            _, tag, stored = ask(server, "GET", path)
            assert stored["name"] == winners[0]["name"]
        # Without conditions nobody is refused, and patches of different fields are all kept.
        assert {answer[0] for answer in pool.map(
            lambda number: ask(server, "PATCH", path, {"name": f"Free {number}"}), range(8))} == {200}
    assert ask(server, "DELETE", path)[0] == 204


def test_strangers_are_limited_and_members_are_not():
    with plant({"PLANTWRIGHT_TRUSTED_PROXIES": "127.0.0.1", "PLANTWRIGHT_CORS_ORIGINS": "https://dash.example"}) as line:
        def status(token, address):
            connection = http.client.HTTPConnection("127.0.0.1", line.server.port, timeout=30)
            headers = {"Authorization": "Bearer " + token, "X-Forwarded-For": address, "X-Forwarded-Proto": "https",
                       "Origin": "https://dash.example"}
            connection.request("GET", "/api/v1/session", headers=headers)
            answer = connection.getresponse()
            answer.read()
            return answer.status, answer.headers

        statuses = [status("wrong", "198.51.100.1")[0] for _ in range(100)]
        assert statuses[0] == 401 and statuses[-1] == 429
        assert int(status("wrong", "198.51.100.1")[1]["Retry-After"]) >= 1
        assert status("wrong", "198.51.100.2")[0] == 401
        answer = status(line.server.token, "198.51.100.1")
        assert answer[0] == 200, "whoever proves who they are is not limited"
        assert answer[1]["Access-Control-Allow-Origin"] == "https://dash.example"
        assert answer[1]["X-Request-Id"]
        assert line.server.metric("plantwright_http_refusals_total") >= 100
        # Over TLS, here at the proxy, the session's cookie is bound to this host.
        link = line.server.run("user", "create", "--email", "a@b.example", "--role", "viewer")
        token = link.rstrip().rsplit("=", 1)[-1].rsplit("#", 1)[-1]
        connection = http.client.HTTPConnection("127.0.0.1", line.server.port, timeout=30)
        connection.request("POST", "/api/v1/session", json.dumps({"token": token}),
                           {"Content-Type": "application/json", "X-Forwarded-For": "198.51.100.3", "X-Forwarded-Proto": "https"})
        answer = connection.getresponse()
        cookie = answer.headers["Set-Cookie"]
        assert (answer.status, cookie.split("=")[0]) == (200, "__Host-plantwright_session")
        assert {"Path=/", "Secure", "HttpOnly", "SameSite=Strict"} <= set(cookie.split("; "))


def test_malformed_options_end_with_78(tmp_path):
    done = run_serve({"PLANTWRIGHT_TRUSTED_PROXIES": "10.0.0.0/33", "PLANTWRIGHT_CORS_ORIGINS": "dash.example",
                      "PLANTWRIGHT_DATA_DIR": str(tmp_path)})
    assert done.returncode == 78
    assert "TRUSTED_PROXIES" in done.stderr and "CORS_ORIGINS" in done.stderr
