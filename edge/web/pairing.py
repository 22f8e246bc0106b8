"""Letting a phone in: the code of the label makes an installer, the code that an installer gives makes the office.

There is no default password. On the device lie only Argon2id hashes.
"""

from __future__ import annotations

import hashlib
import secrets
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from edge.clock import Clock
from edge.errors import DataError, HardwareError
from edge.store.pin_hash import hash_pin, is_pin_hash, matches, nobodys_hash
from edge.web.durable import read_json, write_json
from edge.web.lockout import LOCK_S, Lockout, Trying

Role = Literal["installer", "office"]

LABEL = "pairing.json"
"""In the state directory; made with the card (edge/install/provision)."""
_OFFICE = "office-pairing.json"
_LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
"""As on the label: none is taken for another."""
_LONGEST = 64


@dataclass(frozen=True, slots=True)
class Tried:
    """What became of a code: `role` where it was right; `left`: tries until the lock-out, `locked_s`: its length;
    `counted`: it was compared, and wrong.
    """

    role: Role | None = None
    left: int = 0
    locked_s: float = 0.0
    counted: bool = False


class Pairing:
    """Compares codes, one after the other: each takes 19 MiB and a good part of a second on a small computer."""

    def __init__(self, state_dir: Path, folder: Path, boot: str, clock: Clock) -> None:
        self._label = state_dir / LABEL
        self._office = folder / _OFFICE
        self._lockout = Lockout(folder, boot)
        self._clock = clock
        self._alone = threading.Lock()

    def locked_s(self, address: str, press: str) -> float:
        """How long no code is taken from an address. `press`: as in Trying. Raises HardwareError."""
        with self._alone:
            return self._lockout.left_s(self._trying(address, press))

    def attempt(self, code: str, address: str, press: str) -> Tried:
        """Compare a code as somebody typed it. `press`: as in Trying. Raises HardwareError where a wrong one could not
        be counted, and where this device has no code.
        """
        plain = "".join(letter for letter in code[:_LONGEST].upper() if letter in _LETTERS)
        with self._alone:
            trying = self._trying(address, press)
            if (locked_s := self._lockout.left_s(trying)) > 0.0:
                return Tried(locked_s=locked_s)
            hashes = self._hashes()
            left = self._lockout.count(trying)
            # Each is compared whatever the others say, so that the time tells nothing.
            right = [role for role, hashed in hashes if matches(plain, hashed)]
            if right:
                self._lockout.clear(trying)
                return Tried(right[0])
            return Tried(left=left, locked_s=0.0 if left else LOCK_S, counted=True)

    def new_office_code(self) -> str:
        """A code for the office, in place of the one before; only its hash is kept. Raises HardwareError."""
        code = _code()
        with self._alone:
            write_json(self._office, {"pairing": hash_pin(code.replace("-", ""))})
        return code

    def _trying(self, address: str, press: str) -> Trying:
        label = hashlib.sha256(_hash_in(self._label).encode()).hexdigest()[:16]
        return Trying(address, press, label, self._clock().mono_s)

    def _hashes(self) -> list[tuple[Role, str]]:
        label = _hash_in(self._label)
        if not label:
            raise HardwareError(
                f"{self._label}: there is no pairing code on this device",
                hint="it comes with the card: edge provision; or make one: edge web --new-code",
            )
        return [("installer", label), ("office", _hash_in(self._office) or nobodys_hash())]


def _hash_in(path: Path) -> str:
    """Empty where there is none that fits."""
    try:
        hashed = (read_json(path) or {}).get("pairing")
    except DataError:
        return ""
    return hashed if isinstance(hashed, str) and is_pin_hash(hashed) else ""


def new_label_code(state_dir: Path) -> str:
    """A code for installers in place of the label's, for a device that was set up by hand. Raises HardwareError."""
    code = _code()
    write_json(state_dir / LABEL, {"pairing": hash_pin(code.replace("-", ""))}, state_dir)
    return code


def _code() -> str:
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(3))
