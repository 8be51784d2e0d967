"""The REST paths of the made-up server. Each function takes (store, match, query, body) and returns (status, value)."""

import re
from datetime import datetime

from . import accounts, administration, connectors, ledger, mappings, matching, orders, plant, sources
from .clock import iso, now

SECTIONS = "profiles|assets|devices|rules|connectors|mappings"
READ_ONLY = {"connectors": {"paused": False, "webhook": None}}


def problem(status, code, detail, errors=None):
    return status, {"type": "about:blank", "title": code, "status": status, "code": code, "detail": detail,
                    "errors": errors or []}


def listed(items, query):
    limit = int(query.get("limit", "100"))
    return 200, {"items": items[:limit], "nextCursor": None}


def list_resources(store, match, query, body):
    return listed(list(store.resources[match[1]].values()), query)


def get_resource(store, match, query, body):
    item = store.resources[match[1]].get(match[2])
    return (200, item) if item else problem(404, "not-found", f"There is no {match[1][:-1]} with the key “{match[2]}”.")


def put_resource(store, match, query, body):
    section, key = match[1], match[2]
    errors = []
    if not body.get("name"):
        errors.append({"pointer": "/name", "code": "required", "detail": "A name is needed."})
    if section == "rules" and not re.search(r"[<>=]", body.get("condition") or ""):
        errors.append({"pointer": "/condition", "code": "type", "detail": "The condition must be true or false; at 1:1."})
    if section == "connectors" and not (body.get("url") or "").startswith("http"):
        errors.append({"pointer": "/url", "code": "format", "detail": "An address begins with http:// or https://."})
    if errors:
        return problem(422, "invalid", "The input has mistakes.", errors)
    if section == "connectors":
        known = store.resources[section].get(key, {})
        has = known.get("hasCredentials", False) if "credentials" not in body else bool(body["credentials"])
        body = {**{k: v for k, v in body.items() if k != "credentials"}, "hasCredentials": has}
    created = key not in store.resources[section]
    known = store.resources[section].get(key, {})
    kept = {name: known.get(name, initial) for name, initial in READ_ONLY.get(section, {}).items()}
    if section == "mappings":
        mappings.history_of(store, key)
        kept = {"version": mappings.saved(store, key, body)}
    store.resources[section][key] = {**body, **kept, "key": key}
    return (201 if created else 200), store.resources[section][key]


def delete_resource(store, match, query, body):
    if match[1] == "profiles" and any(d["profile"] == match[2] for d in store.resources["devices"].values()):
        return problem(409, "in-use", "Devices still use this profile.")
    store.resources[match[1]].pop(match[2], None)
    return 204, None


def overview(store, match, query, body):
    return 200, store.overview()


def latest(store, match, query, body):
    device = store.resources["devices"].get(match[1])
    if not device:
        return problem(404, "not-found", "There is no such device.")
    at = now() // 1000 * 1000
    return 200, {"ts": iso(at), "receivedAt": iso(at + 12), "values": values_of(store, device, at)}


def values_of(store, device, at):
    metrics = store.resources["profiles"][device["profile"]]["metrics"]
    return {metric["key"]: plant.value(device["key"], metric["key"], at) for metric in metrics}


def readings(store, match, query, body):
    begin, end, device = moment(query["from"]), moment(query["to"]), match[1]
    step = step_of(begin, end, int(query.get("points", "800")))
    times = times_of(device, begin, end, step)
    kinds = {m["key"]: m["kind"] for m in store.resources["profiles"][store.resources["devices"][device]["profile"]]["metrics"]}
    series = {metric: column(device, metric, times, step, kinds[metric]) for metric in query["metrics"].split(",") if metric}
    return 200, {"device": device, "from": iso(begin), "to": iso(end), **fineness(step), "times": times, "series": series}


def several_readings(store, match, query, body):
    begin, end = moment(query["from"]), moment(query["to"])
    wanted = [name.rpartition(".") for name in query["series"].split(",")]
    if len(wanted) > 50:
        return problem(400, "bad-parameter", "“series” names at most 50.")
    step = step_of(begin, end, int(query.get("points", "800")))
    series = []
    for device, _, metric in wanted:
        times = times_of(device, begin, end, step)
        series.append({"device": device, "metric": metric, "unit": "", "times": times, **column(device, metric, times, step, "gauge")})
    return 200, {"from": iso(begin), "to": iso(end), **fineness(step), "series": series}


