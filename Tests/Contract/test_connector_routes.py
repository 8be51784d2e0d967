"""What the API offers about connectors: kinds, pick lists, items, equipment, checks, pausing, the address for the ERP's calls."""

import json
import subprocess
import threading
import time
import urllib.parse
import urllib.request

import pytest
from plant_harness import BINARY, wait_until

KINDS = ["rest", "odoo", "erpnext", "tryton", "dolibarr", "inventree", "sap-s4hana", "business-central",
         "dynamics-field-service", "dynamics-scm", "oracle-maintenance", "maximo"]


class SimulatedERP:
    """`plantwright simulate-erp`, with the document of a connector for it."""

    def __init__(self, kind: str, *options: str):
        self.process = subprocess.Popen([BINARY, "simulate-erp", "--kind", kind, *options], stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT, text=True)
        self.connector = None
        for line in self.process.stdout:
            if line.startswith("{"):
                self.connector = json.loads(line)
            if "_simulator/orders" in line:
                break
        assert self.connector, f"{kind} said nothing"
        # What it says later must not fill the pipe.
        threading.Thread(target=self.process.stdout.read, daemon=True).start()

    def ask(self, method: str, path: str):
        request = urllib.request.Request(self.connector["url"] + path, method=method)
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.loads(answer.read() or b"null")

    def stop(self):
        self.process.terminate()
        self.process.wait(10)


@pytest.fixture(scope="module")
def server(line):
    return line.server


def read_items(server, key: str, search: str = "") -> dict:
    """The items as read last; waits for the first reading."""
    def read():
        answer = server.get(f"/api/v1/connectors/{key}/items?search={urllib.parse.quote(search)}")
        return answer if (answer["readAt"] or answer["error"]) and not answer["reading"] else None

    return wait_until(read, 30, f"the items of {key}")


@pytest.fixture(scope="module")
def odoo(server):
    erp = SimulatedERP("odoo")
    server.put("/api/v1/connectors/kind-odoo", erp.connector)
    yield erp
    erp.stop()


def test_every_kind_has_its_form(server):
    kinds = server.items("/api/v1/connector-kinds")
    assert [kind["kind"] for kind in kinds] == KINDS
    for kind in kinds:
        assert kind["title"] and kind["summary"] and kind["credentials"], kind["kind"]
        assert [field["name"] for field in kind["connection"]["options"]] == ["proxy", "certificateAuthority"]
        assert [field["name"] for field in kind["connection"]["credentials"]] == [
            "proxyUsername", "proxyPassword", "clientCertificate", "clientKey"]
        names = [field["name"] for field in kind["options"]]
        assert len(set(names)) == len(names) and "settle" in names, kind["kind"]
        assert not {"proxy", "certificateAuthority"} & set(names), "the connection's own names"
        for operation in kind["operations"]:
            for field in operation["fields"]:
                assert field["label"] and field["kind"] in ("text", "number", "boolean", "choice", "item", "object"), field
                if field["name"] == "item":
                    assert field["kind"] == "item" and "items" in kind["capabilities"], kind["kind"]
    assert server.call("GET", "/api/v1/connector-kinds", token="")[0] == 401


@pytest.mark.parametrize("kind", KINDS[1:])
def test_every_kind_answers_its_lists_from_its_erp(server, kind):
    """Against the simulator of each kind: the preflight is good, and the lists that the manifest tells are there."""
    manifest = next(one for one in server.items("/api/v1/connector-kinds") if one["kind"] == kind)
    erp = SimulatedERP(kind)
    key = f"all-{kind}"
    try:
        shown = server.put(f"/api/v1/connectors/{key}", erp.connector)
        assert shown["hasCredentials"] and shown["storedCredentials"] == ["sign-in"] and "credentials" not in shown
        status, answer = server.call("POST", f"/api/v1/connectors/{key}/preflight")
        assert status == 200 and answer["ok"], answer
        lists = {field["list"] for part in (manifest["options"], *(o["fields"] for o in manifest["operations"]))
                 for field in part if field["list"]}
        for name in sorted(lists):
            status, answer = server.call("GET", f"/api/v1/connectors/{key}/choices/{name}")
            assert status == 200, (name, answer)
            assert all(choice["value"] and choice["label"] for choice in answer["items"]), (name, answer)
        if "items" in manifest["capabilities"]:
            found = read_items(server, key)
            assert found["items"] and found["total"] >= len(found["items"]) and not found["error"]
            assert all(item["reference"] and item["name"] for item in found["items"]), found
        else:
            status, answer = server.call("GET", f"/api/v1/connectors/{key}/items")
            assert (status, answer["code"]) == (409, "unsupported")
        if "stock" in manifest["capabilities"]:
            item = found["items"][0]["reference"]
            figure = server.get(f"/api/v1/connectors/{key}/stock?item={urllib.parse.quote(item)}")
            assert figure["item"] == item and figure["onHand"] >= 0, figure
        status, answer = server.call("POST", f"/api/v1/connectors/{key}/matching/read")
        assert status == (202 if "equipment" in manifest["capabilities"] else 409), answer
        assert server.call("DELETE", f"/api/v1/connectors/{key}")[0] == 204
    finally:
        erp.stop()


