"""All configuration as one document: by the command and by the API, wholly or not at all, in force at once."""

import json
import pathlib
import subprocess
import time

import pytest
from plant_harness import BINARY, PostgreSQL, free_port, plant, wait_until

API = "/api/v1/configuration"


def config(server, *arguments, stdin=None, environment=None):
    done = subprocess.run([BINARY, "config", *arguments], env=server.environment | (environment or {}),
                          capture_output=True, text=True, timeout=120, input=stdin)
    return done.returncode, done.stdout, done.stderr


def apply(server, document, *options):
    return config(server, "apply", *options, "-", stdin=json.dumps(document))


def exported(server) -> dict:
    code, out, err = config(server, "export")
    assert code == 0, err
    return json.loads(out)


@pytest.fixture(scope="module")
def whole():
    """An installation with something in every section."""
    with plant() as running:
        running.configure(3)
        server = running.server
        server.put("/api/v1/profiles/odd", {"name": "Odd \"quotes\" and ünïcode \\ /", "retention": "P30D", "metrics": [
            {"key": "z", "name": "Z", "unit": "m3/h", "kind": "gauge"}, {"key": "a", "kind": "location"},
            {"key": "c", "name": "C", "unit": "", "kind": "counter", "rollover": 65_536}]})
        server.put("/api/v1/assets/z-parent", {"name": "Parent", "level": "area"})
        server.put("/api/v1/assets/a-child", {"name": "Before its parent in the order of keys", "level": "line", "parent": "z-parent"})
        server.put("/api/v1/devices/42", {"profile": "odd", "asset": "a-child", "identifier": "plant/line/42"})
        server.put("/api/v1/sources/hall", {"name": "Hall", "topicFilter": "hall/+/#", "decoder": "json", "deviceKey": "${topic.2}",
                                            "fields": {"temperature": {"path": "t", "unit": "[degF]"}}, "options": {"items": "list"}})
        server.put("/api/v1/connectors/secret", {"name": "S", "kind": "odoo", "url": "https://odoo.example", "credentials": {
            "username": "u", "password": "hush-hush"}, "options": {"database": "db"}, "limits": {"perMinute": 7}})
        yield running


def test_export_is_stable_and_holds_no_secret(whole):
    first, second = config(whole.server, "export"), config(whole.server, "export")
    assert first == second and first[0] == 0
    document = json.loads(first[1])
    assert list(document) == ["formatVersion", "profiles", "assets", "devices", "sources", "rules", "connectors", "mappings"]
    assert all(list(document[section]) == sorted(document[section]) for section in list(document)[1:])
    assert "hush" not in first[1] and "redentials" not in first[1]
    status, body = whole.server.call("GET", API)
    assert status == 200 and body == document
    assert first[1].endswith("}\n") and json.dumps(document, indent=2, ensure_ascii=False) + "\n" == first[1]


def test_a_file_is_written(whole, tmp_path):
    file = tmp_path / "plant.json"
    assert config(whole.server, "export", str(file))[:2] == (0, "")
    assert file.read_text() == config(whole.server, "export")[1]
    assert config(whole.server, "export", str(tmp_path / "no" / "such"))[0] == 73


def test_round_trip_to_an_empty_installation(whole, tmp_path):
    """Against DATABASE_URL, with no server there; then once more, which changes nothing."""
    text = config(whole.server, "export")[1]
    folder = pathlib.Path(tmp_path)
    folder.chmod(0o755)
    for parent in folder.parents:
        if parent.name.startswith("pytest"):
            parent.chmod(0o755)
    database = PostgreSQL(folder)
    database.start()
    try:
        other = {"PLANTWRIGHT_DATABASE_URL": database.url, "PLANTWRIGHT_DATA_DIR": str(folder / "data")}
        code, _, err = config(whole.server, "apply", "-", stdin=text, environment=other)
        assert code == 69 and "migrate" in err
        whole_environment = whole.server.environment | other
        subprocess.run([BINARY, "migrate"], env=whole_environment, check=True, capture_output=True, timeout=60)
        code, out, err = config(whole.server, "apply", "--dry-run", "-", stdin=text, environment=other)
        assert code == 1 and "+ profile motor" in out and "nothing was written" in out, err
        assert config(whole.server, "export", environment=other)[1] != text
        code, out, err = config(whole.server, "apply", "-", stdin=text, environment=other)
        assert code == 0, err
        assert "! connector secret (odoo) needs its credentials entered" in out
        assert "No server is running" in err
        assert config(whole.server, "export", environment=other)[1] == text
        code, out, _ = config(whole.server, "apply", "--dry-run", "--prune", "-", stdin=text, environment=other)
        assert code == 0 and out.splitlines()[-1].startswith("0 created, 0 changed, 0 deleted, ")
        assert database.psql("SELECT count(*) FROM configuration_change") == str(
            sum(len(entries) for section, entries in json.loads(text).items() if section != "formatVersion"))
        assert not (folder / "data").exists(), "the command leaves nothing behind beside the database"
    finally:
        database.stop()


