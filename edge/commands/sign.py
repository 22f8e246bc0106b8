"""The office's side: a command as a token, the second person's approval of it, and the counter between two of them."""

from __future__ import annotations

import fcntl
import hashlib
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edge.commands.judge import APPROVAL, COMMAND
from edge.errors import ConfigError, DataError, HardwareError
from edge.tokens import sign

LIFE_S = 120
"""From signing to expiry; a device takes at most five minutes."""


@dataclass(frozen=True, slots=True)
class Signer:
    """Who signs: the key, and the name that devices know it by."""

    kid: str
    key: Ed25519PrivateKey


def read_signer_key(path: Path) -> Ed25519PrivateKey:
    """The private key in a PEM file without a passphrase. Raises ConfigError."""
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}", hint="check the path and the owner") from error
    except (ValueError, TypeError) as error:
        raise ConfigError(
            f"{path}: no private key in PEM", hint="`edge keys make --kind signing` writes one"
        ) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise ConfigError(f"{path}: no Ed25519 key", hint="`edge keys make --kind signing` makes one")
    return key


def next_counter(path: Path, wall_us: int) -> int:
    """A number above all that this file gave before: the time in milliseconds, or one more than the last.

    So a lost file does no harm as long as the clock is right. Raises HardwareError, DataError.
    """
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        with os.fdopen(handle, "r+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)  # two commands at once get two numbers
            text = file.read(32).strip()
            if text and not text.isdigit():
                raise DataError(f"{path}: no counter in it", hint="remove it; the time takes its place")
            counter = max(int(text or b"0") + 1, wall_us // 1000)
            file.seek(0)
            file.truncate()
            file.write(b"%d\n" % counter)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise HardwareError(f"{path}: cannot be written: {error.strerror}", hint="name a --counter-file") from error
    return counter


def command_token(
    name: str, args: Mapping[str, Any], audience: str, signer: Signer, counter: int, wall_us: int, nonce: str = ""
) -> tuple[str, str]:
    """The id of the command and its token; with `nonce` in place of the expiry."""
    issued, id_ = wall_us // 1_000_000, secrets.token_hex(8)
    fresh: dict[str, Any] = {"nonce": nonce} if nonce else {"exp": issued + LIFE_S}
    claims = {"aud": audience, "cmd": name, "args": dict(args), "ctr": counter, "jti": id_, "iat": issued, **fresh}
    return id_, sign(claims, COMMAND, signer.kid, signer.key)


def approved(token: str, audience: str, second: Signer, counter: int, wall_us: int) -> str:
    """The token with the approval of a second person behind it."""
    issued = wall_us // 1_000_000
    of = hashlib.sha256(token.encode()).hexdigest()
    claims = {"aud": audience, "of": of, "ctr": counter, "iat": issued, "exp": issued + LIFE_S}
    return f"{token}\n{sign(claims, APPROVAL, second.kid, second.key)}"
