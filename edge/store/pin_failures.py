"""How many wrong PINs were typed, in a file that outlives restarts and power cuts.

Whoever could set the counts back would have as many tries as they like. So the file is bound to the device key, and
that there once was one is noted in the roster: a file that was edited, damaged or taken away is not taken for a clean
record, but for the worst one. An older file put back in its place shows nothing; that takes the device's disk in hand.

A person stands in it under a keyed hash of the id, so that who was erased leaves nothing here that names them.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from edge.actions import KEYPAD
from edge.errors import DataError, EdgeError
from edge.store.keys import DeviceKey, load_device_key
from edge.store.roster import Roster
from edge.store.roster_records import is_id
from edge.store.roster_schema import ROSTER_NAME
from edge.store.roster_zone import ZoneRoster
from edge.store.statefile import put

LOST: Final = 1_000_000
"""The count of the keypad when the file cannot be believed: beyond any limit."""
FILE_NAME: Final = "pin-failures.json"
NOTE: Final = "pin_failures"
"""What is noted in the roster once there is such a file."""
HINT: Final = "find out who was at the device; then: edge people pin unlock, and restart the service"
_MOST_BYTES = 1 << 20
_MARKED = "person:"


class FailuresLostError(DataError):
    """The counts cannot be believed; nobody opens by PIN until somebody has looked."""


class FailureFile:
    """The file in a state directory."""

    def __init__(self, state: Path, key: DeviceKey) -> None:
        self.path = state / FILE_NAME
        self._key = key.derive("edge pins: counts of wrong ones")
        self._marking = key.derive("edge pins: marks of people")
        self._written: dict[str, int] | None = None  # by this object; whoever else writes does so while it is not open

    def read(self, people: Iterable[str]) -> dict[str, int]:
        """The counts by person or input; of persons only these. Raises FailuresLostError when there is no file, or none
        of ours.
        """
        try:
            with self.path.open("rb") as file:
                data = file.read(_MOST_BYTES + 1)
            whole = json.loads(data)
            counts = whole["failures"]
            if not hmac.compare_digest(str(whole["mac"]), self._mac(counts)):
                raise ValueError("it was written by somebody else")
            known = {self._mark(person): person for person in people}
            named = {known.get(name, name): int(count) for name, count in counts.items()}
            return {name: count for name, count in named.items() if not name.startswith(_MARKED)}
        except OSError as error:
            raise FailuresLostError(f"{self.path}: {error.strerror}", hint=HINT) from error
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise FailuresLostError(f"{self.path}: damaged: {error}", hint=HINT) from error

    def write(self, failures: Mapping[str, int]) -> None:
        """Replace the file; after the return it survives a power cut. Raises HardwareError; then it is as before."""
        counts = {self._mark(name): int(count) for name, count in failures.items() if count > 0}
        if counts == self._written:
            return
        data = json.dumps({"failures": counts, "mac": self._mac(counts)}).encode()
        put(self.path.parent, self.path, data)
        self._written = counts

    def _mark(self, name: str) -> str:
        """What stands for a person; an input keeps its name."""
        if not is_id(name):
            return name
        return _MARKED + hmac.digest(self._marking, name.encode(), "sha256")[:16].hex()

    def _mac(self, counts: object) -> str:
        return hmac.digest(self._key, json.dumps(counts, sort_keys=True).encode(), "sha256").hex()


def open_failures(state: Path, roster: Roster, key: DeviceKey) -> FailureFile:
    """The file, begun where there never was one. Raises FailuresLostError, HardwareError."""
    file = FailureFile(state, key)
    if file.path.exists() or roster.noted(NOTE):
        file.read(())
    else:
        file.write({})
    if not roster.noted(NOTE):
        roster.note(NOTE)
    return file


def initial_failures(state: Path) -> dict[str, int]:
    """What the decision begins with: the counts, or `{KEYPAD: LOST}` where they cannot be believed. Raises nothing."""
    if not (state / ROSTER_NAME).exists():
        return {}  # nobody has a PIN
    try:
        key = load_device_key(state)
        with ZoneRoster.open(state, read_only=True, key=key) as roster:
            begun, people = roster.noted(NOTE), roster.here()
        file = FailureFile(state, key)
        return file.read(people) if begun or file.path.exists() else {}
    except EdgeError:
        return {KEYPAD: LOST}
