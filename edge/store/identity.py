"""The device's own pair of keys, and sealing to a public key so that nobody on the way can read.

Both private keys are derived from the device key, so there is no other secret to keep or to lose. What is sealed is
encrypted once with AES-256-GCM under a key agreed by X25519 with an ephemeral key (ECIES; RFC 7748, RFC 5869).
"""

from __future__ import annotations

from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from edge.errors import ConfigError, DataError
from edge.store.keys import KEY_BYTES, DeviceKey, seal, unseal

_PUBLIC_BYTES = 32


def signing_key(key: DeviceKey) -> Ed25519PrivateKey:
    """The key that the device signs with."""
    return Ed25519PrivateKey.from_private_bytes(key.derive("edge identity: signing, Ed25519"))


def sealing_key(key: DeviceKey) -> X25519PrivateKey:
    """The key that opens what was sealed to the device."""
    return X25519PrivateKey.from_private_bytes(key.derive("edge identity: sealing, X25519"))


def raw(public: Ed25519PublicKey | X25519PublicKey) -> bytes:
    """A public key as its 32 bytes."""
    return public.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)


def pem(public: Ed25519PublicKey | X25519PublicKey) -> bytes:
    """A public key as PEM, the form that configurations name."""
    return public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def read_signer(path: Path) -> Ed25519PublicKey:
    """The Ed25519 public key in a PEM file. Raises ConfigError naming the file."""
    key = _read_public(path)
    if not isinstance(key, Ed25519PublicKey):
        raise ConfigError(f"{path}: no Ed25519 public key", hint="`edge keys make --kind signing` makes one")
    return key


def read_recipient(path: Path) -> X25519PublicKey:
    """The X25519 public key in a PEM file. Raises ConfigError naming the file."""
    key = _read_public(path)
    if not isinstance(key, X25519PublicKey):
        raise ConfigError(f"{path}: no X25519 public key", hint="`edge keys make --kind sealing` makes one")
    return key


def read_opener(path: Path) -> X25519PrivateKey:
    """The X25519 private key in a PEM file. Raises ConfigError naming the file."""
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), None)
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}", hint="check the path and the owner") from error
    except (ValueError, TypeError) as error:
        raise ConfigError(f"{path}: no private key in PEM", hint="`edge keys make` writes them") from error
    if not isinstance(key, X25519PrivateKey):
        raise ConfigError(f"{path}: no X25519 private key", hint="`edge keys make --kind sealing` makes one")
    return key


def seal_to(recipient: X25519PublicKey, plain: bytes, about: bytes) -> bytes:
    """What only the holder of the recipient's private key can open, and only for the same `about`."""
    ephemeral = X25519PrivateKey.generate()
    public = raw(ephemeral.public_key())
    agreed = _agreed(ephemeral.exchange(recipient), public, raw(recipient))
    return public + seal(agreed, plain, about)


def open_sealed(own: X25519PrivateKey, sealed: bytes, about: bytes) -> bytes:
    """The inverse of `seal_to`. Raises DataError when it was altered, or sealed to another key or for another use."""
    public, rest = sealed[:_PUBLIC_BYTES], sealed[_PUBLIC_BYTES:]
    try:
        shared = own.exchange(X25519PublicKey.from_public_bytes(public))
    except ValueError as error:  # too short, or a point of small order
        raise DataError("does not open: no sealed message", hint="it was altered or cut off on its way") from error
    return unseal(_agreed(shared, public, raw(own.public_key())), rest, about)


def _agreed(shared: bytes, ephemeral: bytes, recipient: bytes) -> AESGCM:
    info = b"edge: sealed to a public key" + ephemeral + recipient
    return AESGCM(HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=info).derive(shared))


def _read_public(path: Path) -> object:
    try:
        return serialization.load_pem_public_key(path.read_bytes())
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}", hint="check the path and the owner") from error
    except ValueError as error:
        raise ConfigError(f"{path}: no public key in PEM", hint="`edge keys make` writes them") from error
