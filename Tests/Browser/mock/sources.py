"""Sources of the made-up plant: their traffic, the decoders, and the preview of a draft."""

import base64
import json
import re

from .clock import iso, now

NATIVE = {"key": "native", "name": "Native JSON", "builtIn": True, "topicFilter": "plantwright/v1/+/telemetry",
          "decoder": "json", "deviceKey": "${topic.3}", "fields": {}, "options": {}, "compression": "none", "enabled": True}

SOURCES = [
    NATIVE,
    {"key": "packaging", "name": "Packaging hall", "topicFilter": "factory/+/data", "decoder": "json", "deviceKey": "${topic.2}",
     "fields": {"temperature": {"path": "sensors.bearing.tempF", "unit": "[degF]"}, "vibration": "sensors.vibration"},
     "options": {"time": "at", "timeFormat": "ms"}, "compression": "none", "enabled": True},
    {"key": "sparkplug", "name": "Filling lines (Sparkplug)", "topicFilter": "spBv1.0/#", "decoder": "sparkplug-b", "deviceKey": None,
     "fields": {}, "options": {}, "compression": "none", "enabled": True},
    {"key": "old-gateway", "name": "Old gateway", "topicFilter": "gw/#", "decoder": "csv", "deviceKey": "${topic.2}", "fields": {},
     "options": {"header": True, "delimiter": ";"}, "compression": "gzip", "enabled": False},
]

TIME_OPTIONS = [
    {"name": "time", "type": "text", "default": None, "description": "Path of the time of measurement; without it, the time of receipt counts."},
    {"name": "timeFormat", "type": "auto|s|ms|us|ns|rfc3339", "default": "auto",
     "description": "How the time is written."}]

DECODERS = [
    {"decoder": "json", "name": "JSON", "description": "Any JSON object or array; values are found by their path.",
     "defaultTopicFilter": "factory/+/data", "defaultDeviceKey": "${topic.2}",
     "options": [{"name": "items", "type": "text", "default": None, "description": "Path of an array with one reading per element."}, *TIME_OPTIONS]},
    {"decoder": "sparkplug-b", "name": "Sparkplug B", "description": "Eclipse Sparkplug 3.0: Plantwright is a host application.",
     "defaultTopicFilter": "spBv1.0/#", "defaultDeviceKey": None,
     "options": [{"name": "hostId", "type": "text", "default": "plantwright", "description": "Name of the host application."},
                 {"name": "reorderTimeout", "type": "number", "default": 2, "description": "Seconds to wait for a missing message."}]},
    {"decoder": "csv", "name": "CSV", "description": "Lines of values with a delimiter, with or without a header.",
     "defaultTopicFilter": "csv/+", "defaultDeviceKey": "${topic.2}",
     "options": [{"name": "header", "type": "flag", "default": True, "description": "The first line names the columns."},
                 {"name": "columns", "type": "list", "default": None, "description": "The columns’ names, when there is no header."},
                 {"name": "delimiter", "type": "text", "default": ",", "description": "What stands between two values."}, *TIME_OPTIONS]},
    {"decoder": "chirpstack", "name": "ChirpStack v4", "description": "LoRaWAN uplinks of ChirpStack, with RSSI and SNR.",
     "defaultTopicFilter": "application/+/device/+/event/up", "defaultDeviceKey": "${payload.deviceInfo.devEui}", "options": []},
    {"decoder": "senml", "name": "SenML (JSON)", "description": "RFC 8428 records in JSON.",
     "defaultTopicFilter": "senml/+", "defaultDeviceKey": None, "options": []},
]

FATES = ("received", "stored", "duplicate", "conflict", "late", "rejected", "quarantined")


