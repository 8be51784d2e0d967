"""The SAP connector against mock-sap: the Swift suite, the full circle, and what SAP does on a bad day."""

import pytest
from sap_server import CLIENT, PASSWORD, SECRET, USER, sap  # noqa: F401

OPTIONS = {"client": "100", "plant": "1010", "planningPlant": "1010", "workCenter": "MECH", "storageLocation": "101A",
           "orderType": "PM01", "releaseOrder": True, "costCenter": "MAINT", "settle": 1,
           "movementTypes": {"increase": "561", "decrease": "562"}}
BASIC = {"username": USER, "password": PASSWORD}
TITLE = "${asset.name} at ${round(temperature, 1)} °C"
KEY = "MaintNotifExtReferenceNumber"


@pytest.fixture(scope="module")
def line(circle, sap):  # noqa: F811
    """Plantwright with SAP as a connector."""
    circle.connector("sap", "sap-s4hana", sap.url, BASIC, OPTIONS)
    return circle


@pytest.fixture
def hot(line):
    """`hot("name")` heats a pump of that name, with a profile, rule and mapping of its own; gives the mapping's key."""
    def heat(name: str, connector: str = "sap", equipment: str = "PUMP-7", picture: bool = False, **fields) -> str:
        key = f"sap-{name}"
        line.profile(key, {"temperature": ("Cel", "gauge")})
        line.asset(key, {connector: equipment}, name="Circulation pump")
        line.device(key, key, key)
        line.rule(key, key, "temperature > 80", severity="high")
        line.mapping(key, connector, "work-order.create", {
            "title": TITLE, "equipment": "${asset.equipment}", "priority": "${alarm.severity}", "link": "${link}",
            **fields}, rule=key, **({"attachChart": True} if picture else {}))
        line.publish(key, temperature=91.26)
        return key
    return heat


def of(sap, delivery: dict) -> list[dict]:
    """The notifications that carry a delivery's key."""
    found = [one for one in sap.notifications() if one[KEY] == delivery["idempotencyKey"].upper()]
    assert [one["MaintenanceNotification"] for one in found] == [delivery["externalId"]]
    return found


def test_matched_equipment_is_named_by_the_next_order(line, sap):  # noqa: F811
    line.match("sap", "sap-matched", "Exhaust fan 2", "FAN-2")
    key = "sap-matched"
    line.profile(key, {"temperature": ("Cel", "gauge")})
    line.device(key, key, key)
    line.rule(key, key, "temperature > 80", severity="high")
    line.mapping(key, "sap", "work-order.create", {"title": TITLE, "equipment": "${asset.equipment}"}, rule=key)
    line.publish(key, temperature=91.26)
    notification, = of(sap, line.wait_for_delivery(key))
    assert notification["TechnicalObject"] == "FAN-2"


def test_the_live_suite(sap, live_suite):  # noqa: F811
    live_suite("SAPLiveTests", {"PLANTWRIGHT_TEST_SAP_URL": sap.url})


def test_from_a_reading_to_an_order_and_back(line, sap, hot):  # noqa: F811
    assert line.preflight("sap")["ok"]
    delivery = line.wait_for_delivery(hot("circle", item="BRG-6204", picture=True))
    notification, = of(sap, delivery)
    # The chart of the readings is at the notification, byte for byte.
    key, png = line.wait_for_picture(delivery)
    (file, contents), = sap.attachments(delivery["externalId"])
    assert (file["FileName"], file["MimeType"]) == (f"plantwright-{key}.png", "image/png")
    assert contents == png and png.startswith(b"\x89PNG\r\n\x1a\n")
    assert notification["NotificationText"] == "Circulation pump at 91.3 °C"
    assert notification["TechnicalObject"] == "PUMP-7" and notification["MaintPriority"] == "2"
    number = notification["MaintenanceOrder"]
    assert sap.call("GET", f"API_MAINTENANCEORDER/MaintenanceOrder('{number}')")["SystemStatusText"].startswith("REL")
    line.wait_for_order(delivery["externalId"], lambda order: order["status"].startswith("REL"), what="released")
    sap.call("POST", f"API_MAINTENANCEORDER/SetMaintOrdToTechCompleted?MaintenanceOrder='{number}'")
    done = line.wait_for_order(delivery["externalId"], lambda order: order["doneAt"], what="done")
    assert done["status"].startswith("TECO")


