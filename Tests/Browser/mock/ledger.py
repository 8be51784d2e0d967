"""What became of a device's messages, imports of history, and the figures of the store."""

import csv
import io
import json
from datetime import date, datetime, timedelta, timezone

from . import plant
from .clock import iso, now

COUNTS = ("received", "stored", "merged", "duplicate", "conflict", "late", "rejected", "gaps", "gapSeconds", "sequenceGaps")


def _day(device: str, index: int) -> dict:
    """One day's counts; today's are lower, since it is not over."""
    full = 86_400 if index else max(1, now() % plant.DAY // 1000)
    troubled = device == "motor-03"
    duplicate, conflict, late, rejected, gaps = (12 + index % 5, 2 if index == 1 else 0, 40 if index == 3 else 0, index % 3, 1 + index % 2) if troubled else (0,) * 5
    stored = full - gaps * 70
    return dict(zip(COUNTS, (stored + duplicate + conflict + rejected, stored, 0, duplicate, conflict, late, rejected, gaps, gaps * 70, 3 if device == "motor-06" and index == 1 else 0)))


def ledger(store, match, query, body):
    device, count = match[1], int(query.get("days", "30"))
    if device in store.silent:
        empty = dict.fromkeys(COUNTS, 0)
        return 200, {"device": device, "since": None, "total": empty, "days": [], "clock": {"offsetSeconds": None, "suspicious": False},
                     "newest": None, "expectedInterval": 1}
    today = datetime.now(timezone.utc).date()
    days = [{"day": (today - timedelta(days=index)).isoformat(), **_day(device, index)} for index in range(min(count, 14))][::-1]
    total = {name: sum(day[name] for day in days) for name in COUNTS}
    drift = device == "motor-05"
    return 200, {"device": device, "since": days[0]["day"] + "T00:00:00.000Z", "total": total, "days": days,
                 "clock": {"offsetSeconds": 7200.4 if drift else 0.2, "suspicious": drift}, "newest": iso(now() - 900), "expectedInterval": 1}


def conflicts(store, match, query, body):
    items = [] if match[1] != "motor-03" else [
        {"ts": iso(now() - plant.DAY - 5000 * index), "receivedAt": iso(now() - plant.DAY + 400), "values": {"temperature": 61.5, "vibration": 2.2},
         "stored": {"temperature": 58.1, "vibration": 2.2}} for index in range(2)]
    return 200, {"items": items, "nextCursor": None}


def take_history(store, device: str, kind: str, payload: bytes) -> list[dict]:
    """The lines of the answer to a POST of NDJSON or CSV: progress, then the totals."""
    text, errors, totals = payload.decode("utf-8", "replace"), [], dict.fromkeys(COUNTS[:7], 0)
    rows = list(csv.DictReader(io.StringIO(text))) if kind.startswith("text/csv") else text.splitlines()
    first, lines = (2, []) if kind.startswith("text/csv") else (1, [])
    known = {metric["key"] for metric in store.resources["profiles"][store.resources["devices"][device]["profile"]]["metrics"]}
    for number, row in enumerate(rows, first):
        try:
            row = row if isinstance(row, dict) else json.loads(row)
            if isinstance(row.get("ts"), str) and not row["ts"].isdigit():
                datetime.fromisoformat(row["ts"].replace("Z", "+00:00"))
            if not known & row.keys():
                raise ValueError("none of its keys is a metric of the profile")
            key = (device, row["ts"])
            totals["received"] += 1
            totals["duplicate" if key in store.imported else "stored"] += 1
            store.imported.add(key)
        except (ValueError, KeyError) as error:
            totals["rejected"] += 1
            errors.append({"line": number, "code": "bad-time" if "isoformat" in str(error) else "bad-shape", "detail": f"{error}"[:120]})
        if number % 5000 == 0:
            lines.append({"line": number, **totals})
    return [*lines, {"done": True, **totals, "errors": errors[:100]}]


def storage(store, match, query, body):
    month, partitions = date.today().replace(day=1), []
    for index in range(5):
        partitions.append({"name": f"reading_forever_{month:%Y_%m}", "retention": "forever", "month": f"{month:%Y-%m}",
                           "rows": 3_110_000 - index * 170_000, "bytes": 470_000_000 if index < 2 else 48_000_000,
                           "state": ("open", "closed", "packing", "packed", "packed")[index]})
        month = (month - timedelta(days=1)).replace(day=1)
    partitions.append({"name": "reading_p90d_2026_11", "retention": "P90D", "month": "2026-11", "rows": 812_000, "bytes": 121_000_000, "state": "open"})
    return 200, {
        "databaseBytes": 1_910_000_000, "disk": {"path": "/var/lib/plantwright", "totalBytes": 120_000_000_000, "freeBytes": 71_400_000_000},
        "growthBytesPerDay": 96_500_000, "fullOn": (date.today() + timedelta(days=740)).isoformat(),
        "readings": {"rows": 7_100_000, "points": 35_500_000, "bytes": 1_065_000_000, "bytesPerPoint": 30.0, "oldest": "2026-07-01T00:00:00.000Z", "newest": iso(now())},
        "packed": {"rows": 5_600_000, "points": 28_000_000, "bytes": 96_000_000, "bytesPerPoint": 3.43},
        "rollups": {"bytes": 212_000_000, "dirty": 3, "behindSeconds": 41}, "partitions": partitions,
        "tables": [{"name": "alarm", "bytes": 4_100_000}, {"name": "delivery", "bytes": 9_800_000}, {"name": "rejected_message", "bytes": 1_200_000}]}


ROUTES = [("GET", "devices/([^/]+)/ledger", ledger), ("GET", "devices/([^/]+)/conflicts", conflicts), ("GET", "storage", storage)]