def test_a_dry_run_tells_every_field_and_writes_nothing(whole):
    document = exported(whole.server)
    document["rules"]["hot"]["severity"] = "critical"
    document["profiles"]["motor"]["metrics"][0]["unit"] = "K"
    document["assets"]["new"] = {"name": "New", "level": "area", "parent": "hall"}
    del document["mappings"]["hot-order"]
    code, out, _ = apply(whole.server, document, "--dry-run")
    assert code == 1
    assert "+ asset new" in out and "- mapping" not in out
    assert '    /severity: "high" → "critical"' in out
    assert '    /metrics/0/unit: "Cel" → "K"' in out
    assert out.splitlines()[-1].startswith("1 created, 2 changed, 0 deleted, ")
    code, out, _ = apply(whole.server, document, "--dry-run", "--prune")
    assert code == 1 and out.splitlines()[0] == "- mapping hot-order"
    status, outcome = whole.server.call("PUT", API + "?dryRun=true&prune=true", document)
    assert status == 200 and (outcome["created"], outcome["changed"], outcome["deleted"]) == (1, 2, 1)
    assert {"pointer": "/severity", "before": "high", "after": "critical"} in [
        field for item in outcome["items"] for field in item["fields"]]
    assert whole.server.get("/api/v1/rules/hot")["severity"] == "high"


def test_the_command_is_in_force_for_the_next_message(whole):
    """The server runs; what the command has applied counts for what is received when it has ended."""
    for number, limit in enumerate([50, 5_000, 50]):
        document = {"formatVersion": 1,
                    "devices": {f"late-{number}": {"profile": "motor"}},
                    "rules": {"warm": {"name": "Warm", "profile": "motor", "severity": "low", "condition": f"temperature > {limit}"}}}
        code, _, err = apply(whole.server, document)
        assert (code, err) == (0, ""), "the server has said that it goes by it"
        status, _ = whole.server.call("POST", f"/api/v1/devices/late-{number}/telemetry", {"ts": int(time.time() * 1000), "temperature": 60})
        assert status == 204
        raised = [a for a in whole.server.items("/api/v1/alarms?state=open") if a["device"]["key"] == f"late-{number}" and a["rule"]["key"] == "warm"]
        assert len(raised) == (1 if limit == 50 else 0)


def test_a_source_is_subscribed_to_before_the_command_ends(whole):
    import paho.mqtt.client as mqtt
    document = {"formatVersion": 1, "sources": {"yard": {"name": "Yard", "topicFilter": "yard/+", "decoder": "json", "deviceKey": "${topic.2}"}}}
    assert apply(whole.server, document)[0] == 0
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
    client.connect("127.0.0.1", whole.broker.port)
    client.loop_start()
    at = int(time.time() * 1000)
    client.publish("yard/d-001", json.dumps({"ts": at, "temperature": 12.5}), qos=1).wait_for_publish(10)
    client.loop_stop()
    wait_until(lambda: whole.server.get("/api/v1/devices/d-001/latest")["values"].get("temperature") == 12.5, 10, "the reading")


def test_quarantined_messages_of_new_devices_are_replayed(whole):
    import paho.mqtt.client as mqtt
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
    client.connect("127.0.0.1", whole.broker.port)
    client.loop_start()
    client.publish("plantwright/v1/waiting/telemetry", json.dumps({"ts": int(time.time() * 1000), "temperature": 3}), qos=1).wait_for_publish(10)
    client.loop_stop()
    wait_until(lambda: [s for s in whole.server.items("/api/v1/quarantine") if s["identifier"] == "waiting"], 10, "quarantine")
    assert apply(whole.server, {"formatVersion": 1, "devices": {"waiting": {"profile": "motor"}}})[0] == 0
    assert whole.server.get("/api/v1/devices/waiting/latest")["values"] == {"temperature": 3}


def test_all_or_nothing_with_every_error(whole):
    before = exported(whole.server)
    document = {"formatVersion": 1,
                "profiles": {"fine": {"name": "Fine", "metrics": []}, "motor": {**before["profiles"]["motor"], "metrics": [
                    {"key": "temperature", "kind": "state"}]}},
                "devices": {"x": {"profile": "nope"}, "y": {"profile": "fine", "asset": "nowhere", "colour": 1}},
                "rules": {"r": {"name": "R", "profile": "motor", "severity": "high", "condition": "temprature > 1"}},
                "connectors": {"c": {"name": "C", "kind": "rest", "url": "http://169.254.169.254/"}}}
    code, out, err = apply(whole.server, document)
    assert (code, out) == (65, "")
    for pointer in ["/profiles/motor:", "/devices/x/profile:", "/devices/y/colour:", "/rules/r/condition:", "/connectors/c/url:"]:
        assert any(line.startswith(pointer) for line in err.splitlines()), (pointer, err)
    assert "nothing was changed" in err
    status, problem = whole.server.call("PUT", API, document)
    assert status == 422 and {e["pointer"] for e in problem["errors"]} >= {"/devices/x/profile", "/rules/r/condition"}
    assert exported(whole.server) == before


