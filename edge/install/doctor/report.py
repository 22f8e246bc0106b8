"""The acceptance report: what was found, as data and as a page to print, signed by the device.

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
from edge.errors import DataError, EdgeError, UsageError
from edge.install.doctor.checks import Result, Verdict
from edge.store.statefile import put

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


def keep(report: Report, bench: Bench, *, accepted: bool = False) -> Files:
    """Write the report into the state directory and have it signed. Raises HardwareError, RefusedError."""
    from edge.install.doctor.page import page

    told = {**report.as_json(), "accepted": accepted}
    data = json.dumps(told, ensure_ascii=False, indent=1).encode() + b"\n"
    html = page(told).encode()
    hashes = {"json": _sha256(data), "html": _sha256(html)}
    state_dir = bench.config.store.state_dir
    folder = state_dir / FOLDER
    name = stem(report)
    paths = {ending: folder / f"{name}.{ending}" for ending in ("json", "html", "jws")}
    put(state_dir, paths["html"], html)
    put(state_dir, paths["json"], data)
    try:  # at last, since the office hears of what is signed
        token = bench.desk.sign(hashes, accepted=accepted, counts=report.counts())
    except EdgeError:
        for path in (paths["html"], paths["json"]):
            path.unlink(missing_ok=True)
        raise
    put(state_dir, paths["jws"], token.encode() + b"\n")
    return Files(paths["json"], paths["html"], paths["jws"], token)


def stem(report: Report) -> str:
    """The names of its files, but for their endings."""
    stamp = str(report.head["time"]).replace("-", "").replace(":", "").replace("+0000", "Z")
    return f"{report.head['device']}-{stamp}"


def board_name(root: Path) -> str:
    """What the machine calls itself: the device tree's model on a Raspberry Pi, elsewhere the kind of processor."""
    try:
        return (root / "proc/device-tree/model").read_text().strip("\0\n ")
    except OSError:
        return os.uname().machine


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


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
