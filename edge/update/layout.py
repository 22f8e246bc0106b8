"""Where versions lie, and the links that choose between them.

    /opt/edge/versions/0.2.0/   a version: a virtual environment and what it was made from
    /opt/edge/current           what the daemon runs
    /opt/edge/trusted           the last version that has proved itself; what watches and takes back an update runs it
    /opt/edge/previous          the one trusted before, for going back by hand
    /opt/edge/update/           the journal and the files of an update under way

A link is replaced by a rename, so that at any moment it names one version or the other.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from edge.errors import DataError, EdgeError, HardwareError
from edge.store.keys import sync_folder

DEFAULT_ROOT = Path("/opt/edge")
CURRENT, TRUSTED, PREVIOUS = "current", "trusted", "previous"
NEW_SUFFIX = ".new"
RECEIPT = "bundle.json"
_NAME = re.compile(r"[0-9][A-Za-z0-9.]{0,79}")
_ASK_S = 60.0


class UpdateBusyError(EdgeError):
    """Another process, or a child that it left, is at work on the same versions."""


class Layout:
    """The folder that holds all versions. Methods raise HardwareError where the disk does not do what is asked."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.versions = root / "versions"
        self.work = root / "update"
        self.held: tuple[int, ...] = ()  # the lock's file, for children that are not to be overtaken

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Hold the folder; raises UpdateBusyError at once where somebody else does. It ends with the process and the
        children that it has passed `held` to, at the latest.
        """
        with translated(self.work):
            self.work.mkdir(mode=0o755, parents=True, exist_ok=True)
            self.versions.mkdir(mode=0o755, exist_ok=True)
            handle = os.open(self.work / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise UpdateBusyError(
                    "another update is at work here", hint="see: edge update status; try again when it is done"
                ) from error
            self.held = (handle,)
            yield
        finally:
            self.held = ()
            os.close(handle)

    def folder(self, link: str) -> Path | None:
        """The folder that a link names, where there is one."""
        try:
            found = (self.root / link).resolve(strict=True)
        except (OSError, RuntimeError):  # RuntimeError: links in a circle, before Python 3.13
            return None
        return found if found.is_dir() else None

    def switch(self, link: str, folder: Path) -> None:
        """Let a link name a folder below the root, durably; before and after a power cut it names one of the two."""
        fresh = self.root / f".{link}{NEW_SUFFIX}"
        with translated(self.root / link):
            fresh.unlink(missing_ok=True)
            fresh.symlink_to(folder.relative_to(self.root.resolve()))
            fresh.replace(self.root / link)
            sync_folder(self.root)

    def adopt(self, folder: Path) -> None:
        """Begin with a version that was installed by other means, `folder` being its virtual environment.

        Links that are there already stay. Raises DataError for a folder that is not below the root.
        """
        if not folder.resolve().is_relative_to(self.root.resolve()):
            raise DataError(f"{folder} is not below {self.root}", hint="install edge below that folder first")
        if not os.access(folder / "bin" / "edge", os.X_OK):
            raise DataError(
                f"{folder} holds no bin/edge", hint="give the virtual environment that edge is installed in"
            )
        for link in (TRUSTED, CURRENT):
            if self.folder(link) is None:
                self.switch(link, folder.resolve())

    def installed(self) -> list[str]:
        """The names of the versions that are complete, the current one included."""
        if not self.versions.is_dir():
            return []
        return sorted(one.name for one in self.versions.iterdir() if _NAME.fullmatch(one.name) and one.is_dir())

    def place(self, version: str) -> Path:
        """Where a version lies when it is complete."""
        return self.versions.resolve() / version

    def receipt(self, folder: Path) -> str:
        """The SHA-256 of the bundle that a version was made from; empty where none is written down."""
        try:
            said = json.loads((folder / RECEIPT).read_bytes()[:4096])
        except (OSError, ValueError):
            return ""
        return str(said.get("sha256", "")) if isinstance(said, dict) else ""

    def remove_unneeded(self, keep: str = "") -> int:
        """Remove the versions that no link names, all but `keep` and the one that runs this; how many they were."""
        named = {self.folder(link) for link in (CURRENT, TRUSTED, PREVIOUS)} | {Path(sys.prefix).resolve()}
        unneeded = [name for name in self.installed() if self.place(name) not in named and name != keep]
        for name in unneeded:
            remove(self.place(name))
        return len(unneeded)


def version_in(folder: Path) -> str:
    """Asks the version that is installed there. Raises DataError when it does not answer."""
    answer = run(folder, "--version", timeout_s=_ASK_S)
    words = answer.stdout.split()
    if answer.returncode != 0 or len(words) != 2:
        raise DataError(f"{folder}: no version of edge answers there", hint=last_line(answer.stderr))
    return words[1]


def run(folder: Path, *words: str, timeout_s: float) -> subprocess.CompletedProcess[str]:
    """One command of the version that is installed there. Raises DataError when it cannot be run, or does not end."""
    command = [str(folder / "bin" / "python"), "-m", "edge", *words]
    try:
        return subprocess.run(
            command, cwd="/", env=environment(), capture_output=True, text=True, timeout=timeout_s, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise DataError(f"{' '.join(command)}: did not end within {timeout_s:g} s", hint="it hangs") from error
    except OSError as error:
        raise DataError(f"{command[0]}: cannot be run: {error.strerror}", hint="it is not complete") from error


def environment() -> dict[str, str]:
    """What another version's processes get: nothing that would have them import from elsewhere."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "PIP_"))}


def last_line(text: str) -> str:
    """What a program said at its end."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:300] if lines else "it said nothing"


def remove(folder: Path) -> None:
    """Remove a folder with everything in it, if it is there; by another name first, so that no half of it is seen.

    Raises HardwareError.
    """
    doomed = folder.with_name(f".{folder.name}.gone")
    with translated(folder):
        if doomed.exists():
            shutil.rmtree(doomed)
        if folder.exists():
            folder.rename(doomed)
            shutil.rmtree(doomed)


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Say in the user's words what the system reports."""
    try:
        yield
    except OSError as error:
        if isinstance(error, EdgeError):
            raise
        raise HardwareError(f"{path}: {error.strerror or error}", hint="check the disk, and who owns it") from error