RAW = 1000


def step_of(begin, end, points):
    """Raw when it fits, else buckets of whole seconds."""
    return RAW if (end - begin) // RAW <= points else -(-(end - begin) // points // 1000) * 1000


def fineness(step):
    resolution = "raw" if step == RAW else "PT1H" if step >= 3_600_000 else "PT10M" if step >= 600_000 else "PT1M" if step >= 60_000 else "raw"
    return {"bucket": 0 if step == RAW else step / 1000, "resolution": resolution}


def times_of(device, begin, end, step):
    """The times with readings, and one for each gap, at its beginning."""
    times = range(begin // step * step, min(end, now()) + 1, step)
    return [at for at in times if not outage(device, at) or not outage(device, at - step)]


def column(device, metric, times, step, kind):
    values = [None if outage(device, at) else plant.value(device, metric, at) for at in times]
    if step == RAW or kind in ("state", "location"):
        return {"values": values}
    spread = 0 if kind == "counter" else 0.06
    columns = {"min": [v if v is None else v - abs(v) * spread for v in values], "avg": values,
               "max": [v if v is None else v + abs(v) * spread for v in values]}
    if kind == "counter":
        columns["increase"] = [None if v is None else round(v - plant.value(device, metric, at - step), 3) for at, v in zip(times, values)]
    return columns


def track(store, match, query, body):
    begin, end, tolerance = moment(query["from"]), min(moment(query["to"]), now()), float(query["tolerance"])
    step, segments = max(10_000, (end - begin) // 240), [[]]
    for at in range(begin, end, step):
        if outage(match[1], at):
            segments.append([])
            continue
        place = plant.value(match[1], query["metric"], at)
        segments[-1].append([place["lon"], place["lat"], at])
    store.tolerances.append(tolerance)
    segments = [segment for segment in segments if segment]
    return 200, {"device": match[1], "metric": query["metric"], "points": [point for segment in segments for point in segment],
                 "segments": segments, "total": (end - begin) // 1000, "tolerance": tolerance}


def outage(device, at):
    """A gap of half an hour a day, so that gaps are seen."""
    return 3 * 3_600_000 < at % plant.DAY < 3.5 * 3_600_000 or (device == "motor-03" and 600_000 < at % 3_600_000 < 680_000)


def moment(text):
    return int(datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp() * 1000)


def alarms(store, match, query, body):
    items = sorted(store.alarms.values(), key=lambda item: item["raisedAt"], reverse=True)
    if "state" in query:
        items = [item for item in items if item["state"] == query["state"]]
    if "device" in query:
        items = [item for item in items if item["device"]["key"] == query["device"]]
    if "asset" in query:
        items = [item for item in items if item["asset"] and below(store, item["asset"]["key"], query["asset"])]
    if "from" in query:
        items = [item for item in items if (item["clearedAt"] or "9") >= query["from"]]
    return listed(items, query)


def below(store, asset, ancestor):
    while asset:
        if asset == ancestor:
            return True
        asset = store.resources["assets"][asset]["parent"]
    return False


def alarm(store, match, query, body):
    found = store.alarms.get(match[1])
    return (200, found) if found else problem(404, "not-found", "There is no such alarm.")


def acknowledge(store, match, query, body):
    found = store.alarms.get(match[1])
    if not found:
        return problem(404, "not-found", "There is no such alarm.")
    changed = {**found, "acknowledgedAt": iso(now()), "acknowledgedBy": "Ada Jansen", "note": (body or {}).get("note")}
    store.alarms[match[1]] = changed
    store.changed("alarm", changed)
    return 200, changed


def deliveries(store, match, query, body):
    items = sorted(store.deliveries.values(), key=lambda item: item["createdAt"], reverse=True)
    state = query.get("state")
    if state:
        items = [i for i in items if i["state"] == state or state == "pending" and i["state"] in ("waiting", "uncertain", "held")]
    if query.get("operation"):
        items = [item for item in items if item["operation"] == query["operation"]]
    if query.get("connector"):
        items = [item for item in items if item["connector"]["key"] == query["connector"]]
    return listed([{k: v for k, v in item.items() if k != "timeline"} for item in items], query)


def delivery(store, match, query, body):
    found = store.deliveries.get(match[1])
    return (200, found) if found else problem(404, "not-found", "There is no such delivery.")


def inventory(store, match, query, body):
    def figure(item, name, unit, quantity, device, **more):
        return {"connector": {"key": "odoo", "name": "Odoo maintenance"}, "item": item, "itemName": name, "itemUnit": unit, "unit": unit,
                "quantity": quantity, "location": None, "readingTs": iso(now() - 4000), "updatedAt": iso(now() - 3200),
                "device": {"key": device, "name": store.resources["devices"][device]["name"]}, "asset": {"key": "silo-1", "name": "Silo 1"}, **more}

    return listed([figure("PP-GRANULATE", "Polypropylene granulate", "kg", round(plant.value("silo-1-level", "level", now()), 1), "silo-1-level", location="WH/Stock"),
                   figure("BRG-6205", "Bearing 6205", "Units", 12, "silo-1-level"),
                   figure("OIL-46", None, None, 1_000, "silo-1-level")], query)


def quarantine(store, match, query, body):
    return listed(store.quarantine, query)


def dismiss(store, match, query, body):
    store.quarantine = [item for item in store.quarantine if item["identifier"] != match[1]]
    return 204, None


def rejected(store, match, query, body):
    return listed(store.rejected, query)


def retried(message):
    """The decoder was mended: what was not JSON can be read now, a wrong type stays one."""
    if message["reason"] == "wrong-type":
        return {"fate": "rejected", "reason": message["reason"], "detail": message["detail"]}
    return {"fate": "stored", "reason": None, "detail": None}


def retry_rejected(store, match, query, body):
    found = next((message for message in store.rejected if message["id"] == int(match[1])), None)
    if not found:
        return problem(404, "not-found", "There is no such message.")
    answer = retried(found)
    if answer["fate"] != "rejected":
        store.rejected = [message for message in store.rejected if message is not found]
    return 200, answer


def retry_all_rejected(store, match, query, body):
    chosen = [message for message in store.rejected if all(body.get(name) in (None, message[name]) for name in ("source", "device"))]
    accepted = [message for message in chosen if retried(message)["fate"] != "rejected"]
    store.rejected = [message for message in store.rejected if message not in accepted]
    return 200, {"retried": len(chosen), "accepted": len(accepted), "rejected": len(chosen) - len(accepted)}


def dismiss_rejected(store, match, query, body):
    store.rejected = [message for message in store.rejected if message["id"] != int(match[1])]
    return 204, None


def backtest(store, match, query, body):
    if "condition" in body["rule"] and "temprature" in body["rule"]["condition"]:
        return problem(422, "invalid", "The rule has mistakes.", [
            {"pointer": "/rule/condition", "code": "unknown-name", "detail": "“temprature” is no metric of profile motor; at 1:1."}])
    found = [a for a in store.alarms.values() if a["rule"]["key"] == match[1]] or list(store.alarms.values())[:3]
    return 200, {"alarms": [{"device": a["device"]["key"], "raisedAt": a["raisedAt"], "clearedAt": a["clearedAt"]} for a in found],
                 "count": len(found), "readings": 103_680}


SAMPLE = {"asset.name": "Conveyor 1.3", "asset.key": "motor-03-unit", "asset.equipment": "EQ-1003", "device.name": "Motor 1.3",
          "device.key": "motor-03", "alarm.severity": "high", "alarm.raisedAt": "2026-11-22T16:20:11.000Z",
          "rule.name": "Bearing temperature high", "idempotencyKey": "pw-4k7q2m9xw3tza", "temperature": "82.4", "level": "41.7",
          "link": "http://127.0.0.1:8080/deliveries/…", "vibration": "5.12", "current": "12.1", "reading.ts": "2026-11-22T16:20:11Z"}


def preview(store, match, query, body):
    draft, issues, fields = body["mapping"], [], {}
    for name, template in (draft.get("fields") or {}).items():
        def fill(found, name=name, template=template):
            inner = re.sub(r"^round\(([\w.-]+)\s*,\s*\d+\)$", r"\1", found[1].strip())
            if inner not in SAMPLE:
                issues.append({"pointer": f"/fields/{name}", "code": "unknown-name",
                               "detail": f"“{inner}” is not known here; at 1:{found.start() + 3}."})
                return "…"
            return SAMPLE[inner]
        fields[name] = re.sub(r"\$\{([^}]*)\}", fill, template)
    connector = store.resources["connectors"].get(draft.get("connector"))
    if not connector:
        issues.append({"pointer": "/connector", "code": "required", "detail": "Choose a connector."})
        return 200, {"request": None, "fields": fields, "issues": issues}
    if connector["kind"] != "rest":
        return odoo_preview(connector, draft, fields, issues)
    stock = draft.get("operation") == "stock.set"
    call = connector["options"]["stock" if stock else "create"]
    known = {**fields, "idempotencyKey": SAMPLE["idempotencyKey"]}
    text = re.compile(r"\$\{(\w+)\}")
    filled = {k: text.sub(lambda m: str(known.get(m[1], "")), v) for k, v in call["body"].items()}
    headers = {"content-type": "application/json", "accept": "application/json"}
    if not stock:
        headers["idempotency-key"] = SAMPLE["idempotencyKey"]
    path = text.sub(lambda m: str(known.get(m[1], "")), call["path"])
    request = {"method": call["method"], "url": connector["url"] + path, "headers": headers, "body": filled}
    return 200, {"request": request, "requests": [request], "fields": fields, "issues": issues}


def odoo_preview(connector, draft, fields, issues):
    """Two calls: a look-up by the key, then the one that makes the request; a long title is shortened."""
    if not fields.get("title") and draft.get("operation") == "work-order.create":
        issues.append({"pointer": "/fields/title", "code": "required", "detail": "“Subject” is required."})
    fields = {name: value if name != "title" or len(value) <= 60 else value[:59] + "…" for name, value in fields.items()}
    def call(method, *arguments):
        return {"method": "POST", "url": connector["url"] + "/jsonrpc", "headers": {"content-type": "application/json"},
                "body": {"model": "maintenance.request", "method": method, "args": arguments}}
    requests = [call("search", [["x_plantwright_key", "=", SAMPLE["idempotencyKey"]]]), call("create", {**fields, "x_plantwright_key": SAMPLE["idempotencyKey"]})]
    return 200, {"request": requests[1], "requests": requests, "fields": fields, "issues": issues}


ROUTES = [(method, re.compile(f"^/api/v1/{path}$"), function) for method, path, function in [
    *accounts.ROUTES, *administration.ROUTES, *sources.ROUTES, *ledger.ROUTES, *connectors.ROUTES, *matching.ROUTES, *mappings.ROUTES, *orders.ROUTES,
    ("GET", "overview", overview),
    ("GET", "devices/([^/]+)/latest", latest),
    ("GET", "devices/([^/]+)/readings", readings), ("GET", "readings", several_readings), ("GET", "devices/([^/]+)/track", track),
    ("GET", "alarms", alarms), ("GET", "alarms/([^/]+)", alarm), ("PUT", "alarms/([^/]+)/acknowledgement", acknowledge),
    ("GET", "deliveries", deliveries), ("GET", "deliveries/([^/]+)", delivery), ("GET", "inventory", inventory),
    ("GET", "quarantine", quarantine), ("DELETE", "quarantine/([^/]+)", dismiss), ("GET", "rejected-messages", rejected),
    ("POST", "rejected-messages/retry", retry_all_rejected), ("POST", r"rejected-messages/(\d+)/retry", retry_rejected),
    ("DELETE", r"rejected-messages/(\d+)", dismiss_rejected),
    ("POST", "rules/([^/]+)/backtest", backtest), ("POST", "mappings/([^/]+)/preview", preview),
    ("GET", f"({SECTIONS})", list_resources), ("GET", f"({SECTIONS})/([^/]+)", get_resource),
    ("PUT", f"({SECTIONS})/([^/]+)", put_resource), ("DELETE", f"({SECTIONS})/([^/]+)", delete_resource),
]]
