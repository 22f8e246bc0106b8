"""The service window: for ten minutes after the button was pressed the device's own page answers.

It is a file in the runtime directory, so that a page in another process can look, and a restart of the machine ends
it. The times are monotonic, since the wall clock may be set in between, and hold in the boot that the file names.
"""

from __future__ import annotations

import json
import math
from pathlib import Path

WINDOW_FILE = "service-window.json"
ACCESS_POINT_FILE = "access-point.json"
"""A request for the access point, of the same form; `edge-access-point.path` waits for it."""
OPEN_S = 600.0
_MOST_BYTES = 4096


def open_window(path: Path, bootid: str, now_s: float) -> float:
    """Write the file, whole or not at all; returns until when it holds. Raises OSError."""
    until_s = now_s + OPEN_S
    fresh = path.with_suffix(".tmp")
    fresh.write_text(json.dumps({"opened_monotonic": now_s, "bootid": bootid, "until_monotonic": until_s}))
    fresh.replace(path)
    return until_s


def open_until(path: Path, bootid: str, now_s: float) -> float | None:
    """Until when the window is open, monotonic; None while it is shut, and for a file that cannot be trusted."""
    if not path.is_file():  # root reads it too, in a directory of the daemon's: nothing else must make it wait
        return None
    try:
        with path.open("rb") as file:
            found = json.loads(file.read(_MOST_BYTES))
        began_s, until_s = float(found["opened_monotonic"]), float(found["until_monotonic"])
        good = found["bootid"] == bootid and math.isfinite(began_s) and began_s <= now_s < until_s <= began_s + OPEN_S
    except (OSError, ValueError, LookupError, TypeError, OverflowError):
        return None
    return until_s if good else None
