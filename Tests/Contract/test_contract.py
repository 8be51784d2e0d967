"""The public contract, line by line, where no other test has it: names, defaults, limits, status codes."""

import http.client
import json
import re
import socket
import subprocess
import time

import pytest
from plant_harness import BINARY, free_port, wait_until

RESOURCES = ["profiles", "assets", "devices", "sources", "rules", "connectors", "mappings"]


@pytest.fixture(scope="module")
def server(line):
    return line.server


def raw(server, method, path, headers=None, body=None):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    connection.request(method, path, body, headers or {})
    answer = connection.getresponse()
    return answer.status, answer.headers, answer.read()


# MARK: Commands


def test_every_command_is_there():
    text = subprocess.run([BINARY, "--help"], capture_output=True, text=True, timeout=30).stdout
    for command in ["serve", "demo", "migrate", "token", "user", "simulate", "openapi", "config"]:
        assert re.search(rf"^\s+{command}\b", text, re.MULTILINE), command
    for command, options in {
        "migrate": ["--check"], "token create": ["--name", "--role"], "user create": ["--email", "--role"],
        "simulate": ["--mqtt-url", "--devices", "--rate", "--metrics", "--messages"], "config apply": ["--dry-run", "--prune"],
        "serve": ["--listen", "--database-url", "--mqtt-url", "--mqtt-client-id", "--mqtt-listen", "--data-dir", "--assets-dir", "--tls-certificate",
                  "--tls-key", "--log-level", "--secret-key-file", "--public-url", "--outbound-allow"],
    }.items():
        text = subprocess.run([BINARY, *command.split(), "--help"], capture_output=True, text=True, timeout=30).stdout
        for option in options:
            assert option in text, (command, option)


