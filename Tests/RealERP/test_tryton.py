"""Tryton 6.0: the connector's live suite, and the full circle with productions as orders."""

import base64

import pytest
from tryton_server import DATABASE, PASSWORD, USER, tryton  # noqa: F401

CREDENTIALS = {"username": USER, "password": PASSWORD}
# The first run initialises a database, which takes minutes on a busy machine.
pytestmark = pytest.mark.timeout(900)


def test_connector(tryton, live_suite):  # noqa: F811
    live_suite("TrytonLiveTests", {"PLANTWRIGHT_TEST_TRYTON_URL": tryton.url})


@pytest.fixture(scope="module")
def plant(circle, tryton):  # noqa: F811
    """A device on a pump, with a connector and mappings to Tryton."""
    circle.profile("tryton-pump", {"temperature": ("Cel", "gauge"), "level": ("kg", "gauge")})
    circle.connector("tryton", "tryton", tryton.url, CREDENTIALS, {"database": DATABASE, "settle": 2})
    circle.asset("tryton-pump-7", {"tryton": "PUMP-7"}, "Circulation pump 7")
    circle.asset("tryton-fan-9", {"tryton": "NO-SUCH-9"}, "Unknown fan")
    circle.device("tryton-d1", "tryton-pump", "tryton-pump-7")
    circle.device("tryton-d2", "tryton-pump", "tryton-fan-9")
    circle.rule("tryton-hot", "tryton-pump", "temperature > 80")
    circle.mapping("tryton-order", "tryton", "work-order.create", {
        "title": "Bearing of ${asset.name} at ${round(temperature, 1)} °C", "equipment": "${asset.equipment}",
        "description": "Seen by ${device.key}.", "priority": "${alarm.severity}", "item": "BRG-6204", "quantity": 2,
    }, rule="tryton-hot", attachChart=True)
    circle.mapping("tryton-stock", "tryton", "stock.set", {
        "item": "PELLET-PP", "quantity": "${level}"},
        trigger={"metric": "level", "profile": "tryton-pump", "minInterval": "PT0S"})
    return circle


def test_preflight(plant):
    answer = plant.preflight("tryton")
    assert answer["ok"], answer
    assert "6.0" in answer["checks"]["reachable"]["detail"]


def test_an_alarm_becomes_a_production_and_its_end_comes_back(plant, tryton):  # noqa: F811
    erp = tryton.client()
    plant.publish("tryton-d1", temperature=91.26)
    plant.wait_for_alarm("tryton-hot")
    delivery = plant.wait_for_delivery("tryton-order")
    production = erp.find("production", [["reference", "=", delivery["idempotencyKey"]]], "state", "number")
    assert len(production) == 1
    identifier = production[0]["id"]
    assert delivery["externalId"] == f"production,{identifier}"
    assert production[0]["state"] == "assigned", "the parts are reserved"
    notes = erp.find("ir.note", [["resource", "=", f"production,{identifier}"]], "message")
    assert len(notes) == 1
    lines = notes[0]["message"].splitlines()
    assert lines[0] == "Bearing of Circulation pump 7 at 91.3 °C"
    assert "Equipment: PUMP-7" in lines and "Priority: high" in lines and lines[-1] == delivery["idempotencyKey"]

    # The chart of the readings is at the production, byte for byte.
    key, png = plant.wait_for_picture(delivery)
    files = erp.find("ir.attachment", [["resource", "=", f"production,{identifier}"]], "name", "data")
    assert [one["name"] for one in files] == [f"plantwright-{key}.png"]
    assert base64.b64decode(files[0]["data"]["base64"]) == png and png.startswith(b"\x89PNG\r\n\x1a\n")

    # Somebody does the work there.
    erp.call("production.run", [identifier])
    erp.call("ir.note.create", [{"resource": f"production,{identifier}", "message": "Bearing replaced."}])
    erp.call("production.done", [identifier])
    order = plant.wait_for_order(delivery["externalId"], lambda order: order["status"] == "done", what="done")
    assert order["doneAt"] and (order["phase"], order["outcome"]) == ("done", "Bearing replaced.")
    assert (order["cost"], order["currency"]) == (25, "EUR"), "two bearings of 12.50"
    alarm = plant.wait_for_alarm("tryton-hot", lambda alarm: alarm["outcome"], what="labelled")
    assert (alarm["outcome"]["phase"], alarm["outcome"]["outcome"]) == ("done", "Bearing replaced.")
    stored = erp.find("stock.move", [["production_input", "=", identifier]], "state", "quantity")
    assert [(move["state"], move["quantity"]) for move in stored] == [("done", 2.0)]