@pytest.mark.parametrize("scenario", ["csrf", "lock", "busy", "error", "slow", "expired-token"])
def test_a_bad_day_leaves_one_notification(line, sap, hot, scenario):  # noqa: F811
    name = f"day-{scenario}"
    line.connector(name, "sap-s4hana", sap.url, BASIC if scenario != "expired-token" else {
        "tokenUrl": sap.url + "/sap/bc/sec/oauth2/token", "clientId": CLIENT, "clientSecret": SECRET}, OPTIONS)
    sap.control("DELETE", "faults")
    for service in ("API_MAINTNOTIFICATION/M", "API_MAINTENANCEORDER/M"):
        sap.control("POST", "faults", {"scenario": scenario, "method": "POST", "match": service, "count": 1})
    # SAP's “busy” asks for half a minute each time.
    delivery = line.wait_for_delivery(hot(name, name), seconds=150)
    assert not sap.control("GET", "faults")["results"], "every fault was met"
    notification, = of(sap, delivery)
    orders = sap.call("GET", "API_MAINTENANCEORDER/MaintenanceOrder")["results"]
    assert len([one for one in orders if one["MaintenanceNotification"] == delivery["externalId"]]) == 1
    assert notification["MaintenanceOrder"]


@pytest.mark.parametrize("scenario", ["csrf", "busy", "error", "slow"])
def test_a_bad_day_leaves_one_picture(line, sap, hot, scenario):  # noqa: F811
    sap.control("DELETE", "faults")
    match = {"scenario": scenario, "method": "POST", "match": "API_CV_ATTACHMENT_SRV/A", "count": 1}
    sap.control("POST", "faults", match)
    delivery = line.wait_for_delivery(hot(f"picture-{scenario}", picture=True))
    _, png = line.wait_for_picture(delivery, seconds=150)
    assert not sap.control("GET", "faults")["results"], "the fault was met"
    assert [contents for _, contents in sap.attachments(delivery["externalId"])] == [png]


def test_refusals_are_told(line, sap, hot):  # noqa: F811
    dead = line.wait_for_delivery(hot("unknown", equipment="NO-SUCH-9"), "dead")
    assert "Equipment NO-SUCH-9 does not exist" in line.explain(dead)
    line.connector("sap-wrong", "sap-s4hana", sap.url, {"username": USER, "password": "wrong"}, OPTIONS)
    assert line.preflight("sap-wrong")["checks"]["credentials"]["result"] == "failed"
    refused = line.wait_for_delivery(hot("credentials", "sap-wrong"), "dead")
    assert "SAP does not accept the user or its password" in line.explain(refused)
    assert "wrong" not in line.explain(refused).replace("sap-wrong", "")


def test_long_texts_are_shortened(line, sap, hot):  # noqa: F811
    text = "The bearing of the circulation pump in hall 3 is far too hot; " * 60
    delivery = line.wait_for_delivery(hot("long", title=text, description=text))
    notification, = of(sap, delivery)
    assert notification["NotificationText"] == "The bearing of the circulation pump in…"
    assert len(notification["MaintNotifLongTextForEdit"]) <= 1_333
    assert "/deliveries/" in notification["MaintNotifLongTextForEdit"].splitlines()[-1]


def test_a_stock_figure_is_set(line, sap):  # noqa: F811
    line.profile("sap-silo", {"level": ("kg", "gauge")})
    line.device("sap-silo", "sap-silo")
    line.mapping("sap-stock", "sap", "stock.set", {"item": "PELLET-PP", "quantity": "${level}"},
                 trigger={"profile": "sap-silo", "metric": "level", "minChange": 1, "minInterval": "PT0S"})
    line.publish("sap-silo", level=3_456.5)
    line.wait_for_delivery("sap-stock")
    stock = sap.call("GET", "API_MATERIAL_STOCK_SRV/A_MatlStkInAcctMod?$filter=Material%20eq%20'PELLET-PP'")["results"]
    assert [float(one["MatlWrhsStkQtyInMatlBaseUnit"]) for one in stock] == [3_456.5]
    line.shows_stock("sap", "PELLET-PP", "Polypropylene pellets", 3_456.5)
