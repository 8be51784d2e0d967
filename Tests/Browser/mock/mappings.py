"""Versions of mappings and their dry runs on history."""

from .clock import iso, now

EXAMPLE = {"method": "POST", "url": "http://127.0.0.1:9090/api/orders", "headers": {"content-type": "application/json"}}


def first_versions(mapping):
    """How the made-up mapping came to be what it is."""
    early = {**mapping, "fields": {k: v for k, v in mapping["fields"].items() if k != "description"}, "enabled": False}
    if "title" in early["fields"]:
        early["fields"]["title"] = "Bearing of ${asset.name}"
    return [{"version": 1, "savedAt": iso(now() - 9 * 86_400_000), "savedBy": "Ada Jansen", "document": early},
            {"version": 2, "savedAt": iso(now() - 8 * 86_400_000), "savedBy": "Ben de Wit", "document": {**early, "enabled": True}},
            {"version": 3, "savedAt": iso(now() - 86_400_000), "savedBy": "Ada Jansen", "document": mapping}]


def history_of(store, key):
    if key not in store.versions:
        known = store.resources["mappings"].get(key)
        store.versions[key] = first_versions(known) if known else []
    return store.versions[key]


def saved(store, key, document):
    history = store.versions.get(key, [])
    store.versions[key] = [*history, {"version": len(history) + 1, "savedAt": iso(now()), "savedBy": "Ada Jansen", "document": document}]
    return len(store.versions[key])


def versions(store, match, query, body):
    return 200, {"items": history_of(store, match[1])[::-1], "nextCursor": None}


def dry_run(store, match, query, body):
    draft = body.get("mapping") or store.resources["mappings"].get(match[1])
    if not draft.get("connector"):
        return 422, {"status": 422, "code": "invalid", "detail": "The mapping has mistakes.", "title": "invalid", "type": "about:blank",
                     "errors": [{"pointer": "/mapping/connector", "code": "required", "detail": "Choose a connector."}]}
    run = {"id": f"run-{len(store.dry_runs) + 1}", "state": "running", "progress": 0.0, "days": body["days"], "draft": draft, "key": match[1]}
    store.dry_runs[run["id"]] = run
    return 202, {"id": run["id"]}


def finished(store, run):
    known, title = history_of(store, run["key"]), run["draft"].get("fields", {}).get("title", "")
    alarms = sorted((a for a in store.alarms.values() if a["rule"]["key"] == "bearing-hot"), key=lambda a: a["raisedAt"], reverse=True)
    examples = [{"at": alarm["raisedAt"], "device": alarm["device"], "fields": {"title": f"Bearing of {alarm['asset']['name']} at 82.4 °C", "priority": "high"},
                 "request": {**EXAMPLE, "body": {"subject": f"Bearing of {alarm['asset']['name']} at 82.4 °C"}}, "issues": []} for alarm in alarms[:3]]
    if examples:
        examples[-1]["issues"] = [{"pointer": "/fields/equipment", "code": "empty", "detail": "Conveyor 1.4 has no equipment in this ERP."}]
    return {"causes": 57, "deliveries": 41, "suppressed": [{"reason": "limit", "count": 9}, {"reason": "attached", "count": 7}], "failed": 3,
            "examples": examples, "error": None,
            "difference": {"version": len(known), "added": 4, "removed": 1, "changed": 12 if "${" in title else 36,
                           "examples": [{"at": examples[0]["at"], "device": examples[0]["device"], "change": "changed",
                                         "before": {"title": "Bearing of Conveyor 1.3"}, "after": {"title": "Bearing of Conveyor 1.3 at 82.4 °C"}}] if examples else []} if known else None}


def dry_run_state(store, match, query, body):
    run = store.dry_runs[match[1]]
    if run["state"] == "running":
        run["progress"] = min(1.0, run["progress"] + store.dry_run_step)
        if run["progress"] >= 1:
            run.update(state="done", **finished(store, run))
    return 200, {"difference": None, "error": None, "causes": int(run["progress"] * 57), "deliveries": int(run["progress"] * 41),
                 "suppressed": [], "failed": 0, "examples": [], **{k: v for k, v in run.items() if k not in ("draft", "key")}}


def cancel_dry_run(store, match, query, body):
    store.dry_runs[match[1]]["state"] = "cancelled"
    return 204, None


ROUTES = [("GET", "mappings/([^/]+)/versions", versions), ("POST", "mappings/([^/]+)/dry-run", dry_run),
          ("GET", "dry-runs/([^/]+)", dry_run_state), ("DELETE", "dry-runs/([^/]+)", cancel_dry_run)]
