"""Making a bundle, on the machine that builds releases. The same wheels and time give the same bytes."""

from __future__ import annotations

import hashlib
import io
import tarfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edge.errors import DataError
from edge.update import minisign
from edge.update.bundle import CONTENT, MANIFEST, SIGNATURE, WHEELS
from edge.update.manifest import ANY, File, Manifest, is_version, read_manifest

_PIECE = 1 << 20


def describe(
    wheels: Sequence[Path],
    created: datetime,
    *,
    python: str = ANY,
    machine: str = ANY,
    oldest: str = "0.0.0",
    downgrade: bool = False,
) -> Manifest:
    """The manifest of a bundle of these wheels, among which there is exactly one of edge, whose version it takes.

    Raises DataError.
    """
    versions = [wheel.name.split("-")[1] for wheel in wheels if wheel.name.startswith("edge-")]
    if len(versions) != 1 or not is_version(versions[0]):
        raise DataError(f"{len(versions)} wheels of edge among them", hint="exactly one is wanted, of a version 1.2.3")
    files = {f"{WHEELS}/{wheel.name}": File(_sha256(wheel), wheel.stat().st_size) for wheel in sorted(wheels)}
    if len(files) != len(wheels):
        raise DataError("two wheels of one name", hint="leave one out")
    time = created.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    manifest = Manifest(versions[0], python, machine, oldest, downgrade, time, files)
    return read_manifest(manifest.as_json())


def file_name(manifest: Manifest) -> str:
    """What a device looks for when it is told nothing but the version."""
    return bundle_name(manifest.version, manifest.python, manifest.machine)


def bundle_name(version: str, python: str, machine: str) -> str:
    """Like `edge-0.2.0-cp311-aarch64.bundle`."""
    return f"edge-{version}-{python}-{machine}.bundle"


def make(target: Path, manifest: Manifest, wheels: Sequence[Path], key: Ed25519PrivateKey) -> str:
    """Write the bundle, sign it, and return its SHA-256."""
    by_name = {f"{WHEELS}/{wheel.name}": wheel for wheel in wheels}
    content = target.with_name(f".{target.name}.content")
    try:
        with tarfile.open(content, "w", format=tarfile.USTAR_FORMAT) as inner:
            _add_bytes(inner, MANIFEST, manifest.as_json())
            for name in manifest.files:
                member = tarfile.TarInfo(name)
                member.size = by_name[name].stat().st_size
                with by_name[name].open("rb") as file:
                    inner.addfile(member, file)
        digest = hashlib.blake2b()
        with content.open("rb") as file:
            while piece := file.read(_PIECE):
                digest.update(piece)
        comment = f"edge {manifest.version} {manifest.python} {manifest.machine} {manifest.created}"
        with tarfile.open(target, "w", format=tarfile.USTAR_FORMAT) as outer:
            _add_bytes(outer, SIGNATURE, minisign.sign(digest.digest(), key, comment).encode())
            member = tarfile.TarInfo(CONTENT)
            member.size = content.stat().st_size
            with content.open("rb") as file:
                outer.addfile(member, file)
    finally:
        content.unlink(missing_ok=True)
    return _sha256(target)


def _add_bytes(archive: tarfile.TarFile, name: str, data: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(data)
    archive.addfile(member, io.BytesIO(data))


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
