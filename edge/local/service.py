"""Whether the installer's page may be open: until the device is commissioned, and for ten minutes after its button was
pressed. Both are files, so that the page knows also while no daemon runs.
"""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

from edge.clock import boot_id

WINDOW = "service-window.json"
"""In the runtime directory: `{"opened_monotonic": s, "bootid": "…", "until_monotonic": s}`."""
COMMISSIONED = "commissioned.json"
"""In the state directory, written by `edge doctor` when the installer has accepted its report."""
LONGEST_S = 600.0


def commissioned(state_dir: Path) -> bool:
    """Whether the device was accepted. A file that is there and damaged counts: the page stays shut on doubt."""
    return (state_dir / COMMISSIONED).exists()


def window_left_s(runtime_dir: Path, now_s: float | None = None) -> float:
    """How long the window is still open, in seconds; 0 when it is shut. What is not understood, is of another boot, or
    claims more than ten minutes opens nothing. `now_s`: the monotonic time.
    """
    now_s = time.monotonic() if now_s is None else now_s
    try:
        told = json.loads((runtime_dir / WINDOW).read_bytes())
        opened_s, until_s = float(told["opened_monotonic"]), float(told["until_monotonic"])
        this_boot = told["bootid"] == boot_id()
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return 0.0
    if not this_boot or not opened_s <= now_s < until_s or until_s - opened_s > LONGEST_S:
        return 0.0
    return until_s - now_s


def service(state_dir: Path, runtime_dir: Path) -> dict[str, Any]:
    """Both, JSON-ready."""
    left_s = window_left_s(runtime_dir)
    return {"commissioned": commissioned(state_dir), "window_open": left_s > 0.0, "left_s": round(left_s, 1)}
