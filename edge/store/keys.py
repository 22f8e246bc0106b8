"""The device key: the one secret that everything personal at rest hangs from.

It wraps a key per person, and never encrypts anything personal itself, so that destroying one small wrapped key
erases a person. Where the key lies decides what the encryption is worth: beside the roster on the same card it
protects copies and backups of the roster, not a stolen card.
"""

from __future__ import annotations

import os
import secrets
import stat
from collections.abc import Mapping
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from edge.errors import DataError, HardwareError

KEY_BYTES = 32
KEY_NAME = "device.key"
_NONCE_BYTES = 12


class DeviceKey:
    """32 random bytes that never leave this object; other keys are derived from them by purpose.

    `identity` tells two device keys apart and reveals neither: a roster remembers it, so that "from another
    device" can be told from "damaged".
    """

    __slots__ = ("_secret", "identity")

    def __init__(self, secret: bytes) -> None:
        if len(secret) != KEY_BYTES:
            raise DataError(f"a device key has {KEY_BYTES} bytes, not {len(secret)}", hint="restore it from its backup")
        self._secret = secret
        self.identity = self.derive("edge: identity of a device key")[:8].hex()

    def derive(self, purpose: str) -> bytes:
        """A 32-byte key for one purpose (HKDF-SHA256, RFC 5869); one tells nothing of another."""
        return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=purpose.encode()).derive(self._secret)

    def __repr__(self) -> str:
        return f"DeviceKey({self.identity})"


def fingerprint(key: bytes) -> str:
    """Names a person's key, for the proof of its destruction, without telling anything of it."""
    derived = HKDF(algorithm=SHA256(), length=8, salt=None, info=b"edge: fingerprint of a person's key")
    return derived.derive(key).hex()


def about(*parts: object) -> bytes:
    """Associated data: what a sealed blob belongs to, each part as text (a damaged file may yield other things).

    Parts are joined by NUL, which none of ours holds.
    """
    return "\0".join(map(str, parts)).encode()


def seal(cipher: AESGCM, plain: bytes, data: bytes) -> bytes:
    """Encrypt with AES-256-GCM under a random nonce, which comes first in the result."""
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return nonce + cipher.encrypt(nonce, plain, data)


def unseal(cipher: AESGCM, sealed: bytes, data: bytes) -> bytes:
    """The inverse of `seal`. Raises DataError when anything, the associated data included, was altered."""
    try:
        return cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], data)
    except (InvalidTag, ValueError, TypeError) as error:  # a damaged file may yield text or nothing for a blob
        raise DataError("does not open: altered, damaged, or sealed for something else") from error


def load_device_key(state: Path, *, create: bool = False, environ: Mapping[str, str] | None = None) -> DeviceKey:
    """The key from the systemd credential `device.key`, or else from the file of that name in `state`.

    With `create` a missing file is made. Raises HardwareError when there is none, DataError when it has the
    wrong size or others may read it.
    """
    directory = (os.environ if environ is None else environ).get("CREDENTIALS_DIRECTORY")
    if directory and (credential := Path(directory, KEY_NAME)).exists():
        # No check of its mode: systemd shows the service's own access (an ACL) as a group's.
        return DeviceKey(_read(credential))
    path = state / KEY_NAME
    if create and not path.exists():
        write_new(path, secrets.token_bytes(KEY_BYTES))
    try:
        status = path.lstat()
    except FileNotFoundError as error:
        raise HardwareError(
            f"{path}: the device key is missing",
            hint="on a new device start the daemon once; else restore the file, or give the credential device.key",
        ) from error
    if not stat.S_ISREG(status.st_mode) or status.st_mode & 0o077:
        raise DataError(
            f"{path}: others may read the device key, or it is no plain file",
            hint=f"find out who could have copied it; then chmod 600 {path}",
        )
    return DeviceKey(_read(path))


def write_new(path: Path, content: bytes) -> bool:
    """Create a private file that is either absent or complete and durable; an existing one stays untouched.

    Returns whether this call made it. Run as root it is handed to the owner of the folder, since the daemon has
    to read what an administrator's command creates. Raises HardwareError when the folder cannot be written.
    """
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(handle, "wb") as file:
                if os.geteuid() == 0:
                    owner = path.parent.stat()
                    os.fchown(file.fileno(), owner.st_uid, owner.st_gid)
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            try:
                os.link(temporary, path)  # unlike a rename, this never replaces
            except FileExistsError:
                return False
        finally:
            temporary.unlink()
        sync_folder(path.parent)
    except OSError as error:
        raise HardwareError(f"{path}: cannot be created: {error.strerror}", hint="check the folder's owner") from error
    return True


def sync_folder(folder: Path) -> None:
    """Make names created or removed in a folder survive a power cut."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(KEY_BYTES + 1)
    except OSError as error:
        raise HardwareError(f"{path}: cannot be read: {error.strerror}", hint="run as the service's user") from error
