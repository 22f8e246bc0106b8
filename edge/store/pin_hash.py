"""PINs as they are kept: Argon2id, and which ones nobody may choose.

Against somebody who has the hash no function helps: ten thousand PINs of four digits are tried in minutes. What keeps
the hash from them is the seal of the roster. The function makes each try at the keypad cost the same time, and keeps a
copy that leaked from being read at a glance.
"""

from __future__ import annotations

import re
import secrets
from itertools import pairwise
from typing import Final

from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from edge.errors import DataError

SHORTEST, LONGEST = 4, 8
# 19 MiB, 2 passes, 1 lane: the second of the equal choices of OWASP's password storage cheat sheet (2024). The choices
# of RFC 9106, section 4, take 64 MiB and more, which a daemon that may have 140 MB cannot lend to a keypad.
_MEMORY_KIB, _PASSES, _LANES = 19456, 2, 1
_SALT_BYTES, _HASH_BYTES = 16, 32
# Only these parameters: a hash from elsewhere must neither take longer than others nor ask for much memory.
_FORM: Final = re.compile(
    rf"\$argon2id\$v=19\$m={_MEMORY_KIB},t={_PASSES},p={_LANES}\$[A-Za-z0-9+/]{{22}}\$[A-Za-z0-9+/]{{43}}"
)
# Besides repetitions, ladders and years: the rest of the twenty that people choose most (DataGenetics, 2012).
_COMMON = frozenset(
    {"1004", "1010", "1122", "1313", "2580", "112233", "123123", "147258", "159753", "520520", "131420"}
)
_HINT = f"{SHORTEST} to {LONGEST} digits that nobody guesses"


def hash_pin(pin: str) -> str:
    """A new hash of a PIN, in the PHC form; takes some 30 ms and 19 MiB."""
    return _argon2().derive_phc_encoded(pin.encode())


def matches(pin: str, hashed: str) -> bool:
    """Whether the PIN is the one that was hashed; takes the same time either way. Raises DataError for no such hash."""
    if not is_pin_hash(hashed):
        raise DataError("that is no hash of a PIN")
    try:
        Argon2id.verify_phc_encoded(pin.encode(), hashed)
    except InvalidKey:
        return False
    return True


def nobodys_hash() -> str:
    """A hash that no PIN of digits fits, to compare with where there is none: it costs what a real one does."""
    return hash_pin(secrets.token_hex(16))


def is_pin_hash(text: object) -> bool:
    """Whether this is of the form that `hash_pin` makes."""
    return isinstance(text, str) and _FORM.fullmatch(text) is not None


def check_new_pin(pin: str, number: str = "") -> None:
    """Raises DataError for a PIN that may not be chosen, by somebody who types this `number` before it."""
    if not (pin.isascii() and pin.isdigit() and SHORTEST <= len(pin) <= LONGEST):
        raise DataError(f"a PIN has {SHORTEST} to {LONGEST} digits", hint=_HINT)
    if _guessed(pin) or (number and pin in (number, number[::-1])):
        raise DataError("that PIN is one of the first that anybody tries", hint=_HINT)


def _guessed(pin: str) -> bool:
    steps = {(int(after) - int(before)) % 10 for before, after in pairwise(pin)}
    ladder = len(steps) == 1 and steps <= {0, 1, 9}
    repeats = any(len(pin) % size == 0 and pin == pin[:size] * (len(pin) // size) for size in (1, 2))
    return ladder or repeats or pin in _COMMON or _dated(pin)


def _dated(pin: str) -> bool:
    """A year of the last century or this one, alone or with a day, which is somebody's birthday."""
    if len(pin) == 4:
        return pin[:2] in ("19", "20")
    if len(pin) != 8:
        return False
    days = ((pin[:4], pin[4:6], pin[6:]), (pin[4:], pin[2:4], pin[:2]), (pin[4:], pin[:2], pin[2:4]))
    return any(year[:2] in ("19", "20") and 1 <= int(month) <= 12 and 1 <= int(day) <= 31 for year, month, day in days)


def _argon2() -> Argon2id:
    return Argon2id(
        salt=secrets.token_bytes(_SALT_BYTES),
        length=_HASH_BYTES,
        iterations=_PASSES,
        lanes=_LANES,
        memory_cost=_MEMORY_KIB,
    )