def sample(at: int, number: int, key: str) -> dict:
    """One message of a source's made-up traffic."""
    fate, reason, detail = "stored", None, None
    identifier = f"motor-{number % 12 + 1:02d}"
    if key == "native":
        topic, payload = f"plantwright/v1/{identifier}/telemetry", json.dumps({"ts": at, "vibration": 2.1, "temperature": 55.2, "running": True})
    else:
        body = {"at": at, "line": "P2", "sensors": {"vibration": 2.4, "bearing": {"tempF": 131.4}, "oil": {"pressure": 4.2, "low": False}}}
        if number % 7 == 3:
            fate, reason, detail = "rejected", "wrong-type", "sensors.vibration is a number in profile motor, but the message has the text “n/a”"
            body["sensors"]["vibration"] = "n/a"
        elif number % 7 == 5:
            fate, reason, detail, identifier = "quarantined", "unknown-device", "No device has the identifier “wrapper-9”.", "wrapper-9"
        elif number % 7 == 6:
            fate = "duplicate"
        topic, payload = f"factory/{identifier}/data", json.dumps(body)
    return {"receivedAt": iso(at), "topic": topic, "payload": payload, "payloadBase64": None, "encoding": "text",
            "size": len(payload), "fate": fate, "reason": reason, "detail": detail, "identifiers": [identifier],
            "readings": 0 if fate in ("rejected", "quarantined") else 1}


class Traffic:
    """What came through a source, newest last."""

    def __init__(self, key: str, messages: int):
        self.key, self.items = key, []
        self.counts = dict.fromkeys(FATES, 0)
        for number in range(messages):
            self.add(now() - (messages - number) * 1300)

    def add(self, at: int) -> None:
        item = sample(at, self.counts["received"], self.key)
        self.counts["received"] += 1
        self.counts[item["fate"]] += 1
        self.items = [*self.items, {"cursor": str(self.counts["received"]), **item}][-200:]


def traffic_of(store, key: str) -> Traffic:
    if key not in store.traffic:
        store.traffic[key] = Traffic(key, {"native": 40, "packaging": 24}.get(key, 0))
    return store.traffic[key]


def status_of(store, key: str) -> dict:
    source, traffic = store.resources["sources"][key], traffic_of(store, key)
    return {"status": {"state": "on" if source["enabled"] else "off", "detail": None,
                       "lastMessageAt": traffic.items[-1]["receivedAt"] if traffic.items else None},
            "counts": traffic.counts}


def problem(status, code, detail, errors=None):
    return status, {"type": "about:blank", "title": code, "status": status, "code": code, "detail": detail, "errors": errors or []}


def list_sources(store, match, query, body):
    return 200, {"items": [{**item, **status_of(store, key)} for key, item in store.resources["sources"].items()], "nextCursor": None}


def mistakes(draft) -> list[dict]:
    found, topic_filter = [], draft.get("topicFilter") or ""
    if not topic_filter:
        found.append({"pointer": "/topicFilter", "code": "required", "detail": "A topic filter is needed."})
    elif "#" in topic_filter[:-1] or re.search(r"[^/]\+|\+[^/]", topic_filter):
        found.append({"pointer": "/topicFilter", "code": "format", "detail": "A wildcard must be a whole level, and # the last one."})
    for metric, field in (draft.get("fields") or {}).items():
        expression = field.get("expression") if isinstance(field, dict) else None
        if expression and "value" not in expression:
            found.append({"pointer": f"/fields/{metric}/expression", "code": "unknown-name", "detail": f"“{expression}” does not use value; at 1:1."})
        unit = field.get("unit") if isinstance(field, dict) else None
        if unit and unit not in ("[degF]", "Cel", "K", "bar", "kPa", "mm/s", "A"):
            found.append({"pointer": f"/fields/{metric}/unit", "code": "unknown-unit", "detail": f"“{unit}” is no UCUM unit that is known."})
    return found


def get_source(store, match, query, body):
    item = store.resources["sources"].get(match[1])
    return (200, {**item, **status_of(store, match[1])}) if item else problem(404, "not-found", f"There is no source with the key “{match[1]}”.")


