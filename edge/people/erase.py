"""Erasing a person, and the proof of it.

What is proved: that nothing of what stood in the roster for that person, the wrapped key above all, is left in
the bytes of the roster's files, read past SQLite. docs/people.md says what this does not prove.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from edge.clock import Now
from edge.errors import DataError, EdgeError, HardwareError
from edge.store.erasure import request as request_history
from edge.store.keys import fingerprint
from edge.store.roster import Roster

_WINDOW = 16
"""Bytes. SQLite splits a blob over pages and may leave a part of it, so pieces are looked for; 16 random bytes do
not occur by chance."""


@dataclass(frozen=True, slots=True)
class ErasureProof:
    """What was looked for in which files, and that it was there before and is not any more.

    `key_fingerprint`: names the destroyed key, empty when it could not be read any more. `found_before` shows that
    the search finds what is there; the erasure is complete when `found_after` is 0. `clock`: how good `time` is.
    """

    person: str
    time: str
    clock: str
    key_fingerprint: str
    files: tuple[str, ...]
    bytes_searched: int
    pieces: int
    found_before: int
    found_after: int

    @property
    def complete(self) -> bool:
        """Whether this proves an erasure."""
        return self.found_before > 0 and self.found_after == 0

    def as_json(self) -> dict[str, Any]:
        """As JSON values."""
        return {**asdict(self), "complete": self.complete}


class ErasureIncompleteError(EdgeError, RuntimeError):
    """Something of the person is left; `proof` says how much and in which files it was looked for."""

    def __init__(self, proof: ErasureProof) -> None:
        names = ", ".join(proof.files)
        super().__init__(
            f"{proof.found_after} of {proof.pieces} pieces of {proof.person} are still in {names}",
            hint="the person is off the roster; remove the copies of it that lie beside it",
        )
        self.proof = proof


def erase(roster: Roster, person: str, now: Now) -> ErasureProof:
    """Destroy a person's key, templates and profile, and prove it. Asks the daemon to erase their events as well.

    Raises ErasureIncompleteError when the search finds anything, EdgeError when nobody has that id. Reads the
    files of the roster past SQLite, so no other connection of this process may be in a transaction: closing a
    file drops the process's locks on it.
    """
    pieces = _pieces([person.encode(), *roster.sealed_parts(person)])
    try:
        key_fingerprint = fingerprint(roster.person_key(person))
    except DataError:
        key_fingerprint = ""  # the key's row is damaged; erasing it is as right as ever
    _, found_before, _ = _search(roster.path, pieces)
    request_history(roster.path.parent, person)  # first: a power cut after the roster must not leave the history
    roster.destroy(person)
    files, found_after, searched = _search(roster.path, pieces)
    proof = ErasureProof(
        person=person,
        time=now.wall.isoformat(timespec="seconds"),
        clock=now.quality,
        key_fingerprint=key_fingerprint,
        files=files,
        bytes_searched=searched,
        pieces=len(pieces),
        found_before=found_before,
        found_after=found_after,
    )
    if not proof.complete:
        raise ErasureIncompleteError(proof)
    return proof


def _pieces(parts: Sequence[bytes]) -> list[bytes]:
    return [part[at : at + _WINDOW] for part in parts for at in range(0, max(len(part) - _WINDOW, 0) + 1, _WINDOW)]


def _search(path: Path, pieces: Sequence[bytes]) -> tuple[tuple[str, ...], int, int]:
    """Names of the roster's file, its journals and copies beside it; how many pieces occur in them; their size."""
    names, found, size = [], set[bytes](), 0
    try:
        for file in sorted(path.parent.glob(f"{path.name}*")):
            content = file.read_bytes()
            names.append(file.name)
            size += len(content)
            found.update(piece for piece in pieces if piece in content)
    except OSError as error:
        raise HardwareError(f"{path}: cannot be searched: {error.strerror}", hint="check the disk") from error
    return tuple(names), len(found), size