@pytest.mark.parametrize("text, words", [
    ("", "not valid JSON"), ("{", "not valid JSON"), ("[]", "Expected a JSON object"), ("{}", "/formatVersion"),
    ('{"formatVersion": 2}', "version 1"), ('{"formatVersion": 1, "rule": {}}', "/rule"),
    ('{"formatVersion": 1, "rules": []}', "/rules"), ('{"formatVersion": 1, "rules": {"Hot!": {}}}', "/rules/Hot!"),
    ('{"formatVersion": 1, "rules": {"hot": 7}}', "/rules/hot"),
    ('{"formatVersion": 1, "rules": {"hot": {"key": "cold"}}}', "/rules/hot/key"),
    ('{"formatVersion": 1, "rules": {"a": {}, "a": {}}}', "not valid JSON"),
    ('{"formatVersion": 1, "sources": {"native": {"name": "N", "topicFilter": "a/b", "decoder": "json", "deviceKey": "x"}}}', "/sources/native"),
])
def test_bad_documents(whole, text, words):
    code, out, err = config(whole.server, "apply", "-", stdin=text)
    assert (code, out) == (65, "") and words in err


def test_other_endings(whole, tmp_path):
    assert config(whole.server, "apply", str(tmp_path / "missing.json"))[0] == 66
    nowhere = {"PLANTWRIGHT_DATABASE_URL": f"postgresql://x@127.0.0.1:{free_port()}/x"}
    assert config(whole.server, "export", environment=nowhere)[0] == 69
    code, _, err = config(whole.server, "export", environment={"PLANTWRIGHT_DATABASE_URL": "mysql://x", "PLANTWRIGHT_LOG_LEVEL": "loud"})
    assert code == 78 and "DATABASE_URL" in err and "LOG_LEVEL" in err
    missing = whole.database.url.replace("/plant?", "/absent?")
    assert config(whole.server, "export", environment={"PLANTWRIGHT_DATABASE_URL": missing})[0] == 78
    without = {name: value for name, value in whole.server.environment.items() if name != "PLANTWRIGHT_DATABASE_URL"}
    done = subprocess.run([BINARY, "config", "export"], env=without | {"PLANTWRIGHT_DATA_DIR": str(tmp_path)}, capture_output=True, text=True, timeout=60)
    assert done.returncode == 69 and "no private PostgreSQL runs in" in done.stderr


def test_prune_deletes_only_within_given_sections(whole):
    server = whole.server
    server.put("/api/v1/assets/spare", {"name": "Spare", "level": "area"})
    server.put("/api/v1/assets/spare-child", {"name": "Spare", "level": "line", "parent": "spare"})
    document = exported(server)
    for key in ("spare", "spare-child"):
        del document["assets"][key]
    status, outcome = server.call("PUT", API + "?prune=true", {"formatVersion": 1, "assets": document["assets"]})
    assert status == 200 and sorted(item["key"] for item in outcome["items"]) == ["spare", "spare-child"]
    assert exported(server) == document
    status, problem = server.call("PUT", API + "?prune=true", {"formatVersion": 1, "profiles": {}})
    assert status == 422 and {"/profiles/motor"} <= {e["pointer"] for e in problem["errors"]}
    assert {e["code"] for e in problem["errors"]} == {"in-use"}
    assert exported(server) == document


def test_identifiers_pass_from_one_device_to_another(whole):
    server = whole.server
    server.put("/api/v1/devices/a1", {"profile": "motor", "identifier": "wire-1"})
    document = {"formatVersion": 1, "devices": {"a0": {"profile": "motor", "identifier": "wire-1"}, "a1": {"profile": "motor", "identifier": "wire-2"}}}
    assert server.call("PUT", API, document)[0] == 200
    assert server.get("/api/v1/devices/a0")["identifier"] == "wire-1"


