"""A small image is flashed into a file, and everything on it is read back; what does not fit or hold is refused."""

from __future__ import annotations

import json
import lzma
import os
import subprocess
import sys
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest

import edge.install.flash.__main__ as command
from edge.errors import HardwareError
from edge.install.firstboot.scrub import found
from edge.install.flash.bootfs import BootPartition, with_settings
from edge.install.flash.label import link
from edge.install.flash.target import Target
from edge.install.flash.work import Order, check, flash
from edge.install.provision.card import Provisioned
from tests.card_samples import BOOT, NO_TOOLS, TOOLS, make_image, make_wheels, provision, verdict

ROOT = Path(__file__).parents[4]


class Desk:
    """An office's table with everything on it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.image = folder, make_image(folder / "os.img")
        self.packed = folder / "os.img.xz"
        self.packed.write_bytes(lzma.compress(self.image.read_bytes(), preset=0))
        for image in (self.image, self.packed):
            image.with_name(image.name + ".sha256").write_text(sha256(image.read_bytes()).hexdigest())
        self.made: Provisioned
        self.made, self.device = provision(folder)
        self.card, self.wheels = folder / "card.img", make_wheels(folder / "wheels")

    def run(self, monkeypatch: pytest.MonkeyPatch, *words: str, image: Path | None = None) -> int:
        given = ["--image", str(image or self.packed), "--device", str(self.device), "--json"]
        given += ["--wheels", str(self.wheels), *words]
        monkeypatch.setattr(sys, "argv", ["flash", *given])
        return command.main()


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    if not TOOLS:
        pytest.skip(NO_TOOLS)
    yield Desk(tmp_path)


def test_every_file_is_read_back_from_the_card(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert desk.run(monkeypatch, "--file", str(desk.card), "--dry-run") == 0
    assert not desk.card.exists() and json.loads(capsys.readouterr().out)["dry_run"]
    assert desk.run(monkeypatch, "--file", str(desk.card)) == 0
    told = json.loads(capsys.readouterr().out)
    assert verdict(desk.card, desk.image, desk.made) == "finished"
    partition = BootPartition(desk.card, BOOT)
    cmdline = (partition.read("cmdline.txt") or b"").decode()
    assert cmdline.startswith("console=tty1 root=PARTUUID=1234-02 ") and cmdline.count("\n") == 1
    assert "console=serial0" not in cmdline and f" {desk.made.about.cmdline}" in cmdline
    assert (partition.read("config.txt") or b"").endswith(b"enable_uart=1\ndtparam=i2c_arm=on\n")
    receipt = json.loads((desk.device / "receipt.json").read_text())
    assert {name: sha256(partition.read(name) or b"").hexdigest() for name in receipt["files"]} == receipt["files"]
    assert receipt["image_sha256"] == sha256(desk.packed.read_bytes()).hexdigest()
    assert told["receipt"] == str(desk.device / "receipt.json")
    # What the first boot looks for afterwards is found where it lies now.
    assert found(desk.card, [desk.made.files["edge/token"], b"ab" * 32]) == [desk.made.files["edge/token"]]
    secrets = (desk.made.files["edge/token"].decode(), desk.made.about.code)
    assert not any(secret in json.dumps(receipt) for secret in secrets)
    assert desk.run(monkeypatch, "--file", str(desk.folder / "second.img")) == 2  # one token, one card
    assert "went onto a card already" in capsys.readouterr().err


def test_the_label_is_read_by_a_phone(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    import zxingcpp
    from PIL import Image

    assert desk.run(monkeypatch, "--file", str(desk.card), image=desk.image) == 0
    with Image.open(desk.device / "label.png") as picture:
        (code,) = zxingcpp.read_barcodes(picture)
    assert code.text == link(desk.made.about)
    assert code.text.startswith("https://gate-north.local/#pair=") and desk.made.about.code in code.text
    assert (desk.device / "label.pdf").read_bytes().startswith(b"%PDF-")


def test_wheels_and_packages_go_along_and_are_compared(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    debs = desk.folder / "debs"
    debs.mkdir()
    long = "python3-picamera2_0.3.31-1~bookworm+rpt1_all.deb"
    for file in (desk.wheels / "a_package_with_a_long_name-1.0-cp313-cp313-manylinux_2_28_aarch64.whl", debs / long):
        file.write_bytes(os.urandom(50_000))
    assert desk.run(monkeypatch, "--file", str(desk.card), "--debs", str(debs)) == 0
    partition = BootPartition(desk.card, BOOT)
    for folder in (desk.wheels, debs):
        for file in folder.iterdir():
            assert partition.read(f"edge/{folder.name}/{file.name}") == file.read_bytes()


@pytest.mark.parametrize("what", ["hash", "full", "small", "no wheels", "exists"])
def test_what_cannot_be_is_refused_and_leaves_no_finished_card(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], what: str
) -> None:
    words = ["--file", str(desk.card)]
    if what == "hash":
        words += ["--sha256", "ab" * 32]
        expected = (4, "is not the image that was meant")
    elif what == "full":
        (desk.wheels / "big.whl").write_bytes(bytes(9 << 20))
        expected = (4, "the boot partition is full")
    elif what == "small":
        small = Target(desk.card, 4 << 20, "a card of 4 MB")
        monkeypatch.setattr(command, "image_file", lambda *_args, **_words: small)
        expected = (2, "the card is too small")
    elif what == "no wheels":
        words += ["--wheels", str(desk.device)]
        expected = (2, "has no SHA256SUMS")
    else:
        desk.card.write_bytes(b"somebody's")
        expected = (2, "exists already")
    assert desk.run(monkeypatch, *words) == expected[0]
    said = capsys.readouterr()
    assert expected[1] in said.err and json.loads(said.out)["hint"]
    if what == "exists":
        assert desk.card.read_bytes() == b"somebody's"
    elif what == "full":
        assert verdict(desk.card, desk.image, desk.made) == "unfinished"
    else:
        assert not desk.card.exists()
    assert not (desk.device / "receipt.json").exists()


def test_a_card_that_forgets_is_found_out(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """One byte that comes back as another, wherever it is."""
    order = Order(desk.image, None, desk.device, desk.made, Target(desk.card, None, "a file"), {})
    size = check(order, lambda *_: None)
    real = os.pread

    def forgetful(handle: int, count: int, place: int) -> bytes:
        data = real(handle, count, place)
        return data[:-1] + bytes([data[-1] ^ 1]) if place >= 9 << 20 and data else data

    monkeypatch.setattr(os, "pread", forgetful)
    with pytest.raises(HardwareError, match="does not hold what was written"):
        flash(order, size, lambda *_: None)
    assert verdict(desk.card, desk.image, desk.made) == "unfinished"


def test_the_console_leaves_the_serial_port_and_nothing_else_changes() -> None:
    line = b"console=serial0,115200 console=ttyAMA0 console=tty1 root=/dev/sda2 quiet\n"
    files = with_settings({}, line, b"[pi4]\narm_boost=1", "ds=nocloud")
    assert files["cmdline.txt"] == b"console=tty1 root=/dev/sda2 quiet ds=nocloud\n"
    assert files["config.txt"].startswith(b"[pi4]\narm_boost=1\n\n[all]\n")


def test_sigkill_leaves_no_card_that_only_looks_finished() -> None:
    """A short run of scripts/flash-kill-test."""
    if not TOOLS:
        pytest.skip(NO_TOOLS)
    script = [sys.executable, str(ROOT / "scripts/flash-kill-test"), "--kills", "2", "--json"]
    done = subprocess.run(script, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    figures = json.loads(done.stdout)
    assert figures["holds"] and figures.get("unfinished", 0) + figures.get("finished", 0) == 2