def test_lists_that_cannot_be_read(server, odoo):
    path = "/api/v1/connectors/kind-odoo"
    status, answer = server.call("GET", path + "/choices/moons")
    assert (status, answer["code"]) == (404, "unsupported")
    assert server.call("GET", "/api/v1/connectors/none/choices/teams")[0] == 404
    assert server.call("GET", "/api/v1/connectors/none/items")[0] == 404
    assert server.call("GET", path + "/choices/teams", token="")[0] == 401
    away = {**odoo.connector, "url": "http://127.0.0.1:9"}
    server.put("/api/v1/connectors/away", away)
    for part in ("choices/teams", "stock?item=PUMP"):
        status, answer = server.call("GET", f"/api/v1/connectors/away/{part}")
        assert (status, answer["code"]) == (502, "erp-connect-failed"), answer
    found = read_items(server, "away")
    assert found["error"] and found["readAt"] is None and found["items"] == [], found
    status, answer = server.call("GET", path + "/stock")
    assert status == 400 and "item" in answer["detail"], answer
    wrong = {**odoo.connector, "credentials": {"username": "plantwright", "password": "not-this-one"}}
    server.put("/api/v1/connectors/wrong-password", wrong)
    status, answer = server.call("GET", "/api/v1/connectors/wrong-password/choices/teams")
    assert status == 502 and "not-this-one" not in json.dumps(answer)


def test_items_are_found_by_their_words_and_checked_in_mappings(server, odoo):
    path = "/api/v1/connectors/kind-odoo"
    every = read_items(server, "kind-odoo")
    one = every["items"][0]
    word = one["name"].split()[0].upper()
    found = read_items(server, "kind-odoo", word)
    assert one in found["items"] and found["total"] == every["total"]
    assert all(word in f"{item['reference']} {item['name']}".upper() for item in found["items"])
    assert read_items(server, "kind-odoo", one["reference"].lower())["items"][0] == one
    assert read_items(server, "kind-odoo", "no such thing %_")["items"] == []
    assert server.call("GET", path + "/items?search=" + "x" * 201)[0] == 400
    assert server.call("POST", path + "/items/read")[0] == 202
    again = wait_until(lambda: (found := read_items(server, "kind-odoo"))["readAt"] > every["readAt"] and found, 30, "another reading")
    assert again["items"] == every["items"]
    server.put("/api/v1/profiles/silo", {"name": "Silo", "metrics": [{"key": "level"}]})
    server.put("/api/v1/devices/silo-1", {"name": "Silo 1", "profile": "silo"})
    mapping = {"name": "Level", "trigger": {"metric": "level", "profile": "silo"}, "connector": "kind-odoo",
               "operation": "stock.set", "fields": {"item": one["reference"]}}
    status, answer = server.call("POST", "/api/v1/mappings/level/preview", {"mapping": mapping})
    assert status == 200 and answer["warnings"] == [], answer
    mapping["fields"]["item"] = "UNKNOWN-1"
    status, answer = server.call("POST", "/api/v1/mappings/level/preview", {"mapping": mapping})
    assert status == 200, answer
    assert [(warning["pointer"], warning["code"]) for warning in answer["warnings"]] == [("/fields/item", "unknown-choice")]


