"""Odoo 11: the connector's live suite, and the full circle with maintenance requests as orders."""

import base64

import pytest
from odoo_server import DATABASE, NOBODY, NOBODY_PASSWORD, PASSWORD, USER, odoo  # noqa: F401

CREDENTIALS = {"username": USER, "password": PASSWORD}
REQUEST = "maintenance.request"


def test_connector(odoo, live_suite):  # noqa: F811
    live_suite("OdooLiveTests", {"PLANTWRIGHT_TEST_ODOO_URL": odoo.url}, 600)


@pytest.fixture(scope="module")
def plant(circle, odoo):  # noqa: F811
    """Devices on a pump and on unknown equipment, with a connector and mappings to Odoo."""
    circle.profile("odoo-pump", {"temperature": ("Cel", "gauge"), "level": ("kg", "gauge")})
    circle.connector("odoo", "odoo", odoo.url, CREDENTIALS, {"database": DATABASE, "settle": 2})
    circle.asset("odoo-pump-7", {"odoo": "SN-70007"}, "Circulation pump 7")
    circle.asset("odoo-fan-9", {"odoo": "NO-SUCH-9"}, "Unknown fan")
    circle.device("odoo-d1", "odoo-pump", "odoo-pump-7")
    circle.device("odoo-d2", "odoo-pump", "odoo-fan-9")
    circle.rule("odoo-hot", "odoo-pump", "temperature > 80")
    circle.mapping("odoo-order", "odoo", "work-order.create", {
        "title": "Bearing of ${asset.name} at ${round(temperature, 1)} °C", "equipment": "${asset.equipment}",
        "description": "Seen by ${device.key} & <others>.", "priority": "${alarm.severity}", "item": "BRG-6204",
        "quantity": 2}, rule="odoo-hot", attachChart=True)
    circle.mapping("odoo-stock", "odoo", "stock.set", {"item": "PELLET-PP", "quantity": "${level}"},
                   trigger={"metric": "level", "profile": "odoo-pump", "minInterval": "PT0S"})
    return circle


def requests_of(odoo, key: str) -> list[dict]:  # noqa: F811
    """The maintenance requests that carry a delivery's key."""
    names = odoo.find("ir.model.data", [["module", "=", "plantwright"], ["name", "=", key]], "model", "res_id")
    assert all(name["model"] == REQUEST for name in names)
    return odoo.find(REQUEST, [["id", "in", [name["res_id"] for name in names]]],
                     "name", "equipment_id", "priority", "description", "stage_id", "archive")


def on_hand(odoo, code: str) -> float:  # noqa: F811
    quants = odoo.find("stock.quant", [["product_id.default_code", "=", code], ["location_id.usage", "=", "internal"]],
                       "quantity")
    return sum(quant["quantity"] for quant in quants)


def test_preflight(plant):
    answer = plant.preflight("odoo")
    assert answer["ok"], answer
    assert "Odoo 11" in answer["checks"]["reachable"]["detail"]
    assert all(check["result"] == "ok" for check in answer["checks"].values()), answer


def test_an_alarm_becomes_a_request_and_its_end_comes_back(plant, odoo):  # noqa: F811
    plant.publish("odoo-d1", temperature=91.26)
    plant.wait_for_alarm("odoo-hot")
    delivery = plant.wait_for_delivery("odoo-order")
    found = requests_of(odoo, delivery["idempotencyKey"])
    assert len(found) == 1
    request = found[0]
    assert delivery["externalId"] == str(request["id"])
    assert request["name"] == "Bearing of Circulation pump 7 at 91.3 °C"
    assert request["equipment_id"][1] == "Circulation pump 7/SN-70007"
    assert request["priority"] == "3" and request["stage_id"][1] == "New Request"
    assert "Seen by odoo-d1 & <others>." in request["description"]
    assert delivery["idempotencyKey"] in request["description"]
    parts = odoo.find("stock.picking", [["origin", "=", f"Plantwright {delivery['idempotencyKey']}"]], "state")
    assert [one["state"] for one in parts] == ["assigned"], "the parts are reserved"

    # The chart of the readings is at the request, byte for byte.
    key, png = plant.wait_for_picture(delivery)
    files = odoo.find("ir.attachment", [["res_model", "=", REQUEST], ["res_id", "=", request["id"]]],
                      "name", "datas", "mimetype")
    assert [(one["name"], one["mimetype"]) for one in files] == [(f"plantwright-{key}.png", "image/png")]
    assert base64.b64decode(files[0]["datas"]) == png and png.startswith(b"\x89PNG\r\n\x1a\n")

    # Somebody does the work there.
    stages = {stage["name"]: stage["id"] for stage in odoo.find("maintenance.stage", [], "name")}
    odoo.call(REQUEST, "write", [request["id"]], {"stage_id": stages["In Progress"]})
    plant.wait_for_order(delivery["externalId"], lambda order: order["status"] == "In Progress", what="in progress")
    odoo.call(REQUEST, "message_post", [request["id"]], body="Bearing replaced.", message_type="comment")
    odoo.call(REQUEST, "write", [request["id"]], {"stage_id": stages["Repaired"]})
    order = plant.wait_for_order(delivery["externalId"], lambda order: order["status"] == "Repaired", what="repaired")
    assert order["doneAt"]


