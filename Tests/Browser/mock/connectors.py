"""What can be done with a connector: checks, steps in the ERP, pausing, pick lists, the address for its calls."""

from .kinds import KINDS, LISTS, kind_of

ODOO = {"key": "odoo", "name": "Odoo maintenance", "kind": "odoo", "url": "https://odoo.lowlands.example", "hasCredentials": True,
        "options": {"database": "lowlands", "team": "1"}, "limits": {"perMinute": 60, "perHour": None, "concurrent": 2},
        "paused": False, "webhook": None, "circuit": "closed"}


def problem(status, code, detail, errors=None):
    return status, {"type": "about:blank", "title": code, "status": status, "code": code, "detail": detail, "errors": errors or []}


def check(name, title, result, detail, remedy=None, step=None):
    return {"name": name, "title": title, "result": result, "detail": detail, "remedy": remedy, "step": step}


def kinds(store, match, query, body):
    return 200, {"items": KINDS, "nextCursor": None}


def preflight(store, match, query, body):
    connector = (body or {}).get("connector") or store.resources["connectors"].get(match[1])
    if not connector:
        return problem(404, "not-found", "There is no such connector.")
    if not (connector.get("url") or "").startswith("http"):
        return problem(422, "invalid", "The input has mistakes.", [
            {"pointer": "/connector/url", "code": "format", "detail": "An address begins with http:// or https://."}])
    if "wrong" in str(connector.get("credentials")):
        checks = [check("reachable", "The server answers", "ok", "odoo.lowlands.example answered in 31 ms; it is Odoo 17.0."),
                  check("credentials", "The credentials are accepted", "failed", "Odoo refused the login “plantwright”: access denied.",
                        "Make an API key for this user under Preferences › Account security, and give it here as the password."),
                  check("permissions", "Requests may be read and made", "skipped", "Not tried, because the credentials are not accepted.")]
        return 200, {"ok": False, "detail": "The credentials are not accepted.", "checks": checks}
    if connector["kind"] == "rest":
        detail = "GET /api/orders?reference=… answered 200 in 14 ms."
        return 200, {"ok": True, "detail": detail, "checks": [check("reachable", "The server answers", "ok", detail)]}
    title = kind_of(connector["kind"])["title"]
    ready = match[1] in store.prepared
    reference = check("reference-field", "Orders can carry our key", "ok", f"The field “plantwright_key” is there, unique, in {title}.") if ready else check(
        "reference-field", "Orders can carry our key", "failed", f"{title} has no field for the key by which an order is found again.",
        f"This creates the field “plantwright_key” (text, unique) at the documents of {title} that orders become.", "create-reference-field")
    checks = [check("reachable", "The server answers", "ok", f"{connector['url'].split('/')[2]} answered in 31 ms; it is {title} 17.0."),
              check("credentials", "The credentials are accepted", "ok", "Signed in as “plantwright”."),
              check("permissions", "Requests may be read and made", "ok", "The user may read and create maintenance requests."),
              reference,
              check("work-types", "Teams and types that mappings name are there", "warning", "“Night shift” is archived; 1 mapping names it.",
                    "Choose another team in the mapping, or restore it in the ERP."),
              check("clock", "The clocks agree", "skipped", "The server tells no time.")]
    return 200, {"ok": ready, "detail": "Everything that orders need is there." if ready else "One thing is missing.", "checks": checks}


def prepare(store, match, query, body):
    if body["step"] != "create-reference-field":
        return problem(422, "invalid", "There is no such step.")
    store.prepared.add(match[1])
    return 200, check("reference-field", "Orders can carry our key", "ok", "The field “plantwright_key” was created; it is unique.")


def pausing(paused):
    def change(store, match, query, body):
        known = store.resources["connectors"][match[1]]
        store.resources["connectors"][match[1]] = {**known, "paused": paused}
        return 200, store.resources["connectors"][match[1]]
    return change


def choices(store, match, query, body):
    connector = store.resources["connectors"].get(match[1])
    found = LISTS.get((connector["kind"], match[2])) if connector else None
    return (200, {"items": found}) if found else problem(404, "not-found", "This kind has no such list.")


ITEMS = [{"reference": "PP-GRANULATE", "name": "Polypropylene granulate", "unit": "kg"},
         {"reference": "BRG-6205", "name": "Bearing 6205", "unit": "Units"},
         {"reference": "BRG-6305", "name": "Bearing 6305", "unit": "Units"}]


def items(store, match, query, body):
    words = query.get("search", "").lower()
    store.item_readings[match[1]] = max(0, store.item_readings.get(match[1], 0) - 1)
    return 200, {"readAt": "2026-11-30T06:00:00.000Z", "reading": store.item_readings[match[1]] > 0, "count": None, "error": None,
                 "total": len(ITEMS), "items": [item for item in ITEMS if words in f"{item['reference']} {item['name']}".lower()]}


def read_items(store, match, query, body):
    store.item_readings[match[1]] = 2
    return 202, None


def stock(store, match, query, body):
    if query["item"] == "BRG-6205":
        return 502, {"type": "about:blank", "title": "Bad Gateway", "status": 502, "code": "erp-connect-failed",
                     "detail": "No connection to odoo.lowlands.example could be made."}
    return 200, {"item": query["item"], "onHand": 1_000, "available": 640}


def webhook(store, match, query, body):
    known = store.resources["connectors"][match[1]]
    store.resources["connectors"][match[1]] = {**known, "webhook": "/api/v1/hooks/…"}
    return 200, {"path": "/api/v1/hooks/6fj2c0b7x1hqk4m9tz3wv8ns5d"}


def no_webhook(store, match, query, body):
    known = store.resources["connectors"][match[1]]
    store.resources["connectors"][match[1]] = {**known, "webhook": None}
    return 204, None


ROUTES = [("GET", "connector-kinds", kinds), ("POST", "connectors/([^/]+)/preflight", preflight), ("POST", "connectors/([^/]+)/test", preflight),
          ("POST", "connectors/([^/]+)/prepare", prepare), ("POST", "connectors/([^/]+)/pause", pausing(True)),
          ("POST", "connectors/([^/]+)/resume", pausing(False)), ("GET", "connectors/([^/]+)/choices/([^/]+)", choices),
          ("GET", "connectors/([^/]+)/items", items),
          ("POST", "connectors/([^/]+)/items/read", read_items), ("GET", "connectors/([^/]+)/stock", stock), ("POST", "connectors/([^/]+)/webhook", webhook),
          ("DELETE", "connectors/([^/]+)/webhook", no_webhook)]
