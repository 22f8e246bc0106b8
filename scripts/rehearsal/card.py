"""A card as the office writes it: `edge provision`, `scripts/flash` into an image file, and its boot partition mounted.

Where the kernel knows FAT, the partition of the image itself is mounted. Where it does not, what mtools find in it is
laid into an ext2 file system, which writes in place as FAT does.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import struct
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
START, FAT_MB, ROOT_MB = 8192, 400, 4
SECTOR = 512
CMDLINE = "console=serial0,115200 console=tty1 root=PARTUUID=1234-02 rootwait quiet\n"
ENVIRONMENT = {**os.environ, "PATH": f"{os.environ['PATH']}:/usr/sbin:/sbin"}

DESCRIPTION = """
[device]
id = "gate-north"
site = "riverside"
timezone = "Europe/Berlin"

[system]
release = "{release}"
ssh_keys = ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ8hV5nQ2m0rZ1o0d9m8m0r3J6v6o4J1S7m9p2yq3w4e anna@office"]

[wifi]
ssid = "Riverside Gates"
password = "correct horse battery"

[broker]
host = "127.0.0.1"
ca_file = "pki/ca.pem"

[office.keys]
anna = "anna.pub.pem"

[files]
"/etc/edge/pictures/one.jpg" = "one.jpg"

[hardware.camera]
driver = "folder"
path = "/etc/edge/pictures"

[hardware.door]
driver = "simulated"

[hardware.speaker]
driver = "silent"

[hardware.service]
simulated = true
"""


class Card:
    """One card, and what is secret on it."""

    def __init__(self, folder: Path, release: str, wheels: Path, debs: Path) -> None:
        self.folder, self.release = folder, release
        self.mount = folder / "boot"
        self._wheels, self._debs = wheels, debs
        self.loop = ""
        self.secrets: list[bytes] = []
        self.cmdline: list[str] = []

    def write(self) -> None:
        """Describe, provision, flash."""
        image = self.folder / "raspios.img"
        _make_image(image)
        image.with_name("raspios.img.sha256").write_text(hashlib.sha256(image.read_bytes()).hexdigest() + "\n")
        (self.folder / "one.jpg").write_bytes((ROOT / "edge/install/conversion/faces/obama.jpg").read_bytes())
        (self.folder / "gate.toml").write_text(DESCRIPTION.format(release=self.release))
        edge = [sys.executable, "-m", "edge"]
        _run(*edge, "provision", "gate.toml", "--key", "anna.pem", "--kid", "anna", "--out", "cards", cwd=self.folder)
        device = self.folder / "cards/riverside/gate-north"
        words = ["--image", str(image), "--device", str(device), "--file", str(self.folder / "card.img")]
        words += ["--wheels", str(self._wheels), "--debs", str(self._debs)]
        _run(str(ROOT / "scripts/flash"), *words)
        image.unlink()
        card = device / "card"
        self.secrets = [(card / "edge/token").read_bytes().strip()]
        for file in ("network-config", "firstrun.sh"):
            if (card / file).exists():
                self.secrets += re.findall(rb"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])", (card / file).read_bytes())
        assert len(self.secrets) > 1, "the radio's key should be on the card"

    def insert(self) -> None:
        """Mount the boot partition."""
        image, offset = self.folder / "card.img", START * SECTOR
        self.mount.mkdir(exist_ok=True)
        if "vfat" in Path("/proc/filesystems").read_text():
            self.loop = _run("losetup", "--find", "--show", "--offset", str(offset), str(image)).strip()
            _run("mount", "-t", "vfat", self.loop, str(self.mount))
        else:
            own = self.folder / "boot.img"
            with own.open("wb") as file:
                file.truncate(FAT_MB << 20)
            _run("mke2fs", "-q", "-t", "ext2", str(own))
            self.loop = _run("losetup", "--find", "--show", str(own)).strip()
            _run("mount", "-t", "ext2", self.loop, str(self.mount))
            _run("mcopy", "-s", "-n", "-Q", "-i", f"{image}@@{offset}", "::*", f"{self.mount}/")
            shutil.rmtree(self.mount / "lost+found")
            _run("chmod", "-R", "755", str(self.mount))  # on FAT everything can be executed
        image.unlink()
        self.cmdline = (self.mount / "cmdline.txt").read_text().split()

    def left(self) -> list[str]:
        """The files on it but wheels and packages."""
        found = [file for file in self.mount.rglob("*") if file.is_file()]
        return sorted(file.name for file in found if not {"wheels", "debs"} & set(file.parts))

    def leaks(self) -> int:
        """How many of the secrets stand anywhere on the partition, also where no file is."""
        subprocess.run(["sync"], check=True, timeout=60)
        content = Path(self.loop).read_bytes()
        return sum(secret in content for secret in self.secrets)

    def remove(self) -> None:
        """Give everything back. Safe at any time."""
        subprocess.run(["umount", str(self.mount)], capture_output=True, check=False, timeout=60)
        if self.loop:
            subprocess.run(["losetup", "-d", self.loop], capture_output=True, check=False, timeout=60)


def _make_image(path: Path) -> None:
    """A partition table, a FAT partition with the two files that each image has, and a root that is not looked at."""
    sectors = FAT_MB << 11
    table = bytearray(SECTOR)
    for place, kind, start, count in ((446, 0x0C, START, sectors), (462, 0x83, START + sectors, ROOT_MB << 11)):
        table[place + 4] = kind
        struct.pack_into("<II", table, place + 8, start, count)
    table[510:] = b"\x55\xaa"
    with path.open("wb") as file:
        file.write(table)
        file.truncate((START + sectors + (ROOT_MB << 11)) * SECTOR)
    _run("mkfs.vfat", "-F", "32", "-n", "BOOTFS", "--offset", str(START), str(path), str(sectors // 2))
    for name, text in (("cmdline.txt", CMDLINE), ("config.txt", "dtparam=audio=on\n")):
        file = path.with_name(name)
        file.write_text(text)
        _run("mcopy", "-i", f"{path}@@{START * SECTOR}", str(file), f"::{name}")


def _run(*command: str, cwd: Path | None = None) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False, cwd=cwd, env=ENVIRONMENT)
    if done.returncode:
        raise SystemExit(f"rehearse-firstboot: {' '.join(command[:6])} …: {(done.stderr or done.stdout)[-800:]}")
    return done.stdout