def test_the_next_alarm_makes_one_more(plant, odoo):  # noqa: F811
    count = len(plant.deliveries("odoo-order"))
    plant.publish("odoo-d1", temperature=95)
    plant.publish("odoo-d1", temperature=20)
    plant.publish("odoo-d1", temperature=96)
    delivery = plant.wait_for_delivery("odoo-order", count=count + 1)
    assert len(requests_of(odoo, delivery["idempotencyKey"])) == 1


def test_a_level_becomes_stock(plant, odoo):  # noqa: F811
    plant.publish("odoo-d1", level=3210.5)
    plant.wait_for_delivery("odoo-stock")
    assert on_hand(odoo, "PELLET-PP") == 3210.5
    plant.shows_stock("odoo", "PELLET-PP", "Polypropylene pellets", 3210.5, "kg")


def test_matched_equipment_is_named_by_the_next_order(plant, odoo):  # noqa: F811
    rows = plant.read_equipment("odoo")
    states = {row["asset"]["key"]: row["state"] for row in rows if row["asset"]}
    assert states["odoo-pump-7"] == "linked" and states["odoo-fan-9"] == "drift", rows
    plant.match("odoo", "odoo-fan-2", "Exhaust fan 2", "SN-20002")
    plant.device("odoo-d3", "odoo-pump", "odoo-fan-2")
    count = len(plant.deliveries("odoo-order"))
    plant.publish("odoo-d3", temperature=92)
    delivery = plant.wait_for_delivery("odoo-order", count=count + 1)
    request, = requests_of(odoo, delivery["idempotencyKey"])
    assert request["equipment_id"][1] == "Exhaust fan 2/SN-20002"


def test_unknown_equipment_is_told(plant):
    before = len(plant.deliveries("odoo-order"))
    plant.publish("odoo-d2", temperature=99)
    delivery = plant.wait_for_delivery("odoo-order", "dead", count=before + 1)
    assert delivery["reason"] == "equipment-unknown"
    assert "NO-SUCH-9" in delivery["detail"]


def test_wrong_credentials_and_missing_rights_are_told(circle, odoo):  # noqa: F811
    circle.connector("odoo-wrong", "odoo", odoo.url, {"username": USER, "password": "wrong"}, {"database": DATABASE})
    answer = circle.preflight("odoo-wrong")
    check = answer["checks"]["credentials"]
    assert not answer["ok"] and check["result"] == "failed"
    assert "does not accept" in check["detail"] and "password" in check["remedy"]

    circle.connector("odoo-elsewhere", "odoo", odoo.url, CREDENTIALS, {"database": "none"})
    check = circle.preflight("odoo-elsewhere")["checks"]["credentials"]
    assert check["result"] == "failed" and "“Database”" in check["remedy"]

    circle.connector("odoo-nobody", "odoo", odoo.url, {"username": NOBODY, "password": NOBODY_PASSWORD},
                     {"database": DATABASE})
    check = circle.preflight("odoo-nobody")["checks"]["stock"]
    assert check["result"] == "warning" and "Inventory right" in check["remedy"]

    status, problem = circle.server.call("PUT", "/api/v1/connectors/odoo-bad", {
        "name": "x", "kind": "odoo", "url": odoo.url, "credentials": CREDENTIALS,
        "options": {"equipmentField": "Not a name"}})
    assert status == 422
    assert {error["pointer"] for error in problem["errors"]} == {"/options/database", "/options/equipmentField"}


def test_a_server_killed_again_and_again_makes_one_request_each(plant, odoo):  # noqa: F811
    keys = plant.kill_while_delivering("odoo", "odoo-order", "odoo-pump", "SN-70007")
    for key in keys:
        assert len(requests_of(odoo, key)) == 1
    texts = [one["description"] or "" for one in odoo.find(REQUEST, [], "description")]
    assert [sum(key in text for text in texts) for key in keys] == [1] * len(keys)