def test_what_was_read_is_forgotten_with_its_erp(server, odoo):
    path, other = "/api/v1/connectors/moving", SimulatedERP("erpnext")
    try:
        server.put(path, odoo.connector)
        before = read_items(server, "moving")
        assert before["total"] > 0
        assert server.call("POST", path + "/matching/read")[0] == 202
        wait_until(lambda: server.get(path + "/matching")["readAt"], 30, "the equipment")
        server.put(path, {**odoo.connector, "name": "Renamed"})
        assert server.get(path + "/items")["readAt"] == before["readAt"], "the same ERP"
        server.put(path, other.connector)
        assert server.get(path + "/matching")["readAt"] is None
        after = read_items(server, "moving")
        assert after["readAt"] > before["readAt"]
        assert server.call("DELETE", path)[0] == 204
        server.put(path, odoo.connector)
        assert server.get(path + "/items")["total"] == 0 and server.get(path + "/matching")["readAt"] is None
    finally:
        other.stop()


def test_figures_have_the_names_and_units_of_their_items(server, odoo):
    one = read_items(server, "kind-odoo")["items"][0]
    server.put("/api/v1/profiles/silo", {"name": "Silo", "metrics": [{"key": "level"}]})
    server.put("/api/v1/devices/silo-7", {"name": "Silo 7", "profile": "silo"})
    server.put("/api/v1/mappings/silo-level", {
        "name": "Silo level", "trigger": {"metric": "level", "profile": "silo"}, "connector": "kind-odoo",
        "operation": "stock.set", "fields": {"item": one["reference"]}})
    now = int(time.time() * 1_000)
    assert server.call("POST", "/api/v1/devices/silo-7/telemetry", {"ts": now, "level": 42.5})[0] == 204

    def figure():
        return next((row for row in server.items("/api/v1/inventory") if row["item"] == one["reference"]), None)

    row = wait_until(figure, 30, "the figure")
    assert (row["itemName"], row["itemUnit"], row["unit"], row["quantity"]) == (one["name"], one["unit"], one["unit"], 42.5)
    answer = server.get(f"/api/v1/connectors/kind-odoo/stock?item={urllib.parse.quote(one['reference'])}")
    assert answer["onHand"] == 42.5


def test_roles(server):
    viewer = server.run("token", "create", "--name", "viewer", "--role", "viewer")
    operator = server.run("token", "create", "--name", "operator", "--role", "operator")
    path = "/api/v1/connectors/kind-odoo"
    assert server.call("GET", path, token=viewer)[0] == 200
    for method, part, role, status in [
        ("GET", "/choices/teams", viewer, 403), ("GET", "/items", viewer, 403), ("POST", "/pause", viewer, 403),
        ("POST", "/preflight", operator, 403), ("POST", "/prepare", operator, 403), ("POST", "/webhook", operator, 403),
        ("DELETE", "/webhook", operator, 403), ("POST", "/matching/read", operator, 403),
        ("GET", "/choices/teams", operator, 200), ("GET", "/items", operator, 200), ("POST", "/items/read", viewer, 403),
        ("GET", "/stock?item=x", viewer, 403), ("POST", "/items/read", operator, 202),
    ]:
        assert server.call(method, path + part, token=role)[0] == status, (method, part)
    document = {"name": "x", "kind": "odoo", "url": "http://127.0.0.1:9"}
    assert server.call("PUT", path, document, token=operator)[0] == 403


def test_a_step_that_nobody_proposed_is_not_done(server, odoo):
    status, answer = server.call("POST", "/api/v1/connectors/kind-odoo/prepare", {"step": "format-disk"})
    assert status == 200 and answer["result"] == "failed", answer
    status, answer = server.call("POST", "/api/v1/connectors/kind-odoo/prepare", {})
    assert status == 422 and answer["errors"][0]["pointer"] == "/step"


def hot(server, key: str, connector: str):
    """A device that makes an order when it is hot."""
    server.put(f"/api/v1/assets/{key}", {"name": key, "level": "work-unit"})
    server.put(f"/api/v1/devices/{key}", {"name": key, "profile": "motor", "asset": key})
    server.put(f"/api/v1/rules/{key}", {"name": key, "assets": [key], "severity": "low", "condition": "temperature > 40"})
    server.put(f"/api/v1/mappings/{key}", {
        "name": key, "trigger": {"rule": key}, "connector": connector, "operation": "work-order.create",
        "fields": {"title": "${device.name}"}})


def report(server, key: str):
    reading = {"ts": int(time.time() * 1_000), "temperature": 50}
    assert server.call("POST", f"/api/v1/devices/{key}/telemetry", reading)[0] == 204


def delivery(server, key: str) -> dict | None:
    return next((d for d in server.items("/api/v1/deliveries") if d["mapping"]["key"] == key), None)


