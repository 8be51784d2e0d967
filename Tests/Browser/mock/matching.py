"""Equipment of the ERP beside the assets of the plant, and which of them are the same thing."""

from .clock import iso, now


def equipment(reference, name, serial=None, tag=None, location=None, retired=False):
    return {"reference": reference, "name": name, "serial": serial, "tag": tag, "location": location, "retired": retired}


def row(state, thing, asset, score=0.0, *reasons):
    return {"state": state, "equipment": thing, "asset": asset, "score": score, "reasons": list(reasons)}


class Matching:
    """What was read from the ERP; nothing before the first reading."""

    def __init__(self, store):
        self.store, self.reads_left, self.read_at, self.error = store, 0, None, None
        self.patience = 2
        self.items = []

    def read(self):
        self.reads_left, self.error = self.patience, None

    def finish(self):
        self.read_at, self.items = iso(now()), []
        for number in range(1, 13):
            line, place = (number - 1) // 6 + 1, (number - 1) % 6 + 1
            asset = self.asset(f"motor-{number:02d}-unit")
            thing = equipment(f"EQ-{1000 + number}", f"Conveyor motor {line}.{place}", f"SN-44{number:02d}", f"M{line}{place}", f"Haarlem / Machining / Line {line}")
            if number == 3:
                self.items.append(row("linked", thing, asset, 1.0, "Linked by a person"))
            elif number == 5:
                self.items.append(row("drift", {**thing, "retired": True}, asset, 1.0, "Retired in the ERP since it was linked"))
            elif number == 6:
                self.items.append(row("drift", None, {**asset, "reference": "EQ-0999"}, 0, "Linked to EQ-0999, which the ERP no longer has"))
            elif number in (7, 8):
                self.items.append(row("duplicate", equipment("EQ-1007", "Conveyor motor 2.1", "SN-4407"), asset, 0.5, "Two assets are linked to EQ-1007"))
            elif number == 9:
                self.items.append(row("unmatched-asset", None, asset, 0))
            else:
                self.items.append(row("proposed", thing, asset, 0.97 if number < 4 else 0.72 if number < 11 else 0.41,
                                      *(("Same serial number SN-44%02d" % number,) if number < 4 else ()), "Similar name", f"Same line: Line {line}"))
        self.items += [row("unmatched-equipment", equipment("EQ-2001", "Compressor 1", "AC-77", None, "Haarlem / Utilities"), None),
                       row("unmatched-equipment", equipment("EQ-2002", "Spare gear box", None, None, "Haarlem / Store"), None),
                       row("unmatched-asset", None, self.asset("silo-1"))]

    def asset(self, key):
        path, at = [], key
        while at:
            path.insert(0, self.store.resources["assets"][at]["name"])
            at = self.store.resources["assets"][at]["parent"]
        return {"key": key, "name": path[-1], "path": path[:-1], "reference": None}

    def link(self, asset, reference):
        old = next((item for item in self.items if item["asset"] and item["asset"]["key"] == asset), None)
        known = next((item["equipment"] for item in self.items if item["equipment"] and item["equipment"]["reference"] == reference), None)
        place = self.items.index(old) if old else len(self.items)
        self.items = [item for item in self.items if item is not old and not (reference and item["state"] == "unmatched-equipment" and item["equipment"]["reference"] == reference)]
        new = row("linked", known, self.asset(asset), 1.0, "Linked by a person") if reference else row("unmatched-asset", None, self.asset(asset))
        self.items.insert(place, new)


def of(store, key):
    if key not in store.matchings:
        store.matchings[key] = Matching(store)
    return store.matchings[key]


def read(store, match, query, body):
    of(store, match[1]).read()
    return 202, {"reading": True}


def matching(store, match, query, body):
    found = of(store, match[1])
    if found.reads_left > 0:
        found.reads_left -= 1
        if found.reads_left == 0:
            if store.fails_matching:
                found.error = "Odoo refused to read maintenance.equipment: access denied. Give the user the group Equipment Manager."
            else:
                found.finish()
    return 200, {"readAt": found.read_at, "reading": found.reads_left > 0, "error": found.error, "items": found.items}


def links(store, match, query, body):
    for link in body["links"]:
        of(store, match[1]).link(link["asset"], link["reference"])
    return 200, {"updated": len(body["links"])}


ROUTES = [("POST", "connectors/([^/]+)/matching/read", read), ("GET", "connectors/([^/]+)/matching", matching),
          ("POST", "connectors/([^/]+)/matching/links", links)]
