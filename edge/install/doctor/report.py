"""The acceptance report: what was found, as data and as a page to print, signed by the device, and what it means that
somebody has accepted it.

The files are signed as they are, byte for byte, so that the signature can be checked without this program: a compact
JWS (Ed25519) beside them holds the SHA-256 of each. The device signs at its local desk, since its key is the service's.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edge import __version__
from edge.clock import kernel_synchronised
from edge.errors import DataError, EdgeError, HardwareError, UsageError
from edge.install.doctor.checks import Result, Verdict
from edge.local.service import COMMISSIONED
from edge.store.keys import sync_folder

if TYPE_CHECKING:
    from edge.install.doctor.bench import Bench

FOLDER = "acceptance"
FORMAT = 1
MOST_NOTE, MOST_NAME = 2000, 80


@dataclass(frozen=True, slots=True)
class Report:
    """`head` says of which device and by whom, JSON-ready; `results` are the checks'."""

    head: Mapping[str, Any]
    results: Sequence[Result]

    def counts(self) -> dict[str, int]:
        """How many checks ended how."""
        found = Counter(result.verdict for result in self.results)
        return {
            "passed": found[Verdict.PASSED],
            "warnings": found[Verdict.WARNING],
            "failed": found[Verdict.FAILED],
            "skipped": found[Verdict.SKIPPED],
        }

    def as_json(self) -> dict[str, Any]:
        return {**self.head, **self.counts(), "checks": [result.as_json() for result in self.results]}


@dataclass(frozen=True, slots=True)
class Files:
    """Where a report lies. `token`: the signature, which is also the content of `signature`."""

    json: Path
    html: Path
    signature: Path
    token: str


def make_report(bench: Bench, results: Sequence[Result], installer: str, note: str) -> Report:
    """Raises UsageError for a name or a note that does not fit on a report."""
    for text, longest, what in ((installer, MOST_NAME, "the installer's name"), (note, MOST_NOTE, "the note")):
        if len(text) > longest or not all(one.isprintable() or one == "\n" for one in text):
            raise UsageError(f"{what} does not fit", hint=f"at most {longest} printable characters")
    device = bench.config.device
    head = {
        "format": FORMAT,
        "device": device.id,
        "site": device.site,
        "roles": list(device.roles),
        "edge": __version__,
        "board": board_name(bench.root),
        "config_sha256": _sha256(bench.config_file.read_bytes()),
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "clock": "synced" if kernel_synchronised() else "unsynced",
        "installer": installer.strip(),
        "note": note.strip(),
    }
    return Report(head, tuple(results))


def accept(report: Report, bench: Bench) -> Files:
    """The installer accepts the device: the report is signed and kept, the office is told, and from now on the device
    counts as commissioned. Raises UsageError when a check failed or nobody's name stands there.
    """
    if report.counts()["failed"]:
        raise UsageError("a device with a failure cannot be accepted", hint="put it right, then run the doctor again")
    if not report.head["installer"]:
        raise UsageError("who accepts it?", hint="give the installer's name")
    files = keep(report, bench, accepted=True)
    told = {
        "time": report.head["time"],
        "installer": report.head["installer"],
        "report": files.json.name,
        "sha256": _sha256(files.json.read_bytes()),
        "token": files.token,
    }
    _write(bench.config.store.state_dir / COMMISSIONED, json.dumps(told, ensure_ascii=False).encode() + b"\n")
    return files


def keep(report: Report, bench: Bench, *, accepted: bool = False) -> Files:
    """Write the report into the state directory and have it signed. Raises HardwareError, RefusedError."""
    from edge.install.doctor.page import page

    told = {**report.as_json(), "accepted": accepted}
    data = json.dumps(told, ensure_ascii=False, indent=1).encode() + b"\n"
    html = page(told).encode()
    hashes = {"json": _sha256(data), "html": _sha256(html)}
    stamp = str(report.head["time"]).replace("-", "").replace(":", "").replace("+0000", "Z")
    folder = bench.config.store.state_dir / FOLDER
    stem = f"{report.head['device']}-{stamp}"
    paths = {ending: folder / f"{stem}.{ending}" for ending in ("json", "html", "jws")}
    _write(paths["html"], html)
    _write(paths["json"], data)
    try:  # at last, since the office hears of what is signed
        token = bench.desk.sign(hashes, accepted=accepted, counts=report.counts())
    except EdgeError:
        for path in (paths["html"], paths["json"]):
            path.unlink(missing_ok=True)
        raise
    _write(paths["jws"], token.encode() + b"\n")
    return Files(paths["json"], paths["html"], paths["jws"], token)


def board_name(root: Path) -> str:
    """What the machine calls itself: the device tree's model on a Raspberry Pi, elsewhere the kind of processor."""
    try:
        return (root / "proc/device-tree/model").read_text().strip("\0\n ")
    except OSError:
        return os.uname().machine


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _write(path: Path, content: bytes) -> None:
    """Whole and durable or not at all, and the service's own like everything in its state directory."""
    fresh = path.with_name(f".{path.name}.new")
    try:
        state_dir = path.parent if path.parent.name != FOLDER else path.parent.parent
        owner = state_dir.stat()
        path.parent.mkdir(mode=0o700, exist_ok=True)
        with fresh.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if os.geteuid() == 0:
            os.chown(path.parent, owner.st_uid, owner.st_gid)
            os.chown(fresh, owner.st_uid, owner.st_gid)
        fresh.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        raise HardwareError(f"{path} cannot be written: {error.strerror}", hint="is the disk full?") from error


def read_report(path: Path) -> tuple[bytes, bytes, str]:
    """The JSON, the HTML beside it and the signature beside it. Raises DataError."""
    try:
        return (
            path.read_bytes(),
            path.with_suffix(".html").read_bytes(),
            path.with_suffix(".jws").read_text().strip(),
        )
    except (OSError, ValueError) as error:
        raise DataError(
            f"{path}: the report is not complete: {error}", hint="its .json, .html and .jws belong together"
        ) from error