def test_a_paused_connector_lets_its_deliveries_wait(server, odoo):
    server.put("/api/v1/connectors/paused", odoo.connector)
    hot(server, "paused", "paused")
    assert server.call("POST", "/api/v1/connectors/paused/pause")[1]["paused"] is True
    report(server, "paused")
    wait_until(lambda: delivery(server, "paused"), 20, "a delivery")
    # A connector beside it goes on; when its delivery has arrived, this one was passed over.
    hot(server, "beside", "kind-odoo")
    report(server, "beside")
    wait_until(lambda: (delivery(server, "beside") or {}).get("state") == "delivered", 30, "the delivery beside it")
    assert delivery(server, "paused")["state"] == "waiting"
    status, answer = server.call("DELETE", "/api/v1/connectors/paused")
    assert (status, answer["code"]) == (409, "in-use")
    assert server.call("POST", "/api/v1/connectors/paused/resume")[1]["paused"] is False
    wait_until(lambda: delivery(server, "paused")["state"] == "delivered", 30, "the delivery")


def test_the_erp_can_tell_of_changes(server, odoo):
    path = "/api/v1/connectors/kind-odoo"
    assert server.get(path)["webhook"] is None
    status, first = server.call("POST", path + "/webhook")
    assert status == 200 and first["path"].startswith("/api/v1/hooks/")
    secret = first["path"].rsplit("/", 1)[1]
    assert len(secret) > 40 and secret not in json.dumps(server.get(path)) and server.get(path)["webhook"]
    # Whoever calls learns nothing from the answer.
    for hook in (first["path"], "/api/v1/hooks/pww_" + "a" * 43, "/api/v1/hooks/x"):
        status, answer = server.call("POST", hook, {"anything": 1}, token="")
        assert (status, answer) == (204, None), hook
    assert server.call("GET", first["path"], token="")[0] == 405
    status, second = server.call("POST", path + "/webhook")
    assert status == 200 and second["path"] != first["path"], "the older one is void"
    hot(server, "hooked", "kind-odoo")
    report(server, "hooked")
    sent = wait_until(lambda: (d := delivery(server, "hooked")) and d["state"] == "delivered" and d, 30, "the delivery")
    number = sent["externalId"]
    wait_until(lambda: any(o["externalId"] == number for o in server.items("/api/v1/work-orders")), 30, "the mirror")
    odoo.ask("POST", f"/_simulator/orders/{number}/complete")
    assert server.call("POST", second["path"], token="")[0] == 204
    wait_until(lambda: any(o["externalId"] == number and o["phase"] == "done" for o in server.items("/api/v1/work-orders")),
               30, "the order to be done")
    assert server.call("DELETE", path + "/webhook")[0] == 204
    assert server.get(path)["webhook"] is None


def test_matching_refuses_what_it_does_not_know(server, odoo):
    path = "/api/v1/connectors/kind-odoo/matching"
    assert server.get(path)["items"] == [] and server.get(path)["readAt"] is None
    assert server.call("POST", path + "/read")[0] == 202
    rows = wait_until(lambda: (o := server.get(path))["readAt"] and not o["reading"] and o["items"], 30, "the equipment")
    assert {row["state"] for row in rows} <= {"linked", "proposed", "unmatched-equipment", "unmatched-asset", "drift", "duplicate"}
    assert any(row["equipment"] for row in rows)
    status, problem = server.call("POST", path + "/links", {"links": [
        {"asset": "hall", "reference": "E-1"}, {"asset": "no-such-asset", "reference": "E-2"}, {"asset": "Hall 1"}]})
    assert status == 422 and problem["errors"][0]["pointer"] == "/links/2/asset", problem
    status, problem = server.call("POST", path + "/links", {"links": [
        {"asset": "hall", "reference": "E-1"}, {"asset": "no-such-asset", "reference": "E-2"}]})
    assert status == 422 and problem["errors"][0]["code"] == "unknown-reference"
    assert "kind-odoo" not in server.get("/api/v1/assets/hall")["equipment"], "all or nothing"
    assert server.call("POST", path + "/links", {"links": [{"asset": "hall", "reference": "E-1"}]})[1] == {"updated": 1}
    assert server.call("POST", path + "/links", {"links": [{"asset": "hall", "reference": None}]})[1] == {"updated": 1}
    assert server.call("POST", "/api/v1/connectors/none/matching/read")[0] == 404