def put_source(store, match, query, body):
    if match[1] == "native":
        return problem(409, "built-in", "The native source is built in and cannot be changed.")
    errors = mistakes(body)
    if errors:
        return problem(422, "invalid", "The input has mistakes.", errors)
    store.resources["sources"][match[1]] = {**{k: v for k, v in body.items() if k not in ("status", "counts")}, "key": match[1]}
    return 200, {**store.resources["sources"][match[1]], **status_of(store, match[1])}


def delete_source(store, match, query, body):
    if match[1] == "native":
        return problem(409, "built-in", "The native source is built in and cannot be removed.")
    store.resources["sources"].pop(match[1], None)
    return 204, None


def decoders(store, match, query, body):
    return 200, {"items": DECODERS}


def traffic(store, match, query, body):
    if int(query.get("limit", "50")) > 100:
        return problem(400, "bad-parameter", "“limit” must be at most 100.")
    found, after = traffic_of(store, match[1]), int(query.get("after") or 0)
    items = [item for item in found.items if int(item["cursor"]) > after][-int(query.get("limit", "50")):]
    return 200, {"items": items, "nextCursor": items[-1]["cursor"] if items else str(after), "counts": found.counts}


def at_path(value, path):
    for part in path.split("."):
        if isinstance(value, list) and part.isdigit() and int(part) < len(value):
            value = value[int(part)]
        elif isinstance(value, dict) and part in value:
            value = value[part]
        else:
            return None
    return value


def leaves(value, path=""):
    if isinstance(value, (dict, list)):
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
        for name, child in pairs:
            yield from leaves(child, f"{path}.{name}" if path else str(name))
    else:
        yield path, value


def preview(store, match, query, body):
    draft = body["source"]
    errors = [{**error, "pointer": f"/source{error['pointer']}"} for error in mistakes(draft)]
    if errors:
        return problem(422, "invalid", "The source has mistakes.", errors)
    text = body["payload"] if "payload" in body else base64.b64decode(body["payloadBase64"]).decode("utf-8", "replace")
    try:
        document = json.loads(text)
    except ValueError as error:
        return 200, {"readings": [], "problem": {"code": "bad-json", "detail": f"This is not JSON: {error}."}}
    options = draft.get("options") or {}
    elements = at_path(document, options["items"]) if options.get("items") else document
    readings = [reading_of(store, draft, options, body["topic"], document, element)
                for element in (elements if isinstance(elements, list) else [elements]) if element is not None]
    return 200, {"readings": readings, "problem": None if readings else {
        "code": "no-items", "detail": f"“{options.get('items')}” leads to nothing in this message."}}


def reading_of(store, draft, options, topic, document, element):
    levels = topic.split("/")

    def fill(found):
        kind, _, rest = found[1].partition(".")
        return str(levels[int(rest) - 1] if kind == "topic" and int(rest) <= len(levels) else at_path(document, rest) or "")
    identifier = re.sub(r"\$\{([^}]*)\}", fill, draft.get("deviceKey") or "${topic.2}")
    device = next((d for d in store.resources["devices"].values() if d.get("identifier", d["key"]) == identifier), None)
    metrics = {m["key"]: m for m in store.resources["profiles"][device["profile"]]["metrics"]} if device else {}
    mapped = {path: (key, {} if isinstance(f, str) else f) for key, f in (draft.get("fields") or {}).items()
              for path in ([f] if isinstance(f, str) else [f["path"]] if "path" in f else [f["lat"], f["lon"]])}
    time = at_path(element, options["time"]) if options.get("time") else None
    fields = [field_of(path, value, mapped, metrics, bool(device)) for path, value in leaves(element) if path != options.get("time")]
    found = {field["path"] for field in fields}
    fields += [{"path": path, "value": None, "metric": key, "metricValue": None, "problem": {
        "code": "missing", "detail": f"“{path}” is not in this message."}} for path, (key, _) in mapped.items() if path not in found]
    return {"identifier": identifier, "device": device and device["key"], "profile": device and device["profile"],
            "ts": iso(time) if isinstance(time, (int, float)) else time, "fields": fields}


