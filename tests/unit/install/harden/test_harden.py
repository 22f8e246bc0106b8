"""A tree like a Raspberry Pi's, hardened, cut off, hardened again, and brought back."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

import edge.install.harden.__main__ as command
from edge.errors import DataError, HardwareError
from edge.install.harden.fstab import bound, hardened, original
from edge.install.harden.hardening import DATA, RECEIPT, System, harden, undo
from edge.install.harden.places import PLACES
from tests.backup_rig import survives

GENERATOR = Path("/lib/systemd/system-generators/systemd-fstab-generator")
SOURCE = "LABEL=edge-data"
# As Raspberry Pi OS writes it, Bookworm and Trixie alike, and somebody's own line.
FSTAB = """\
proc            /proc           proc    defaults          0       0
PARTUUID=1a2b3c4d-01  /boot/firmware  vfat    defaults          0       2
PARTUUID=1a2b3c4d-02  /               ext4    defaults,noatime  0       1
# a swapfile is not a swap partition, no line here
//server/share  /mnt/share  cifs  credentials=/etc/share.cred,rw  0  0
"""
FILES = {
    "etc/fstab": FSTAB,
    "etc/edge/edge.toml": "# configuration\n",
    "etc/resolv.conf": "nameserver 192.168.7.1\n",
    "etc/default/fake-hwclock": "# FILE=/etc/fake-hwclock.data\n",
    "etc/NetworkManager/system-connections/gates.nmconnection": "[wifi]\n",
    "lib/systemd/system/apt-daily.timer": "[Timer]\n",
    "lib/systemd/system/dphys-swapfile.service": "[Service]\n",
    "opt/edge/versions/0.1.0/bin/edge": "#!/bin/sh\n",
    "var/lib/edge/events.db": "events",
    "var/lib/edge/device.key": "secret",
    "var/log/journal/x/system.journal": "journal",
}


class Card:
    """A root, and a data partition beside it."""

    def __init__(self, folder: Path) -> None:
        self.root, self.data = folder / "root", folder / "data"
        for name, text in FILES.items():
            file = self.root / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        (self.root / "var/lib/edge/device.key").chmod(0o600)
        (self.root / "opt/edge/current").symlink_to("versions/0.1.0")
        self.data.mkdir()
        self.system = System(self.root, SOURCE, self.data, apart=False)
        self.said: list[str] = []

    def harden(self, *, dry: bool = False) -> list[str]:
        return harden(self.system, self.said.append, dry=dry)

    def undo(self, *, dry: bool = False) -> list[str]:
        return undo(self.system, self.said.append, dry=dry)

    def used(self) -> dict[str, str]:
        """What programs find after the next start: the data partition where the table of mounts says so."""
        found = {}
        there = bound((self.root / "etc/fstab").read_text(), PLACES)
        for place in PLACES:
            side = self.data if place in there else self.root
            for file in (side / place[1:]).rglob("*"):
                if file.is_file() and not file.is_symlink():
                    found[f"{place[1:]}/{file.relative_to(side / place[1:])}"] = file.read_text()
        return found

    def files(self) -> dict[str, object]:
        """Every file and link of the root."""
        found: dict[str, object] = {}
        for path in sorted(self.root.rglob("*")):
            if path.is_symlink():
                found[path.relative_to(self.root).as_posix()] = path.readlink()
            elif path.is_file():
                found[path.relative_to(self.root).as_posix()] = path.read_text()
        return found


@pytest.fixture
def card(tmp_path: Path) -> Iterator[Card]:
    yield Card(tmp_path)


def test_the_table_of_mounts_is_made_from_the_one_before_and_back() -> None:
    once = hardened(FSTAB, SOURCE, DATA, PLACES)
    assert hardened(once, SOURCE, DATA, PLACES) == once
    assert original(once) == FSTAB
    assert bound(once, PLACES) == set(PLACES) and bound(FSTAB, PLACES) == set()
    mounts = {fields[1]: fields for line in once.splitlines() if len(fields := line.split()) > 3 and line[0] != "#"}
    assert mounts["/"][3] == "ro,noatime" and mounts["/boot/firmware"][3] == "ro,noatime"
    assert mounts["/mnt/share"][3] == "credentials=/etc/share.cred,rw"  # nobody else's affair
    assert mounts[DATA][0] == SOURCE and "noexec" not in mounts["/opt/edge"][3]
    with pytest.raises(DataError, match="does not name the root"):
        hardened("proc /proc proc defaults 0 0\n", SOURCE, DATA, PLACES)


@pytest.mark.skipif(not GENERATOR.exists(), reason="systemd's generator is not here")
def test_systemd_makes_mounts_of_it(tmp_path: Path) -> None:
    table = tmp_path / "fstab"
    table.write_text(hardened(FSTAB, SOURCE, DATA, PLACES))
    out = tmp_path / "units"
    out.mkdir()
    environment = {**os.environ, "SYSTEMD_FSTAB": str(table), "SYSTEMD_IN_INITRD": "0"}
    done = subprocess.run(
        [GENERATOR, out, out, out], env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    unit = (out / "var-lib-edge.mount").read_text()
    assert "What=/data/var/lib/edge" in unit and "RequiresMountsFor=/data" in unit
    assert "Options=bind,nodev,nosuid,noexec" in unit
    names = {file.name for file in out.glob("*.mount")}
    assert {"data.mount", "opt-edge.mount", "tmp.mount", "etc-edge.mount", "var-log.mount"} <= names


def test_a_device_is_hardened_and_a_second_time_nothing_is_left_to_do(card: Card) -> None:
    before = card.used()
    assert card.harden()
    assert card.used() == before
    assert not any((card.root / "var/lib/edge").iterdir()) and not any((card.root / "etc/edge").iterdir())
    assert (card.data / "var/lib/edge/device.key").stat().st_mode & 0o777 == 0o600
    assert (card.data / "opt/edge/current").readlink() == Path("versions/0.1.0")
    assert (card.root / "etc/resolv.conf").readlink() == Path("/run/NetworkManager/resolv.conf")
    assert (card.root / "etc/systemd/system/apt-daily.timer").readlink() == Path("/dev/null")
    assert not (card.root / "etc/systemd/system/man-db.timer").is_symlink()  # there is none here
    after = card.files()
    assert card.harden() == [] and card.files() == after


def test_a_dry_run_changes_nothing_and_says_what_would_be(card: Card) -> None:
    before = card.files()
    would = card.harden(dry=True)
    assert card.files() == before and not any(card.data.iterdir())
    done = card.harden()
    assert [text for text in done if not text.endswith("is emptied")] == would
    hard = card.files()
    assert card.undo(dry=True)
    assert card.files() == hard


def test_undone_it_is_as_before_with_what_has_happened_meanwhile(card: Card) -> None:
    before = card.files()
    card.harden()
    (card.data / "var/lib/edge/events.db").write_text("events and more")
    assert card.undo()
    assert card.files() == {**before, "var/lib/edge/events.db": "events and more"}
    assert not any(path.is_file() for path in card.data.rglob("*"))
    assert card.undo() == []
    card.harden()
    assert card.used()["var/lib/edge/events.db"] == "events and more"


@pytest.mark.parametrize("way", ["harden", "undo"])
def test_the_power_goes_anywhere_and_the_device_is_used_as_it_was_last(card: Card, way: str) -> None:
    """Between two attempts the device runs, and what it has written last is never lost for something older."""
    if way == "undo":
        card.harden()
    act = partial(getattr(card, way))
    for count in range(1, 2000, 17):
        text = f"events {count}"
        there = bound((card.root / "etc/fstab").read_text(), PLACES)
        side = card.data if "/var/lib/edge" in there else card.root
        (side / "var/lib/edge/events.db").write_text(text)
        survived = survives(count, act)
        found = card.used()
        assert found["var/lib/edge/events.db"] == text
        assert found["etc/edge/edge.toml"] == FILES["etc/edge/edge.toml"]
        assert found["opt/edge/versions/0.1.0/bin/edge"] == FILES["opt/edge/versions/0.1.0/bin/edge"]
        if survived:
            break
    assert survived and count > 17
    assert act() == []


def test_another_installation_on_the_data_partition_is_not_overwritten(card: Card) -> None:
    (card.data / "var/lib/edge").mkdir(parents=True)
    (card.data / "var/lib/edge/events.db").write_text("of another")
    with pytest.raises(DataError, match="holds another installation"):
        card.harden()
    assert (card.data / "var/lib/edge/events.db").read_text() == "of another"


def test_what_cannot_be_hardened_is_told(card: Card, tmp_path: Path) -> None:
    with pytest.raises(HardwareError, match="no file system of its own"):
        harden(System(card.root, SOURCE, card.data), card.said.append)
    with pytest.raises(HardwareError, match="is not there"):
        harden(System(card.root, SOURCE, tmp_path / "absent", apart=False), card.said.append)
    shutil.rmtree(card.root / "etc/edge")
    with pytest.raises(DataError, match="not set up here"):
        card.harden()
    with pytest.raises(DataError, match="fstab"):
        harden(System(tmp_path / "absent", SOURCE, card.data), card.said.append)
    (card.root / RECEIPT).write_text("{")
    with pytest.raises(DataError, match="cannot be read"):
        card.undo()


def test_the_script_says_what_it_would_do(card: Card) -> None:
    script = Path(__file__).parents[4] / "scripts/harden"
    words = ["--root", str(card.root), "--data", str(card.data), "--json"]
    done = subprocess.run([sys.executable, script, *words], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 3 and "no file system of its own" in done.stderr


def test_the_command_names_what_is_left_to_do(
    card: Card, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "System", partial(System, apart=False))
    words = ["--root", str(card.root), "--data", str(card.data)]
    assert command.main([*words, "--dry-run", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["dry_run"] is True
    assert command.main(words) == 0 and command.main(words) == 0
    assert "harden: nothing is left to do" in capsys.readouterr().out
