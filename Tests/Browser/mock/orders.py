"""Deliveries that wait for a person, orders and their outcome, and the evidence of an order."""

from . import plant
from .clock import iso, now
from .connectors import problem

NAMES = {"erp-simulator": "ERP simulator", "odoo": "Odoo maintenance"}


def add_examples(store) -> None:
    """What the plain history does not have: held deliveries, one whose outcome is unknown, orders made by hand, gone ones."""
    present = now()
    for index, (device, minutes) in enumerate([("motor-07", 41), ("motor-11", 66)]):
        held = _delivery(store, device, present - minutes * 60_000, state="held", timeline=[])
        held["fields"]["title"] = ("Replace the bearing of Conveyor 2.1", "Replace the bearing of Conveyor 2.5")[index]
    lost = _delivery(store, "motor-09", present - 100 * 60_000, state="dead", reason="outcome-unknown",
                     detail="No answer came, and the ERP cannot be asked for the order.")
    lost["timeline"] = [_attempt(lost, 1, "uncertain", None, "")]
    late = _delivery(store, "motor-04", present - 130 * 60_000, state="delivered", external="MR-88")
    late["timeline"] = [_attempt(late, 1, "transient", None, "connection reset by peer"),
                        {**_attempt(late, 2, "not-found", 200, '{"result":[]}'), "purpose": "look-up"}, _attempt(late, 3, "done", 200, '{"result":[88]}')]
    late |= {"attempts": 3, "approvedBy": "Ada Jansen", "note": "Agreed with the night shift."}
    order = _order(store, late, "MR-88", "MR/0088", "in-progress", "In progress")
    order |= {"assignee": "Joris Bakker", "dueAt": iso(present + 86_400_000), "startedAt": iso(present - 40 * 60_000)}
    attached = _delivery(store, "motor-04", present - 120 * 60_000, state="delivered", external="MR-88", operation="work-order.comment")
    attached |= {"attachedTo": late["id"], "targetId": late["id"], "timeline": [_attempt(attached, 1, "done", 200, '{"result":true}')]}
    attached["fields"] = {"text": "It happened again: 83.1 °C."}
    gone = _delivery(store, "motor-02", present - 190 * 60_000, state="delivered", external="MR-71")
    gone["timeline"] = [_attempt(gone, 1, "done", 200, '{"result":[71]}')]
    _order(store, gone, "MR-71", "MR/0071", "gone", "Deleted")
    by_hand = _order(store, None, "MR-90", "MR/0090", "open", "New request")
    by_hand |= {"title": "Guard rail loose", "madeBy": "erp", "equipment": "EQ-1003", "createdAt": iso(present - 90 * 60_000),
                "device": {"key": "motor-03", "name": "Motor 1.3"}, "asset": {"key": "motor-03-unit", "name": "Conveyor 1.3"}}
    for order in store.work_orders.values():
        if order["phase"] == "done":
            order |= {"assignee": "Joris Bakker", "outcome": "Bearing replaced, belt tightened", "failureCode": "BRG-W", "cost": 214.5, "currency": "EUR",
                      "startedAt": order["createdAt"], "finishedAt": order["doneAt"]}
            alarm = store.alarms.get(order["alarmId"])
            if alarm:
                alarm["outcome"] = {"order": order["number"], "phase": "done", "outcome": order["outcome"], "failureCode": "BRG-W", "finishedAt": order["doneAt"]}


def _delivery(store, device_key, at, state, reason=None, detail=None, external=None, timeline=(), operation="work-order.create"):
    alarm = store.raise_alarm("bearing-hot", device_key, at, history=True)
    alarm |= {"clearedAt": iso(at + 600_000), "state": "cleared"}
    delivery = store.deliver(alarm, at, waiting=True)
    delivery |= {"state": state, "reason": reason, "detail": detail, "externalId": external, "operation": operation, "connector": {"key": "odoo", "name": NAMES["odoo"]},
                 "attempts": len(timeline), "nextAttemptAt": None, "finishedAt": iso(at + 900) if external else None, "timeline": list(timeline),
                 "note": None, "approvedBy": None, "targetId": None, "attachedTo": None}
    alarm["orders"] = [{"deliveryId": delivery["id"], "state": state, "externalId": external}]
    return delivery


def _attempt(delivery, number, outcome, status, answer):
    at = _milliseconds(delivery["createdAt"]) + number * 2000
    body = '{"jsonrpc":"2.0","params":{"model":"maintenance.request","name":"%s"}}' % delivery["fields"].get("title", "")
    call = {"request": f"POST https://odoo.lowlands.example/jsonrpc\ncontent-type: application/json\n\n{body}", "status": status, "response": answer}
    login = {"request": 'POST https://odoo.lowlands.example/jsonrpc\n\n{"method":"authenticate"}', "status": 200, "response": '{"result":7}'}
    return {"number": number, "purpose": "create", "startedAt": iso(at), "endedAt": iso(at + 240), "outcome": outcome, "request": call["request"],
            "status": status, "response": answer, "exchanges": [login, call] if number == 1 else [call]}


def _milliseconds(text):
    from .api import moment
    return moment(text)


def _order(store, delivery, external, number, phase, status):
    order = work_order(external, number, phase, status, delivery)
    store.work_orders[delivery["id"] if delivery else external] = order
    return order