def test_migrate_checks(server):
    environment = server.environment
    done = subprocess.run([BINARY, "migrate", "--check"], env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr


def test_openapi_is_printed_and_served_alike(server):
    printed = json.loads(server.run("openapi"))
    assert printed["openapi"].startswith("3.1")
    assert printed == server.get("/api/v1/openapi.json")
    for path in [f"/api/v1/{name}/{{key}}" for name in RESOURCES]:
        assert {"get", "put", "patch", "delete"} <= set(printed["paths"][path]), path
    for path in ["/healthz", "/readyz", "/metrics", "/live", "/api/v1/alarms", "/api/v1/alarms/{id}/acknowledgement", "/api/v1/deliveries", "/api/v1/deliveries/{id}/retry",
                 "/api/v1/work-orders", "/api/v1/inventory", "/api/v1/devices/{key}/readings", "/api/v1/devices/{key}/readings.csv", "/api/v1/devices/{key}/telemetry",
                 "/api/v1/devices/{key}/credentials", "/api/v1/quarantine", "/api/v1/rejected-messages", "/api/v1/rules/{key}/backtest", "/api/v1/mappings/{key}/preview",
                 "/api/v1/configuration", "/api/v1/configuration/changes", "/api/v1/users", "/api/v1/users/{id}", "/api/v1/tokens", "/api/v1/tokens/{id}", "/api/v1/account/sessions"]:
        assert path in printed["paths"], path
    for path, operations in printed["paths"].items():
        for method, operation in operations.items():
            if method in ("put", "post", "patch") and path.startswith("/api/v1/"):
                assert "requestBody" in operation, (method, path)
            assert operation["summary"], (method, path)
            for reference in re.findall(r'"#/components/schemas/(\w+)"', json.dumps(operation)):
                assert reference in printed["components"]["schemas"]


def test_a_token_is_alone_on_standard_output(server):
    text = subprocess.run([BINARY, "token", "create", "--name", "n", "--role", "viewer"], env=server.environment, capture_output=True, text=True, timeout=30).stdout
    assert re.fullmatch(r"\S+\n", text)
    for arguments in [["--name", "n", "--role", "king"], ["--role", "admin"], ["--name", "", "--role", "viewer"]]:
        assert subprocess.run([BINARY, "token", "create", *arguments], env=server.environment, capture_output=True, timeout=30).returncode != 0


def test_a_sign_in_link_is_printed(server):
    link = server.run("user", "create", "--email", "contract@example.com", "--role", "viewer")
    assert re.fullmatch(rf"http://127\.0\.0\.1:{server.port}/sign-in\?token=\S+", link)


def test_flags_win_and_secrets_have_files(server, tmp_path):
    file = tmp_path / "url"
    file.write_text(server.environment["PLANTWRIGHT_DATABASE_URL"] + "\n")
    environment = {name: value for name, value in server.environment.items() if name != "PLANTWRIGHT_DATABASE_URL"}
    environment["PLANTWRIGHT_DATABASE_URL_FILE"] = str(file)
    assert subprocess.run([BINARY, "migrate", "--check"], env=environment, capture_output=True, timeout=60).returncode == 0
    environment["PLANTWRIGHT_DATABASE_URL"] = "mysql://wrong"
    done = subprocess.run([BINARY, "migrate", "--check", "--database-url", server.environment["PLANTWRIGHT_DATABASE_URL"]], env=environment, capture_output=True, timeout=60)
    assert done.returncode == 0


def test_refused_database_credentials_end_with_78(line, tmp_path):
    missing = line.database.url.replace("/plant?", "/absent?")
    environment = line.server.environment | {"PLANTWRIGHT_DATABASE_URL": missing, "PLANTWRIGHT_LISTEN": f"127.0.0.1:{free_port()}", "PLANTWRIGHT_DATA_DIR": str(tmp_path)}
    for command in [["serve"], ["migrate"], ["token", "create", "--name", "n", "--role", "viewer"], ["user", "create", "--email", "a@b.c", "--role", "viewer"]]:
        done = subprocess.run([BINARY, *command], env=environment, capture_output=True, text=True, timeout=60)
        assert done.returncode == 78 and "DATABASE_URL" in done.stderr, (command, done.returncode, done.stderr)


# MARK: HTTP


def test_health_needs_no_authentication_and_takes_any_host(server):
    for path in ["/healthz", "/readyz"]:
        for headers in [{"Host": "anything.example:99"}, {"Authorization": "Bearer nonsense"}, {"Authorization": "Basic !"}, {}]:
            status, fields, _ = raw(server, "GET", path, headers)
            assert status == 200, (path, headers)
        assert raw(server, "HEAD", path)[0] == 200


@pytest.mark.parametrize("name", RESOURCES)
def test_lists_are_paged(server, name):
    path = f"/api/v1/{name}"
    page = server.get(path)
    assert set(page) == {"items", "nextCursor"}
    assert len(server.get(path + "?limit=1")["items"]) <= 1
    for limit in ["1", "1000"]:
        assert server.call("GET", f"{path}?limit={limit}")[0] == 200
    for limit in ["0", "1001", "-1", "x", "1.5", ""]:
        status, problem = server.call("GET", f"{path}?limit={limit}")
        assert (status, problem["code"]) == (400, "bad-parameter"), limit
    keys, cursor = [], None
    while True:
        page = server.get(f"{path}?limit=1" + (f"&cursor={cursor}" if cursor else ""))
        keys += [item["key"] for item in page["items"]]
        cursor = page["nextCursor"]
        if not cursor:
            break
    assert keys == sorted(item["key"] for item in server.items(path))


@pytest.mark.parametrize("path", ["/api/v1/alarms", "/api/v1/deliveries", "/api/v1/work-orders", "/api/v1/inventory", "/api/v1/quarantine", "/api/v1/rejected-messages"])
def test_other_lists_are_paged_too(server, path):
    assert set(server.get(path)) >= {"items", "nextCursor"}
    assert server.call("GET", path + "?limit=1000")[0] == 200
    for limit in ["0", "1001", "x"]:
        assert server.call("GET", f"{path}?limit={limit}")[0] == 400


def test_states_of_lists(server):
    for state in ["open", "cleared"]:
        assert server.call("GET", f"/api/v1/alarms?state={state}")[0] == 200
    for state in ["pending", "delivered", "dead", "superseded"]:
        assert server.call("GET", f"/api/v1/deliveries?state={state}")[0] == 200
    assert server.call("GET", "/api/v1/alarms?state=nope")[0] == 400
    assert server.call("GET", "/api/v1/deliveries?state=nope")[0] == 400


def test_problems_have_a_shape(server):
    status, fields, body = raw(server, "GET", "/api/v1/devices/nothing", {"Authorization": "Bearer " + server.token})
    problem = json.loads(body)
    assert status == 404 and fields["Content-Type"] == "application/problem+json"
    assert problem["status"] == 404 and problem["code"] == "not-found" and problem["detail"]
    status, fields, body = raw(server, "GET", "/api/v1/devices")
    assert status == 401 and fields["WWW-Authenticate"].startswith("Bearer") and json.loads(body)["code"] == "unauthenticated"
    status, fields, _ = raw(server, "DELETE", "/api/v1/devices", {"Authorization": "Bearer " + server.token})
    assert status == 405 and "GET" in fields["Allow"]


@pytest.mark.parametrize("key", ["Upper", "-x", "a" * 64, "a_b", "a.b", "ü"])
def test_malformed_keys(server, key):
    from urllib.parse import quote
    for name in RESOURCES:
        status, problem = server.call("PUT", f"/api/v1/{name}/{quote(key)}", {"name": "x"})
        assert status == 422 and problem["errors"][0]["code"] == "key", (name, key)
    assert server.call("PUT", "/api/v1/assets/" + "a" * 63, {"name": "x", "level": "area"})[0] == 201
    server.call("DELETE", "/api/v1/assets/" + "a" * 63)


def test_patch_merges_and_null_takes_away(server):
    path = "/api/v1/assets/patched"
    server.put(path, {"name": "P", "level": "area", "location": {"lat": 52, "lon": 4}, "equipment": {"erp": "EQ-1", "other": "EQ-2"}})
    status, asset = server.call("PATCH", path, {"equipment": {"other": None, "third": "EQ-3"}, "location": {"lat": 53}})
    assert status == 200
    assert asset["equipment"] == {"erp": "EQ-1", "third": "EQ-3"} and asset["location"] == {"lat": 53, "lon": 4} and asset["name"] == "P"
    assert server.call("PATCH", path, {"location": None})[1]["location"] is None
    assert server.call("PATCH", path, {"name": None})[0] == 422
    for body in [[], "x", 7]:
        assert server.call("PATCH", path, body)[0] == 422
    assert server.call("PATCH", "/api/v1/assets/nothing", {"name": "x"})[0] == 404
    assert server.call("DELETE", path)[0] == 204
    assert server.call("DELETE", path)[0] == 404


def test_defaults(server):
    rule = server.put("/api/v1/rules/defaults", {"name": "D", "profile": "motor", "severity": "low", "condition": "temperature > 900"})
    assert (rule["for"], rule["clear"], rule["enabled"]) == ("PT0S", None, True)
    mapping = server.put("/api/v1/mappings/defaults", {"name": "D", "trigger": {"metric": "temperature", "profile": "motor"}, "connector": "erp",
                                                        "operation": "stock.set", "fields": {"item": "X", "quantity": "${temperature}"}, "enabled": False})
    assert mapping["trigger"]["minInterval"] == "PT1M" and "minChange" not in mapping["trigger"]
    device = server.put("/api/v1/devices/defaults", {"profile": "motor"})
    assert (device["name"], device["identifier"], device["asset"]) == ("defaults", "defaults", None)
    source = server.put("/api/v1/sources/defaults", {"topicFilter": "defaults/+", "decoder": "json", "deviceKey": "${topic.2}"})
    assert source["enabled"] is True and source["compression"] == "none"
    for path in ["rules/defaults", "mappings/defaults", "devices/defaults", "sources/defaults"]:
        assert server.call("DELETE", f"/api/v1/{path}")[0] == 204


def test_credentials_are_write_only(server):
    path = "/api/v1/connectors/write-only"
    document = {"name": "W", "kind": "rest", "url": "https://erp.example", "options": {
        "create": {"method": "POST", "path": "/o", "body": {}, "id": "id"}}}
    made = server.put(path, document | {"credentials": {"bearer": "hush"}})
    assert made["hasCredentials"] is True and "hush" not in json.dumps(made) and "credentials" not in made
    assert server.put(path, document | {"name": "X"})["hasCredentials"] is True, "absent: unchanged"
    for none in [{}, None]:
        assert server.put(path, document | {"credentials": {"bearer": "hush"}})["hasCredentials"] is True
        assert server.put(path, document | {"credentials": none})["hasCredentials"] is False
    for kind in ["rest", "odoo", "erpnext", "tryton", "dolibarr", "inventree", "sap-s4hana", "business-central", "dynamics-field-service",
                 "dynamics-scm", "maximo", "oracle-maintenance"]:
        status, problem = server.call("PUT", path, {"name": "W", "kind": kind, "url": "https://erp.example"})
        assert status in (200, 422) and not [e for e in (problem or {}).get("errors", []) if e["pointer"] == "/kind"], kind
    server.call("DELETE", path)


def test_retired_metrics_keep_their_place(server):
    path = "/api/v1/profiles/retiring"
    a, b, c = [{"key": key, "name": key, "unit": "", "kind": "gauge"} for key in "abc"]
    server.put(path, {"name": "R", "metrics": [a, b]})
    server.put("/api/v1/devices/retiring", {"profile": "retiring"})
    at = int(time.time() * 1000) - 10_000
    assert server.call("POST", "/api/v1/devices/retiring/telemetry", {"ts": at, "a": 1, "b": 2})[0] == 204
    assert [m["key"] for m in server.put(path, {"name": "R", "metrics": [c, b]})["metrics"]] == ["c", "b"]
    assert server.call("POST", "/api/v1/devices/retiring/telemetry", {"ts": at + 1000, "a": 9, "b": 3, "c": 4})[0] == 204
    _, text = server.call("GET", "/api/v1/devices/retiring/readings.csv")
    lines = text.splitlines()
    assert lines[0] == "ts,receivedAt,c,b"
    assert [line.split(",")[2:] for line in lines[1:]] == [["", "2"], ["4", "3"]]
    assert [m["key"] for m in server.put(path, {"name": "R", "metrics": [a, b, c]})["metrics"]] == ["a", "b", "c"]
    _, text = server.call("GET", "/api/v1/devices/retiring/readings.csv")
    assert [line.split(",")[2:] for line in text.splitlines()[1:]] == [["1", "2", ""], ["", "3", "4"]]
    assert server.call("PUT", path, {"name": "R", "metrics": [{**a, "kind": "state"}]})[1]["code"] == "metric-kind-change"


def test_times_are_judged(server):
    now = int(time.time() * 1000)
    server.put("/api/v1/devices/timed", {"name": "Timed", "profile": "motor", "asset": "hall"})
    path = "/api/v1/devices/timed/telemetry"
    assert server.call("POST", path, {"ts": now + 3_500_000, "temperature": 1})[0] == 204
    assert server.call("POST", path, {"ts": "2000-01-01T00:00:00Z", "temperature": 1})[0] == 204
    for ts in [now + 3_700_000, 946_684_799_999, "1999-12-31T23:59:59.999Z", "yesterday", now / 1000, True, {}]:
        assert server.call("POST", path, {"ts": ts, "temperature": 1})[0] in (400, 422), ts
    assert server.call("POST", path, [{"ts": now - 5, "temperature": 1}, {"ts": now - 4, "temperature": 2}])[0] == 204
    assert server.call("POST", "/api/v1/devices/nothing/telemetry", {"temperature": 1})[0] == 404


def test_metrics_are_there_from_the_start(line, tmp_path):
    """A server that has seen nothing yet, on a database of its own."""
    line.database.psql("CREATE DATABASE fresh", "postgres")
    port = free_port()
    environment = line.server.environment | {
        "PLANTWRIGHT_DATABASE_URL": line.database.url.replace("/plant?", "/fresh?"), "PLANTWRIGHT_LISTEN": f"127.0.0.1:{port}",
        "PLANTWRIGHT_DATA_DIR": str(tmp_path)}
    process = subprocess.Popen([BINARY, "serve"], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def get(path, headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        connection.request("GET", path, None, headers or {})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    try:
        wait_until(lambda: get("/readyz")[0] == 200, 60, "readiness")
        token = subprocess.run([BINARY, "token", "create", "--name", "m", "--role", "viewer"], env=environment, capture_output=True, text=True, timeout=30).stdout.strip()
        assert get("/metrics")[0] == 401
        status, text = get("/metrics", {"Authorization": "Bearer " + token})
        assert status == 200
        for name in ["messages_received_total", "readings_stored_total", "readings_duplicate_total", "messages_rejected_total", "alarms_raised_total",
                     "deliveries_pending", "live_sessions"]:
            assert re.search(rf"^plantwright_{name} 0(\.0)?$", text, re.MULTILINE), name
        assert re.search(r"^plantwright_ingest_commit_seconds_count 0$", text, re.MULTILINE)
        assert "# TYPE plantwright_deliveries_total counter" in text
        assert "# TYPE plantwright_ingest_commit_seconds histogram" in text
    finally:
        process.terminate()
        assert process.wait(60) == 0


def test_limits_of_requests(server):
    def send(lines, body=b""):
        with socket.create_connection(("127.0.0.1", server.port), 10) as connection:
            connection.sendall("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
            return connection.recv(65_536).split(b"\r\n")[0].decode()
    fields = [f"X-{number}: 1" for number in range(298)]
    assert " 200 " in send(["GET /healthz HTTP/1.1", "Host: h", *fields]) + " "
    assert " 431" in send(["GET /healthz HTTP/1.1", "Host: h", *fields, "Y: 1", "Z: 1"])
    assert " 431" in send(["GET /healthz HTTP/1.1", "Host: h", "X: " + "y" * 66_000])
    chunk = ["POST /api/v1/session HTTP/1.1", "Host: h", "Content-Type: application/json", "Transfer-Encoding: chunked"]
    assert " 400" in send(chunk, b"2;" + b"x" * 5_000 + b"\r\n{}\r\n0\r\n\r\n")


def test_api_rate_limits_concern_strangers_only(server):
    """From loopback not even those."""
    for _ in range(150):
        assert server.call("GET", "/api/v1/session", token="")[0] == 401
    for _ in range(150):
        assert server.call("GET", "/api/v1/session")[0] == 200


def test_embedded_brokers_only_know_credentials(server):
    status, problem = server.call("POST", "/api/v1/devices/d-001/credentials")
    assert (status, problem["code"]) == (409, "external-broker")
