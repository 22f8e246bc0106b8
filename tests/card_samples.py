"""A device's description, an office's keys, and a small image like those of Raspberry Pi OS."""

from __future__ import annotations

import hashlib
import os
import random
import shutil
import struct
import subprocess
import time
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edge.install.flash.bootfs import BootPartition, with_settings
from edge.install.flash.image import Boot
from edge.install.provision.card import Office, Provisioned, render, write_folder
from edge.install.provision.description import load
from edge.store.identity import pem

TOOLS = all(shutil.which(tool, path=f"{os.environ['PATH']}:/usr/sbin") for tool in ("mcopy", "mkfs.vfat"))
NO_TOOLS = "mtools or dosfstools is missing: sudo apt-get install mtools dosfstools"
PASSWORD = "correct horse battery"
DESCRIPTION = f"""
[device]
id = "gate-north"
site = "riverside"

[system]
ssh_keys = ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ8hV5nQ2m0rZ1o0d9m8m0r3J6v6o4J1S7m9p2yq3w4e anna@office"]

[wifi]
ssid = "Riverside's \\"Gates\\" 门"
password = "{PASSWORD}"

[network]
address = "192.168.7.20/24"
gateway = "192.168.7.1"
dns = ["192.168.7.1"]

[broker]
host = "broker.example"
ca_file = "ca.pem"

[office.keys]
anna = "anna.pub.pem"

[hardware.camera]
driver = "picamera2"

[hardware.door]
driver = "gpio"
relay_pin = 17
contact_pin = 27

[hardware.speaker]
driver = "silent"
"""
CMDLINE = "console=serial0,115200 console=tty1 root=PARTUUID=1234-02 rootwait quiet init=/usr/lib/firstboot\n"
CONFIG = "dtparam=audio=on\n[cm5]\ndtoverlay=dwc2\n"
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
START, FAT_SECTORS, SECTORS = 8192, 16384, 32768
BOOT = Boot(START * 512, FAT_SECTORS * 512)


def describe(folder: Path, text: str = DESCRIPTION) -> Path:
    """The description, with the files that it names, in the folder."""
    (folder / "ca.pem").write_text("-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n")
    (folder / "anna.pub.pem").write_bytes(pem(KEY.public_key()))
    path = folder / "gate.toml"
    path.write_text(text)
    return path


def provision(folder: Path, text: str = DESCRIPTION) -> tuple[Provisioned, Path]:
    """What `edge provision` makes of the description, and the folder that it wrote."""
    made = render(load(describe(folder, text)), Office("anna", KEY, 7), int(time.time()))
    return made, write_folder(made, folder / "cards")


def make_image(path: Path) -> Path:
    """16 MiB: a partition table, a FAT partition with the two files that each of them has, and a root full of noise."""
    noise = random.Random(6).randbytes(1 << 20)
    table = bytearray(512)
    for place, kind, start, count in ((446, 0x0C, START, FAT_SECTORS), (462, 0x83, START + FAT_SECTORS, 8192)):
        table[place + 4] = kind
        struct.pack_into("<II", table, place + 8, start, count)
    table[510:] = b"\x55\xaa"
    with path.open("wb") as file:
        file.write(table)
        file.seek(4096)
        file.write(noise[:8192])  # what some boards have before the first partition
        file.seek((START + FAT_SECTORS) * 512)
        file.write(noise)
        file.truncate(SECTORS * 512)
    environment = {**os.environ, "PATH": f"{os.environ['PATH']}:/usr/sbin"}
    mkfs = ["mkfs.vfat", "-n", "BOOTFS", "--offset", str(START), str(path), str(FAT_SECTORS // 2)]
    subprocess.run(mkfs, check=True, capture_output=True, env=environment, timeout=30)
    partition = BootPartition(path, BOOT)
    partition.add({"cmdline.txt": CMDLINE.encode(), "config.txt": CONFIG.encode()}, {})
    return path


def make_wheels(folder: Path) -> Path:
    """A folder like those of scripts/wheelhouse, with next to nothing in it."""
    folder.mkdir()
    (folder / "edge-0.1.0-py3-none-any.whl").write_bytes(b"a wheel")
    (folder / "SHA256SUMS").write_text(f"{hashlib.sha256(b'a wheel').hexdigest()}  edge-0.1.0-py3-none-any.whl\n")
    return folder


def verdict(card: Path, image: Path, made: Provisioned) -> str:
    """`unfinished`: nothing would start from it. `finished`: it holds all that it should. `wrong`: it only looks so."""
    head = card.read_bytes()[:512]
    if head == bytes(512):
        return "unfinished"
    written, meant = card.read_bytes(), image.read_bytes()
    after = BOOT.start + BOOT.length
    if written[: BOOT.start] != meant[: BOOT.start] or written[after:] != meant[after:]:
        return "wrong"
    partition, plain = BootPartition(card, BOOT), BootPartition(image, BOOT)
    settings = plain.read("cmdline.txt"), plain.read("config.txt")
    files = with_settings(made.files, *settings, made.about.cmdline)
    return "finished" if all(partition.read(name) == content for name, content in files.items()) else "wrong"