def work_order(external, number, phase, status, delivery):
    """The mirror of an order, with everything that the ERP may tell."""
    kept = ("device", "asset", "alarmId", "connector", "createdAt") if delivery else ()
    return {"id": f"order-{external}", "externalId": external, "number": number, "title": delivery["fields"].get("title", "") if delivery else "", "status": status,
            "phase": phase, "doneAt": None, "assignee": None, "dueAt": None, "startedAt": None, "finishedAt": None, "cost": None, "currency": None,
            "outcome": None, "failureCode": None, "madeBy": "plantwright", "equipment": None, "device": None, "asset": None, "alarmId": None,
            "connector": {"key": "odoo", "name": NAMES["odoo"]}, "deliveryId": delivery["id"] if delivery else None,
            "link": f"https://odoo.lowlands.example/web#id={external}", **{name: delivery[name] for name in kept}}


def _settle(store, found, **changes):
    new = {**found, **changes}
    store.deliveries[new["id"]] = new
    store.changed("delivery", {k: v for k, v in new.items() if k != "timeline"})
    return 200, new


def approve(store, match, query, body):
    found = store.deliveries[match[1]]
    if found["state"] != "held":
        return problem(409, "not-held", "Somebody has decided already.")
    changes = {"note": body.get("note"), "approvedBy": "Ada Jansen"}
    if body["approved"]:
        return _settle(store, found, state="waiting", nextAttemptAt=iso(now() + 1000), **changes)
    return _settle(store, found, state="dead", reason="rejected", detail="Ada Jansen did not approve it.", **changes)


def edit_fields(store, match, query, body):
    found = store.deliveries[match[1]]
    if found["state"] != "dead":
        return problem(409, "not-dead", "It is being delivered; its fields can no longer be changed.")
    if not body["fields"].get("title"):
        return problem(422, "invalid", "The input has mistakes.", [{"pointer": "/fields/title", "code": "required", "detail": "“Subject” is required."}])
    return _settle(store, found, fields=body["fields"])


def retry(store, match, query, body):
    found = store.deliveries[match[1]]
    if found["reason"] == "outcome-unknown" and not (body or {}).get("knownAbsent"):
        return problem(409, "outcome-unknown", "The ERP may have it already. Say that it is not there to send it again.")
    return _settle(store, found, state="waiting", reason=None, detail=None, finishedAt=None, nextAttemptAt=iso(now() + 1000))


def retry_many(store, match, query, body):
    wanted = [d for d in store.deliveries.values() if d["state"] == "dead" and d["reason"] != "outcome-unknown"
              and body.get("connector") in (None, d["connector"]["key"]) and body.get("reason") in (None, d["reason"])
              and body.get("operation") in (None, d["operation"])]
    for delivery in wanted:
        _settle(store, delivery, state="waiting", reason=None, detail=None, nextAttemptAt=iso(now() + 1000))
    return 200, {"retried": len(wanted)}


def dismiss(store, match, query, body):
    return _settle(store, store.deliveries[match[1]], state="dismissed")


def work_orders(store, match, query, body):
    items = sorted(store.work_orders.values(), key=lambda item: item["createdAt"], reverse=True)
    for name in ("device", "asset"):
        if name in query:
            items = [item for item in items if (item[name] or {}).get("key") == query[name]]
    if "from" in query:
        items = [item for item in items if query["from"] <= item["createdAt"] < query["to"]]
    return 200, {"items": [item for item in items if query.get("alarm") in (None, item["alarmId"])][:int(query.get("limit", "100"))], "nextCursor": None}


def evidence(store, match, query, body):
    found = store.deliveries.get(match[1])
    if not found:
        return problem(404, "not-found", "There is no such delivery.")
    alarm, at = store.alarms[found["alarmId"]], _milliseconds(found["readingTs"])
    rule, mapping = store.resources["rules"][alarm["rule"]["key"]], store.resources["mappings"]["bearing-order"]
    device = store.resources["devices"][found["device"]["key"]]
    metrics = [m for m in store.resources["profiles"][device["profile"]]["metrics"] if m["kind"] == "gauge"][:2]
    begin, end = at - 600_000, at + 300_000
    rows = [[time, *(plant.value(device["key"], metric["key"], time) for metric in metrics)] for time in range(begin, min(end, now()), 5000)]
    orders = [order for order in store.work_orders.values() if order["alarmId"] == found["alarmId"]]
    approval = {"approved": True, "by": found["approvedBy"], "at": found["createdAt"], "note": found["note"]} if found.get("approvedBy") else None
    return 200, {"delivery": {k: v for k, v in found.items() if k != "timeline"}, "alarm": alarm,
                 "rule": {"key": rule["key"], "name": rule["name"], "condition": rule["condition"], "version": 2},
                 "mapping": {"key": mapping["key"], "name": mapping["name"], "version": 3, "document": mapping},
                 "readings": {"metrics": metrics, "rows": rows, "from": iso(begin), "to": iso(end)}, "attempts": found["timeline"],
                 "order": orders[0] if orders else None, "approval": approval, "orders": orders,
                 "picture": {"id": found["id"], "state": "delivered", "reason": None, "detail": None}}


ROUTES = [("POST", "deliveries/retry", retry_many), ("POST", "deliveries/([^/]+)/approval", approve), ("PUT", "deliveries/([^/]+)/fields", edit_fields),
          ("POST", "deliveries/([^/]+)/retry", retry), ("POST", "deliveries/([^/]+)/dismiss", dismiss), ("GET", "deliveries/([^/]+)/evidence", evidence),
          ("GET", "work-orders", work_orders)]
