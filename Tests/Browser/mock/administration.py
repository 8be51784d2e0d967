"""All configuration as one document, and its history. `POST /mock/changes?state=few|many|none`, `/mock/conflict?on=true`."""

import copy

from .accounts import page
from .clock import iso, now

SECTIONS = ("profiles", "assets", "devices", "sources", "rules", "connectors", "mappings")
MISSING = object()


def _problem(status, code, detail, errors=None):
    return status, {"type": "about:blank", "title": code, "status": status, "code": code, "detail": detail, "errors": errors or []}


def differences(before, after, pointer=""):
    """What differs between two documents, as the server tells it: an absent side has no member."""
    if before == after:
        return []
    if isinstance(before, dict) and isinstance(after, dict):
        names = [*after, *(name for name in before if name not in after)]
        return [found for name in names for found in differences(before.get(name, MISSING), after.get(name, MISSING), f"{pointer}/{name}")]
    return [{"pointer": pointer, **({} if before is MISSING else {"before": before}), **({} if after is MISSING else {"after": after})}]


def change(number, section, key, before, after, author, age):
    kind = "created" if before is None else "deleted" if after is None else "changed"
    return {"id": number, "at": iso(now() - age), "author": author, "section": section, "key": key, "change": kind, "before": before, "after": after,
            "fields": differences(MISSING if before is None else before, MISSING if after is None else after)}


def history(store, state):
    """Changes, the newest first."""
    if state == "none":
        return []
    rule = store.resources["rules"]["bearing-hot"]
    few = [change(4, "rules", "bearing-hot", {**rule, "severity": "medium"}, rule, "ada@lowlands.example", 3_600_000),
           change(3, "assets", "old-shed", {"key": "old-shed", "name": "Old shed", "level": "area", "equipment": {}}, None, "ada@lowlands.example", 7_200_000),
           change(2, "profiles", "motor", None, store.resources["profiles"]["motor"], "plantwright config apply", 86_400_000),
           change(1, "devices", "motor-03", None, store.resources["devices"]["motor-03"], None, 90_000_000)]
    if state == "many":
        return [change(200 - number, "devices", f"sensor-{number:03}", None, {"key": f"sensor-{number:03}", "name": f"Sensor {number}"}, "ada@lowlands.example", 60_000 * number)
                for number in range(120)] + few
    return few


def without_key(entry):
    return {name: value for name, value in entry.items() if name != "key"}


def export(store, match, query, body):
    return 200, {"formatVersion": 1, **{section: {key: without_key(entry) for key, entry in sorted(store.resources[section].items())} for section in SECTIONS}}


def outcome(items, unchanged, dry_run):
    count = {kind: sum(item["change"] == kind for item in items) for kind in ("created", "changed", "deleted")}
    return 200, {"dryRun": dry_run, **count, "unchanged": unchanged, "items": items,
                 "missingCredentials": [{"connector": item["key"], "kind": "odoo"} for item in items if item["section"] == "connectors" and item["change"] == "created"]}


def apply(store, match, query, body):
    dry_run, prune = query.get("dryRun") == "true", query.get("prune") == "true"
    errors = [{"pointer": f"/{section}/{key}/name", "code": "required", "detail": "This field is required."}
              for section in SECTIONS for key, entry in (body.get(section) or {}).items() if not entry.get("name")]
    if body.get("formatVersion") != 1:
        errors.append({"pointer": "/formatVersion", "code": "required", "detail": "This field is required."})
    if errors:
        return _problem(422, "invalid-input", errors[0]["detail"], errors)
    if store.conflict and not dry_run:
        return _problem(409, "in-use", "The asset “hall” is still in use; remove what refers to it first.")
    items, unchanged = [], 0
    for section in SECTIONS:
        if section not in body:
            continue
        stored = store.resources[section]
        for key, entry in sorted(body[section].items()):
            found = differences(without_key(stored[key]) if key in stored else MISSING, entry)
            if found:
                items.append({"section": section, "key": key, "change": "changed" if key in stored else "created", "fields": found})
            else:
                unchanged += 1
        if prune:
            items += [{"section": section, "key": key, "change": "deleted", "fields": differences(without_key(stored[key]), MISSING)} for key in sorted(stored) if key not in body[section]]
    if not dry_run:
        for item in items:
            if item["change"] == "deleted":
                del store.resources[item["section"]][item["key"]]
            else:
                store.resources[item["section"]][item["key"]] = {**copy.deepcopy(body[item["section"]][item["key"]]), "key": item["key"]}
    return outcome(items, unchanged, dry_run)


def changes(store, match, query, body):
    chosen = [item for item in store.history if query.get("section", item["section"]) == item["section"] and query.get("key", item["key"]) == item["key"]]
    return page(chosen, query)


def undo(store, match, query, body):
    noted = next((item for item in store.history if item["id"] == int(match[1])), None)
    if noted is None:
        return _problem(404, "not-found", f"There is no change {match[1]}.")
    section, key, dry_run = noted["section"], noted["key"], query.get("dryRun") == "true"
    now_there, wanted = store.resources[section].get(key), noted["before"]
    if wanted is None and section in ("profiles", "assets"):
        return _problem(422, "invalid-input", f"The {section[:-1]} “{key}” is still in use; remove what refers to it first.")
    if store.conflict and not dry_run:
        return _problem(412, "precondition-failed", "It was changed by someone else since you read it.")
    kind = "created" if now_there is None else "deleted" if wanted is None else "changed"
    found = differences(MISSING if now_there is None else without_key(now_there), MISSING if wanted is None else without_key(wanted))
    items = [{"section": section, "key": key, "change": kind, "fields": found}] if found and (now_there or wanted) else []
    if items and not dry_run:
        store.history.insert(0, change(max(item["id"] for item in store.history) + 1, section, key, now_there, wanted, "ada@lowlands.example", 0))
        if wanted is None:
            store.resources[section].pop(key, None)
        else:
            store.resources[section][key] = wanted
    return outcome(items, 0, dry_run)


ROUTES = [("GET", "configuration", export), ("PUT", "configuration", apply), ("GET", "configuration/changes", changes),
          ("POST", r"configuration/changes/(\d+)/undo", undo)]