def test_credentials_are_set_and_never_shown(whole):
    server = whole.server
    document = {"formatVersion": 1, "connectors": {"erp": {**exported(server)["connectors"]["erp"], "credentials": {"bearer": "open-sesame"}}}}
    code, out, err = apply(server, document, "--dry-run")
    assert code == 1 and "/credentials" in out and "sesame" not in out + err
    code, out, err = apply(server, document)
    assert code == 0 and "sesame" not in out + err
    assert server.get("/api/v1/connectors/erp")["hasCredentials"] is True
    assert apply(server, document, "--dry-run")[0] == 0, "the same credentials are no change"
    whole.erp.faults.clear()
    status, answer = server.call("POST", "/api/v1/connectors/erp/preflight")
    assert status == 200, "the running server can open what the command sealed"
    assert "credentials-unreadable" not in json.dumps(answer)
    assert "sesame" not in json.dumps(server.items(API + "/changes?section=connectors"))
    # Where the server's key is not, credentials cannot be sealed for it.
    code, _, err = config(server, "apply", "-", stdin=json.dumps(document), environment={"PLANTWRIGHT_DATA_DIR": "/tmp/nowhere-at-all"})
    assert code == 69 and "--secret-key-file" in err
    server.call("PATCH", "/api/v1/connectors/erp", {"credentials": None})


def test_only_admins(whole):
    viewer = whole.server.run("token", "create", "--name", "v", "--role", "operator")
    for method, path, body in [("GET", API, None), ("PUT", API, {"formatVersion": 1}), ("GET", API + "/changes", None), ("POST", API + "/changes/1/undo", None)]:
        assert whole.server.call(method, path, body, token=viewer)[0] == 403
        assert whole.server.call(method, path, body, token="")[0] == 401


# MARK: History


def test_every_write_is_in_the_history(whole):
    server, key = whole.server, "seen"
    steps = [
        ("PUT", f"/api/v1/rules/{key}", {"name": "A", "profile": "motor", "severity": "low", "condition": "temperature > 900"}),
        ("PATCH", f"/api/v1/rules/{key}", {"severity": "high"}),
        ("PATCH", f"/api/v1/rules/{key}", {"severity": "high"}),
        ("DELETE", f"/api/v1/rules/{key}", None),
    ]
    for method, path, body in steps:
        assert server.call(method, path, body)[0] < 300
    changes = server.items(f"{API}/changes?section=rules&key={key}")
    assert [change["change"] for change in changes] == ["deleted", "changed", "created"], "writing the same is no change"
    assert {change["author"] for change in changes} == {"test"}
    assert changes[1]["fields"] == [{"pointer": "/severity", "before": "low", "after": "high"}]
    assert changes[0]["after"] is None and changes[2]["before"] is None
    assert changes[0]["before"]["condition"] == "temperature > 900"
    code, _, _ = apply(server, {"formatVersion": 1, "assets": {"by-command": {"name": "C", "level": "area"}}})
    assert code == 0
    assert server.items(f"{API}/changes?section=assets&key=by-command")[0]["author"] == "plantwright config apply"


def test_undo(whole):
    server, path = whole.server, "/api/v1/assets/undone"
    server.put(path, {"name": "One", "level": "area"})
    server.put(path, {"name": "Two", "level": "line"})
    server.call("DELETE", path)
    deleted, changed, created = server.items(f"{API}/changes?section=assets&key=undone")
    status, outcome = server.call("POST", f"{API}/changes/{deleted['id']}/undo?dryRun=true")
    assert status == 200 and outcome["items"][0]["change"] == "created" and server.call("GET", path)[0] == 404
    assert server.call("POST", f"{API}/changes/{deleted['id']}/undo")[1]["created"] == 1
    assert server.get(path)["name"] == "Two"
    assert server.call("POST", f"{API}/changes/{deleted['id']}/undo")[1]["items"] == [], "it is like that already"
    assert server.call("POST", f"{API}/changes/{changed['id']}/undo")[1]["changed"] == 1
    assert server.get(path)["name"] == "One"
    assert server.call("POST", f"{API}/changes/{created['id']}/undo")[1]["deleted"] == 1
    assert server.call("GET", path)[0] == 404
    assert len(server.items(f"{API}/changes?section=assets&key=undone")) == 6, "undoing is a change too"
    for wrong in ["0", "999999999", "x"]:
        assert server.call("POST", f"{API}/changes/{wrong}/undo")[0] == 404


def test_history_is_listed_by_cursor(whole):
    server = whole.server
    pages, cursor = [], None
    for _ in range(3):
        page = server.get(f"{API}/changes?limit=2" + (f"&cursor={cursor}" if cursor else ""))
        pages.append([change["id"] for change in page["items"]])
        cursor = page["nextCursor"]
    flat = [number for page in pages for number in page]
    assert flat == sorted(flat, reverse=True) and len(set(flat)) == 6
    for query in ["limit=0", "limit=1001", "section=nope", "cursor=x"]:
        status, problem = server.call("GET", f"{API}/changes?{query}")
        assert (status, problem["code"]) == (400, "bad-parameter")


def test_the_history_cannot_be_rewritten(whole):
    for statement in ["UPDATE configuration_change SET author = 'x'", "DELETE FROM configuration_change"]:
        with pytest.raises(OSError, match="append-only"):
            whole.database.psql(statement)
