"""The rendered files on the boot partition: by mtools, which needs neither root nor a mount."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from edge.errors import DataError, HardwareError
from edge.install.flash.image import Boot

_LIMIT_S = 600.0
Folders = Mapping[str, Path]
"""Where on the partition, and the folder here whose files go there."""
_FREE = re.compile(r"([\d ]+) bytes free")
_CONSOLE = re.compile(r"(?:^|(?<= ))console=(?:serial\d|ttyAMA\d|ttyS\d)[^ ]* ?")
_MARK = "# edge: what sensors and card readers need"


class BootPartition:
    """The FAT file system at `boot` in an image or on a card."""

    def __init__(self, path: Path, boot: Boot) -> None:
        self._where = f"{path}@@{boot.start}"
        if shutil.which("mcopy") is None:
            raise HardwareError("mtools is missing", hint="sudo apt-get install mtools")

    def free(self) -> int:
        """Bytes."""
        told = _FREE.findall(self._run("mdir", "-i", self._where, "::").decode(errors="replace"))
        if not told:
            raise DataError("the image's boot partition cannot be read", hint="download the image again")
        return int(told[-1].replace(" ", ""))

    def read(self, name: str) -> bytes | None:
        """The content of a file, or None where there is none."""
        done = self._call("mcopy", "-i", self._where, f"::{name}", "-")
        return done.stdout if done.returncode == 0 else None

    def add(self, files: Mapping[str, bytes], folders: Folders) -> None:
        """Write the files, over those of the same name, and the folders. Raises DataError when there is no room."""
        heavy = [one for folder in folders.values() for one in _content(folder)]
        # A cluster each is the most that a file costs besides its length; boot partitions have at most 32 KiB.
        needed = sum(map(len, files.values())) + sum(one.stat().st_size for one in heavy)
        needed += 32768 * (len(files) + len(heavy))
        if needed > (free := self.free()):
            raise DataError(
                f"the boot partition is full: {free / 1e6:.0f} MB are free, {needed / 1e6:.0f} MB are needed",
                hint="with wheels of `scripts/wheelhouse --online` the device fetches the rest over the network",
            )
        with tempfile.TemporaryDirectory() as scratch:
            for name, content in files.items():
                place = Path(scratch, name)
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_bytes(content)
            tops = sorted(Path(scratch).iterdir())
            # -Q: stop at the first failure; -o: over what is there; -s: with folders; -m: keep the times
            self._run("mcopy", "-i", self._where, "-Q", "-o", "-s", "-m", *map(str, tops), "::")
        for name, folder in folders.items():
            self._run("mmd", "-i", self._where, "-D", "s", f"::{name}")
            self._run("mcopy", "-i", self._where, "-Q", "-o", "-m", *map(str, _content(folder)), f"::{name}")

    def compare(self, files: Mapping[str, bytes], folders: Folders) -> None:
        """Read every file back. Raises HardwareError naming the first that differs."""
        for name, content in files.items():
            self._same(name, content)
        for name, folder in folders.items():
            for one in _content(folder):
                self._same(f"{name}/{one.name}", one.read_bytes())

    def _same(self, name: str, content: bytes) -> None:
        if self.read(name) != content:
            raise HardwareError(
                f"{name} on the card is not what was written", hint="worn, or a fake; take another card"
            )

    def _run(self, *command: str) -> bytes:
        done = self._call(*command)
        if done.returncode != 0:
            said = done.stderr.decode(errors="replace").strip()[-300:]
            raise DataError(f"{command[0]}: {said}", hint="is this an image of Raspberry Pi OS?")
        return done.stdout

    def _call(self, *command: str) -> subprocess.CompletedProcess[bytes]:
        environment = {**os.environ, "MTOOLS_SKIP_CHECK": "1", "MTOOLSRC": "/dev/null", "LC_ALL": "C.UTF-8"}
        return subprocess.run(command, capture_output=True, timeout=_LIMIT_S, check=False, env=environment)


def _content(folder: Path) -> list[Path]:
    return sorted(one for one in folder.iterdir() if one.is_file())


def with_settings(
    files: Mapping[str, bytes], cmdline: bytes | None, config: bytes | None, words: str
) -> dict[str, bytes]:
    """The files, and the image's own cmdline.txt and config.txt with what the device needs. Raises DataError.

    The kernel's console is taken off the serial port, where it would talk to sensors and card readers.
    """
    from edge.install.provision.card import CONFIG_TXT

    if cmdline is None or config is None:
        raise DataError("the image has no cmdline.txt or config.txt", hint="an image of Raspberry Pi OS is wanted")
    line = " ".join(cmdline.decode("utf-8", "strict").split())
    line = " ".join(f"{_CONSOLE.sub('', line)} {words}".split())
    text = config.decode("utf-8", "strict").rstrip("\n")
    text = "\n".join([text, "", "[all]", _MARK, *CONFIG_TXT, ""])
    return {**files, "cmdline.txt": f"{line}\n".encode(), "config.txt": text.encode()}


def safe_names(files: Mapping[str, bytes]) -> None:
    """Raises DataError for a name that would land elsewhere than it says."""
    for name in files:
        parts = PurePosixPath(name).parts
        if not parts or name.startswith("/") or ".." in parts:
            raise DataError(f"{name!r} is no name for the card", hint="make the folder anew with `edge provision`")
