"""Making an installed version out of wheels: a virtual environment of its own, without any network."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from edge.errors import DataError, HardwareError
from edge.store.keys import sync_folder
from edge.update.bundle import WHEELS, unpacked_bytes
from edge.update.layout import NEW_SUFFIX, RECEIPT, Layout, environment, last_line, remove, translated

Builder = Callable[[Layout, Path, str, Path], None]
"""Builds the version of that name, from the wheels in the first folder, into the second one, durably."""

_VENV_S, _PIP_S = 300.0, 1800.0  # a card that is worn out is slow
_MARGIN_BYTES = 96 << 20  # the interpreter's own files, and what the device writes meanwhile
_INFLATION = 1.5  # compiled modules stand beside their sources


def install(layout: Layout, unpacked: Path, version: str, sha256: str, build: Builder) -> Path:
    """Make the version and put it in its place, durably, in one step; it is there completely or not at all.

    Raises DataError when the wheels do not make one, HardwareError where there is no room.
    """
    place = layout.place(version)
    if place.is_dir() and layout.receipt(place) == sha256:  # an earlier try came as far
        return place
    make_room(layout, unpacked, version)
    new = place.with_name(f".{version}{NEW_SUFFIX}")
    remove(new)
    build(layout, unpacked / WHEELS, version, new)
    with translated(new):
        _move_scripts(new, place)
        _write(new / RECEIPT, json.dumps({"version": version, "sha256": sha256}).encode())
        sync_folder(new)
        remove(place)
        new.rename(place)
        sync_folder(place.parent)
    return place


def make_room(layout: Layout, unpacked: Path, version: str) -> None:
    """Raises HardwareError unless the version fits; versions that nothing needs are removed for it."""
    needed = int(unpacked_bytes(unpacked) * _INFLATION) + _MARGIN_BYTES
    with translated(layout.versions):
        if shutil.disk_usage(layout.versions).free < needed:
            layout.remove_unneeded(keep=version)
        free = shutil.disk_usage(layout.versions).free
    if free < needed:
        raise HardwareError(
            f"{layout.versions}: {needed >> 20} MB are needed, {free >> 20} MB are free",
            hint="make room; the version that runs is not touched",
        )


def build_environment(layout: Layout, wheels: Path, version: str, folder: Path) -> None:
    """A Builder. The packages of the system are seen from within if they are by the version that now runs, which is
    how picamera2 gets in; they are not replaced where they are new enough.
    """
    interpreter = str(Path(sys.executable).resolve())
    options = ["--system-site-packages"] if _sees_the_system(layout) else []
    _run(layout, [interpreter, "-I", "-m", "venv", *options, str(folder)], _VENV_S)
    pip = [str(folder / "bin" / "python"), "-I", "-m", "pip", "--isolated", "--disable-pip-version-check", "install"]
    where = ["--no-index", "--only-binary", ":all:", "--no-cache-dir", "--find-links", str(wheels)]
    _run(layout, [*pip, "--quiet", *where, f"edge=={version}"], _PIP_S)
    os.sync()  # thousands of files: one call for all is quicker than one for each


def _run(layout: Layout, command: Sequence[str], timeout_s: float) -> None:
    """A child keeps the lock open: should this process be killed, nobody else begins before the child has ended."""
    try:
        done = subprocess.run(
            command,
            cwd="/",
            env=environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
            pass_fds=layout.held,
        )
    except subprocess.TimeoutExpired as error:
        raise DataError(f"{command[-1]} was not ready within {timeout_s:g} s", hint="is the card worn out?") from error
    if done.returncode != 0:
        said = done.stderr or done.stdout
        if "No space left" in said:
            raise HardwareError("the disk is full", hint="make room; the version that runs is not touched")
        raise DataError(f"the version cannot be installed: {last_line(said)}", hint="is a wheel missing in the bundle?")


def _sees_the_system(layout: Layout) -> bool:
    current = layout.folder("current")
    try:
        text = (current / "pyvenv.cfg").read_text() if current else ""
    except OSError:
        return False
    return re.search(r"^include-system-site-packages\s*=\s*true\s*$", text, re.MULTILINE) is not None


def _move_scripts(new: Path, place: Path) -> None:
    """pip writes the interpreter's path into each script; from the next step on it is another one."""
    for script in (new / "bin").iterdir():
        if script.is_file() and not script.is_symlink():
            data = script.read_bytes()
            if (moved := data.replace(os.fsencode(new), os.fsencode(place))) != data:
                _write(script, moved)


def _write(path: Path, data: bytes) -> None:
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
