"""The installer accepts the device: its report is signed, the office is told, and it counts as commissioned.

The office is told with the signature, before the device can note that it is commissioned. So a note of what is under
way is made first: where the power goes in between, the page finishes it at its next start, or the doctor at its own.
"""

from __future__ import annotations

import base64
import hashlib
import json
import logging
from pathlib import Path
from typing import TYPE_CHECKING

from edge.errors import DataError, EdgeError, UsageError
from edge.install.doctor.report import FOLDER, Files, Report, keep, stem
from edge.local.service import COMMISSIONED
from edge.store.statefile import put

if TYPE_CHECKING:
    from edge.install.doctor.bench import Bench

UNDER_WAY = "under-way"
"""In the reports' folder; no report's name."""

log = logging.getLogger(__name__)


def accept(report: Report, bench: Bench) -> Files:
    """The report is signed and kept, the office is told, and from now on the device counts as commissioned. Raises
    UsageError when a check failed or nobody's name stands there, and what `keep` raises.
    """
    if report.counts()["failed"]:
        raise UsageError("a device with a failure cannot be accepted", hint="put it right, then run the doctor again")
    if not report.head["installer"]:
        raise UsageError("who accepts it?", hint="give the installer's name")
    state_dir = bench.config.store.state_dir
    note = state_dir / FOLDER / UNDER_WAY
    put(state_dir, note, json.dumps({"report": stem(report)}).encode() + b"\n")
    try:
        files = keep(report, bench, accepted=True)
    except EdgeError:
        note.unlink(missing_ok=True)
        raise
    _commission(state_dir, files.json)
    note.unlink(missing_ok=True)
    return files


def finish(state_dir: Path) -> bool:
    """Finish what was cut off: whether the device is commissioned by that. A report that the device has not signed any
    more was not told to the office, and is thrown away; where that cannot be judged, everything stays as it is.
    """
    note = state_dir / FOLDER / UNDER_WAY
    if not note.exists():
        return False
    try:
        report = _named_in(note)
        genuine = _accepted(state_dir, report)
        if genuine:
            _commission(state_dir, report)
            log.warning("an acceptance that was cut off is finished: %s", report.stem)
        else:
            log.warning("an acceptance was cut off before the device had signed it; it has to be accepted again")
            for ending in ("json", "html", "jws"):
                report.with_suffix(f".{ending}").unlink(missing_ok=True)
        note.unlink(missing_ok=True)
    except (EdgeError, OSError) as error:
        log.error("an acceptance that was cut off cannot be finished: %s", error)
        return False
    return genuine


def _commission(state_dir: Path, report: Path) -> None:
    data = report.read_bytes()
    head = json.loads(data)
    told = {
        "time": head["time"],
        "installer": head["installer"],
        "report": report.name,
        "sha256": hashlib.sha256(data).hexdigest(),
        "token": report.with_suffix(".jws").read_text().strip(),
    }
    put(state_dir, state_dir / COMMISSIONED, json.dumps(told, ensure_ascii=False).encode() + b"\n")


def _named_in(note: Path) -> Path:
    try:
        name = str(json.loads(note.read_bytes())["report"])
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise DataError(f"{note}: damaged", hint="remove it, and accept the device again") from error
    if Path(name).name != name:
        raise DataError(f"{note}: names no report", hint="remove it, and accept the device again")
    return note.with_name(f"{name}.json")


def _accepted(state_dir: Path, report: Path) -> bool:
    """Whether the device has signed this as accepted. Raises HardwareError where its key cannot be had."""
    from edge.install.doctor.genuine import verify_report
    from edge.store.identity import raw, signing_key
    from edge.store.keys import load_device_key

    public = base64.urlsafe_b64encode(raw(signing_key(load_device_key(state_dir)).public_key())).decode()
    try:
        return bool(verify_report(report, public)["accepted"])
    except DataError:
        return False
