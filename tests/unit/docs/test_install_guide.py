"""docs/install.md, as somebody follows it who copies each block and pastes it: onto image files, with small stand-ins
for the image and the wheels, and without what needs root, a card or the package registries.
"""

from __future__ import annotations

import hashlib
import lzma
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.install.flash.bootfs import BootPartition
from tests.card_samples import BOOT, NO_TOOLS, TOOLS, make_image, make_wheels
from tests.unit.install.registering.registering_samples import asking

ROOT = Path(__file__).resolve().parents[3]
GUIDE = (ROOT / "docs/install.md").read_text(encoding="utf-8")
FENCE = re.compile(r"^```(\w+)\n(.*?)^```", flags=re.MULTILINE | re.DOTALL)
ELSEWHERE = re.compile(r"^(sudo |make setup|scripts/wheelhouse |\. )|/dev/sdb|registration serve", flags=re.MULTILINE)


def blocks(language: str) -> list[str]:
    return [block for found, block in FENCE.findall(GUIDE) if found == language]


class Desk:
    """A folder like that of the repository, with `edge` and `python` as after `. .venv/bin/activate`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in ("scripts", "edge", "models", "config", "systemd"):
            (folder / name).symlink_to(ROOT / name)
        (folder / ".venv").symlink_to(sys.prefix)
        (folder / "bin").mkdir()
        for name, words in (("edge", "-m edge"), ("python", "")):
            (folder / "bin" / name).write_text(f'#!/bin/sh\nexec {sys.executable} {words} "$@"\n')
            (folder / "bin" / name).chmod(0o755)
        image = make_image(folder / "raspios.img")
        packed = folder / "raspios.img.xz"
        packed.write_bytes(lzma.compress(image.read_bytes(), preset=0))
        packed.with_name("raspios.img.xz.sha256").write_text(hashlib.sha256(packed.read_bytes()).hexdigest() + "\n")
        (folder / "wheelhouse").mkdir()
        make_wheels(folder / "wheelhouse/cp313")

    def paste(self, block: str) -> str:
        environment = {**os.environ, "PATH": f"{self.folder}/bin:{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}
        command = ["sh", "-e", "-c", block]
        done = subprocess.run(
            command, cwd=self.folder, env=environment, capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode == 0, f"{block}\n{done.stdout}{done.stderr}"
        return done.stdout


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    if not TOOLS:
        pytest.skip(NO_TOOLS)
    desk = Desk(tmp_path_factory.mktemp("desk"))
    desk.paste("python scripts/make-ca bench authority")  # as docs/broker.md says
    yield desk


def test_every_block_can_be_pasted(desk: Desk) -> None:
    (desk.folder / "gate.toml").write_text(blocks("toml")[0])
    (desk.folder / "devices.csv").write_text(blocks("csv")[0])
    pasted = 0
    for block in blocks("sh"):
        if "registration accept" in block:
            _fetch_the_request(desk)
        lines = "\n".join(line for line in block.replace("\\\n", " ").splitlines() if not ELSEWHERE.search(line))
        if lines.strip() and not (block.startswith("edge registration sign") and "3f2a" in block):
            desk.paste(lines)
            pasted += 1
    assert pasted >= 6
    names = sorted(str(path.parent.relative_to(desk.folder)) for path in desk.folder.rglob("provision.json"))
    assert names == ["cards/riverside/gate-north", "many/riverside/gate-north", "many/riverside/gate-south"]
    card = BootPartition(desk.folder / "card.img", BOOT)
    assert b"gate-south" in card.read("user-data") and len(card.read("edge/token")) > 100
    assert (desk.folder / "many/riverside/gate-south/label.png").stat().st_size > 1000
    assert "BEGIN CERTIFICATE" in (desk.folder / "devices/riverside/gate-north.pem").read_text()


def _fetch_the_request(desk: Desk) -> None:
    """What the device made of the token on its card."""
    token = (desk.folder / "cards/riverside/gate-north/card/edge/token").read_text()
    (desk.folder / "registration.request").write_bytes(asking(token).request)


def test_what_is_left_out_is_what_needs_another_machine() -> None:
    left_out = [line for block in blocks("sh") for line in block.splitlines() if ELSEWHERE.search(line)]
    assert len(left_out) < 20
    assert not [line for line in left_out if line.startswith(("edge provision", "edge keys", "cp "))]


def test_the_description_s_comments_are_valid_too(desk: Desk) -> None:
    (desk.folder / "phrases").mkdir(exist_ok=True)
    (desk.folder / "phrases/cmn.toml").write_text("")
    key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ8hV5nQ2m0rZ1o0d9m8m0r3J6v6o4J1S7m9p2yq3w4e"
    whole = re.sub(r"^# (?=\[files\]|\"/etc|ssh_keys)", "", blocks("toml")[0], flags=re.MULTILINE)
    (desk.folder / "whole.toml").write_text(whole.replace("ssh-ed25519 AAAA…", key))
    desk.paste("edge provision whole.toml --key anna.pem --kid anna --out whole --check")
