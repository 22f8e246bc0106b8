"""What a bundle says of itself: which version it brings, for which machines, coming from where."""

from __future__ import annotations

import json
import platform
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from edge.errors import DataError

FORMAT = 1
MOST_BYTES = 1 << 20
MOST_FILES = 500
MOST_TOTAL_BYTES = 1 << 30
ANY = "any"
FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,127}")
"""What a bundle's file may be called; no folder is in it."""
_VERSION = re.compile(r"(\d{1,6})\.(\d{1,6})\.(\d{1,6})(?:(a|b|rc)(\d{1,6}))?")
_STAGES = {"a": 0, "b": 1, "rc": 2, None: 3}
_FILE = re.compile(r"wheels/[A-Za-z0-9][A-Za-z0-9._+-]{0,199}\.whl")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_CREATED = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_KEYS = frozenset({"format", "name", "version", "python", "machine", "from", "downgrade", "created", "files"})


class BadBundleError(DataError):
    """The bundle is not as bundles are: damaged, or made by something else."""


class UnfitError(DataError):
    """A sound bundle, but not for this device as it is now."""


@dataclass(frozen=True, slots=True)
class File:
    """One wheel of a bundle."""

    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """`python`: like `cp311`, or `any`; `machine`: like `aarch64`, or `any`. `oldest`: the oldest version it can come
    from; `downgrade`: may also take the place of a newer one.
    """

    version: str
    python: str
    machine: str
    oldest: str
    downgrade: bool
    created: str
    files: Mapping[str, File]

    def as_json(self) -> bytes:
        """As it stands in the bundle."""
        said = {
            "format": FORMAT,
            "name": "edge",
            "version": self.version,
            "python": self.python,
            "machine": self.machine,
            "from": self.oldest,
            "downgrade": self.downgrade,
            "created": self.created,
            "files": {name: {"sha256": one.sha256, "bytes": one.size} for name, one in self.files.items()},
        }
        return json.dumps(said, indent=1, sort_keys=True).encode() + b"\n"

    def check_fit(self, installed: str, *, downgrade: bool) -> None:
        """Raises UnfitError unless it can take the place of the version `installed`. `downgrade`: one was asked for."""
        for what, wanted, here in (
            ("Python", self.python, python_tag()),
            ("a machine of the kind", self.machine, machine_tag()),
        ):
            if wanted not in (ANY, here):
                raise UnfitError(f"made for {what} {wanted}, and this is {here}", hint="get the bundle for this device")
        if order(self.version) < order(installed):
            if not downgrade or not self.downgrade:
                raise UnfitError(
                    f"{self.version} is older than {installed}, which is installed",
                    hint="going back takes both --downgrade and a bundle that is signed for it",
                )
        elif order(installed) < order(self.oldest):
            raise UnfitError(
                f"{self.version} can be installed from {self.oldest} on, and this is {installed}",
                hint=f"install {self.oldest} first",
            )


def python_tag() -> str:
    """Which wheels this interpreter takes: `cp311` for CPython 3.11."""
    return f"cp{sys.version_info.major}{sys.version_info.minor}"


def machine_tag() -> str:
    """The kind of this machine: `aarch64`, `x86_64`."""
    return platform.machine()


def is_version(text: object) -> bool:
    """Whether it is a version as ours are: 1.2.3, 1.2.3rc1."""
    return isinstance(text, str) and _VERSION.fullmatch(text) is not None


def order(version: str) -> tuple[int, int, int, int, int]:
    """What versions are compared by. Raises UnfitError for what is none."""
    match = _VERSION.fullmatch(version)
    if match is None:
        raise UnfitError(f"{version[:80]!r} is no version", hint="versions are like 1.2.3 or 1.2.3rc1")
    major, minor, patch, stage, number = match.groups()
    return int(major), int(minor), int(patch), _STAGES[stage], int(number or 0)


def is_newer(version: str, than: str) -> bool:
    """Also where one of them is no version of ours, as a broken one may say."""
    try:
        return order(version) > order(than)
    except UnfitError:
        return True


def read_manifest(data: bytes) -> Manifest:
    """The manifest in a bundle. Raises BadBundleError, UnfitError for a format that this version does not know."""
    try:
        said = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise BadBundleError("the manifest is no JSON", hint="make the bundle anew") from error
    if not isinstance(said, dict) or said.get("name") != "edge":
        raise BadBundleError("the manifest is none of edge", hint="this is the bundle of another program")
    if said.get("format") != FORMAT:
        raise UnfitError("a bundle of another format", hint="install a version in between first")
    files = _files(said.get("files"))
    texts = ("version", "python", "machine", "from", "created")
    good = (
        said.keys() == _KEYS
        and all(isinstance(said[name], str) and len(said[name]) <= 80 for name in texts)
        and is_version(said["version"])
        and is_version(said["from"])
        and type(said["downgrade"]) is bool
        and _CREATED.fullmatch(said["created"]) is not None
    )
    if not good:
        raise BadBundleError("the manifest is not as it should be", hint="make the bundle anew")
    return Manifest(
        said["version"], said["python"], said["machine"], said["from"], said["downgrade"], said["created"], files
    )


def _files(said: Any) -> dict[str, File]:
    if not isinstance(said, dict) or not 1 <= len(said) <= MOST_FILES:
        raise BadBundleError(f"the manifest names no files, or more than {MOST_FILES}", hint="make the bundle anew")
    files = {}
    for name, one in said.items():
        if not _FILE.fullmatch(name):
            raise BadBundleError(f"{name[:80]!r} is no name of a file in a bundle", hint="it is refused as it is")
        sha256, size = (one.get("sha256"), one.get("bytes")) if isinstance(one, dict) else (None, None)
        if not isinstance(sha256, str) or not _SHA256.fullmatch(sha256) or type(size) is not int or size < 0:
            raise BadBundleError(f"{name}: no length or no SHA-256", hint="make the bundle anew")
        files[name] = File(sha256, size)
    if sum(one.size for one in files.values()) > MOST_TOTAL_BYTES:
        raise BadBundleError("larger than 1 GiB", hint="it is refused as it is")
    return files
