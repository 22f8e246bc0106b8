"""The key that watermarks are signed with."""

from __future__ import annotations

import logging
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from edge.errors import ConfigError

log = logging.getLogger("edge.sink")


def read_signing_key(path: Path) -> Ed25519PrivateKey:
    """The Ed25519 private key in a PEM file (PKCS #8, not encrypted). Raises ConfigError naming the file."""
    try:
        readable_by_all = bool(path.stat().st_mode & 0o007)
        key = load_pem_private_key(path.read_bytes(), None)
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}", hint="check the path and the owner") from error
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise ConfigError(f"{path}: no private key in PEM", hint="`edge keys make --kind signing` makes one") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise ConfigError(f"{path}: no Ed25519 private key", hint="`edge keys make --kind signing` makes one")
    if readable_by_all:
        log.warning("everybody on this machine may read %s: whoever has it can make devices forget: chmod 600", path)
    return key
