"""Time as the made-up server tells it."""

import time
from datetime import datetime, timezone


def iso(milliseconds: float | None) -> str | None:
    if milliseconds is None:
        return None
    moment = datetime.fromtimestamp(milliseconds / 1000, timezone.utc)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def now() -> int:
    return int(time.time() * 1000)