def test_the_same_alarm_makes_one_order(plant, tryton):  # noqa: F811
    count = len(plant.deliveries("tryton-order"))
    plant.publish("tryton-d1", temperature=95)
    plant.publish("tryton-d1", temperature=20)
    plant.publish("tryton-d1", temperature=96)
    delivery = plant.wait_for_delivery("tryton-order", count=count + 1)
    found = tryton.client().find("production", [["reference", "=", delivery["idempotencyKey"]]])
    assert len(found) == 1


def test_a_level_becomes_stock(plant, tryton):  # noqa: F811
    erp = tryton.client()
    plant.publish("tryton-d1", level=3210.5)
    plant.wait_for_delivery("tryton-stock")
    product = erp.find("product.product", [["code", "=", "PELLET-PP"]])[0]["id"]
    erp.context = {**erp.context, "locations": [3]}
    assert erp.read("product.product", product, "quantity")["quantity"] == 3210.5
    plant.shows_stock("tryton", "PELLET-PP", "Polypropylene pellets", 3210.5)


@pytest.mark.parametrize(("operation", "change"), [("stock.consume", -3), ("stock.receive", 4)])
def test_an_alarm_books_stock(plant, tryton, operation, change):  # noqa: F811
    erp = tryton.client()
    erp.context = {**erp.context, "locations": [3]}
    product = erp.find("product.product", [["code", "=", "BRG-6204"]])[0]["id"]
    before = erp.read("product.product", product, "quantity")["quantity"]
    key = "tryton-" + operation.partition(".")[2]
    plant.rule(key, "tryton-pump", f"temperature == {1000 + change}")
    plant.mapping(key, "tryton", operation, {"item": "BRG-6204", "quantity": abs(change)}, rule=key)
    plant.publish("tryton-d1", temperature=1000 + change)
    delivery = plant.wait_for_delivery(key)
    shipments = erp.find("stock.shipment.internal", [["reference", "=", delivery["idempotencyKey"]]], "state")
    assert [shipment["state"] for shipment in shipments] == ["done"]
    assert erp.read("product.product", product, "quantity")["quantity"] == before + change


def test_matched_equipment_is_named_by_the_next_order(plant, tryton):  # noqa: F811
    rows = plant.read_equipment("tryton")
    states = {row["asset"]["key"]: row["state"] for row in rows if row["asset"]}
    assert states["tryton-pump-7"] == "linked" and states["tryton-fan-9"] == "drift", rows
    plant.match("tryton", "tryton-fan-2", "Exhaust fan 2", "FAN-2")
    plant.device("tryton-d3", "tryton-pump", "tryton-fan-2")
    count = len(plant.deliveries("tryton-order"))
    plant.publish("tryton-d3", temperature=92)
    delivery = plant.wait_for_delivery("tryton-order", count=count + 1)
    notes = tryton.client().find("ir.note", [["resource", "=", delivery["externalId"]]], "message")
    assert "Equipment: FAN-2" in notes[0]["message"].splitlines(), notes


def test_unknown_equipment_is_told(plant):
    count = len(plant.deliveries("tryton-order"))
    plant.publish("tryton-d2", temperature=99)
    delivery = plant.wait_for_delivery("tryton-order", "dead", count=count + 1)
    assert delivery["reason"] == "unknown-equipment"
    assert "NO-SUCH-9" in delivery["detail"]


def test_wrong_password_and_missing_groups_are_told(circle, tryton):  # noqa: F811
    circle.connector("tryton-wrong", "tryton", tryton.url, {"username": USER, "password": "wrong"},
                     {"database": DATABASE})
    answer = circle.preflight("tryton-wrong")
    check = answer["checks"]["credentials"]
    assert not answer["ok"] and check["result"] == "failed"
    assert "does not accept" in check["detail"] and "password" in check["remedy"]

    circle.connector("tryton-nobody", "tryton", tryton.url, {"username": "nobody", "password": "may-do-nothing-6"},
                     {"database": DATABASE})
    answer = circle.preflight("tryton-nobody")
    assert not answer["ok"]
    assert "group “Production”" in answer["checks"]["create-permission"]["remedy"]

    status, problem = circle.server.call("PUT", "/api/v1/connectors/tryton-bad", {
        "name": "x", "kind": "tryton", "url": tryton.url, "credentials": CREDENTIALS, "options": {"orderModel": "x"}})
    assert status == 422
    assert {error["pointer"] for error in problem["errors"]} == {"/options/database", "/options/orderModel"}


def test_a_server_killed_again_and_again_makes_one_production_each(plant, tryton):  # noqa: F811
    keys = plant.kill_while_delivering("tryton", "tryton-order", "tryton-pump", "PUMP-7")
    found = tryton.client().find("production", [["reference", "in", keys]], "reference")
    assert sorted(production["reference"] for production in found) == sorted(keys)