def field_of(path, value, mapped, metrics, known):
    metric, field = mapped.get(path, (path if path in metrics else None, {}))
    trouble, result = None, value
    if metric and known and metric not in metrics:
        trouble = {"code": "unknown-metric", "detail": f"“{metric}” is no metric of the profile."}
    elif metric and metrics.get(metric, {}).get("kind") in ("gauge", "counter"):
        if not isinstance(value, (int, float)) or isinstance(value, bool):
            trouble = {"code": "wrong-type", "detail": f"{metric} is a number, but the message has “{value}”."}
        else:
            factor = re.fullmatch(r"value \* ([\d.]+)", field.get("expression") or "")
            result = value * float(factor[1]) if factor else value
            if field.get("unit") == "[degF]":
                result = round((result - 32) / 1.8, 3)
    return {"path": path, "value": value, "metric": metric, "metricValue": result if metric and not trouble else None, "problem": trouble}


NODES = [{"group": "filling", "node": "line-1", "online": True, "bdSeq": 4, "seq": 118, "gaps": 2, "rebirthsRequested": 1, "staleSince": None,
          "devices": [
              {"device": "filler", "identifier": "filling/line-1/filler", "online": True, "plantwrightDevice": None, "metrics": [
                  {"name": "Bottles", "alias": 1, "dataType": "Int64", "value": 182_331}, {"name": "Motor/Speed", "alias": 2, "dataType": "Float", "value": 1441.5},
                  {"name": "Running", "alias": 3, "dataType": "Boolean", "value": True}],
               "suggestedProfile": {"metrics": [
                   {"key": "bottles", "name": "Bottles", "unit": "", "kind": "counter"}, {"key": "motor_speed", "name": "Motor speed", "unit": "", "kind": "gauge"},
                   {"key": "running", "name": "Running", "unit": "", "kind": "state"}]}},
              {"device": "capper", "identifier": "filling/line-1/capper", "online": False, "plantwrightDevice": "motor-02", "metrics": [
                  {"name": "Torque", "alias": 9, "dataType": "Double", "value": 3.25}]}]},
         {"group": "filling", "node": "line-2", "online": False, "bdSeq": 1, "seq": 12, "gaps": 0, "rebirthsRequested": 0, "devices": []}]


def sparkplug(store, match, query, body):
    nodes = [{**node, "lastSeen": iso(now() - (1200 if node["online"] else 5_400_000)),
              "staleSince": None if node["online"] else iso(now() - 5_300_000)} for node in NODES]
    return 200, {"hostId": "plantwright", "online": True, "nodes": nodes}


def standing(store, match, query, body):
    """How the Sparkplug source sees a device: by the identifiers of its nodes."""
    identifier = store.resources["devices"][match[1]].get("identifier")
    for node in NODES:
        for device in node["devices"]:
            if device["identifier"] == identifier:
                stale = None if device["online"] else iso(now() - 1_800_000)
                return 200, {"source": "sparkplug", "group": node["group"], "node": node["node"], "device": device["device"], "online": device["online"],
                             "staleSince": stale, "nodeOnline": node["online"], "lastSeen": iso(now() - 1200), "sequenceGaps": node["gaps"], "awaited": 0,
                             "rebirthReason": None}
    return 200, {"source": None}


def rebirth(store, match, query, body):
    store.rebirths.append(body)
    return 202, None


ROUTES = [
    ("GET", "sources", list_sources), ("GET", "sources/decoders", decoders), ("POST", "sources/preview", preview),
    ("GET", "sources/([^/]+)/traffic", traffic), ("GET", "sources/([^/]+)/sparkplug", sparkplug),
    ("POST", "sources/([^/]+)/sparkplug/rebirth", rebirth), ("GET", "devices/([^/]+)/sparkplug", standing),
    ("GET", "sources/([^/]+)", get_source), ("PUT", "sources/([^/]+)", put_source), ("DELETE", "sources/([^/]+)", delete_source),
]
