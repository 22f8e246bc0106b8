"""The files of one version in the place of another's, and what stays as the installer has it."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import pytest

from edge.errors import HardwareError
from edge.store import handles
from edge.update.placing import ReadOnlyError, differing, place
from edge.update.shipped import UNITS, Files
from edge.update.systemctl import Systemctl

CONF = "etc/tmpfiles.d/edge.conf"
TIMER = b"[Timer]\nOnBootSec=1\n[Install]\nWantedBy=timers.target\n"


class Asked(Systemctl):
    """Notes what it was asked."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.asked: list[str] = []

    def reload(self) -> None:
        self.asked.append("reload")

    def have_users_made(self) -> None:
        self.asked.append("users")

    def preset(self, unit: str) -> None:
        self.asked.append(f"preset {unit}")

    def disable(self, unit: str) -> None:
        self.asked.append(f"disable {unit}")

    def stop(self, unit: str) -> None:
        self.asked.append(f"stop {unit}")

    def begin_anew(self, unit: str) -> None:
        self.asked.append(f"anew {unit}")


def units(**contents: bytes) -> Files:
    return {f"{UNITS}/edge{name.replace('_', '-').replace('-in-', '.')}": data for name, data in contents.items()}


FORMER = units(_in_service=b"1", _old_in_timer=TIMER, _kept_in_timer=TIMER, _same_in_service=b"same") | {CONF: b"1"}
LATTER = units(_in_service=b"2", _new_in_timer=TIMER, _kept_in_timer=TIMER + b"#", _same_in_service=b"same") | {
    CONF: b"2"
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    place(tmp_path, FORMER, FORMER, Asked(tmp_path))
    return tmp_path


def placed(root: Path, former: Files = FORMER, latter: Files = LATTER) -> list[str]:
    asked = Asked(root)
    place(root, former, latter, asked)
    return asked.asked


def test_one_takes_the_place_of_the_other_and_again(root: Path) -> None:
    assert differing(root, FORMER) == []
    forward = ["reload", "users", "anew edge-kept.timer", "preset edge-new.timer"]
    assert placed(root) == ["stop edge-old.timer", "disable edge-old.timer", *forward]
    assert differing(root, LATTER) == []
    assert {path.name for path in (root / UNITS).iterdir()} == {name.rpartition("/")[2] for name in LATTER} - {
        "edge.conf"
    }
    assert {path.stat().st_mode & 0o777 for path in (root / UNITS).iterdir()} == {0o644}
    assert placed(root) == forward  # after a kill behind the last file
    back = placed(root, LATTER, FORMER)
    assert differing(root, FORMER) == [] and "preset edge-old.timer" in back


def test_putting_right_by_hand_starts_nothing(root: Path) -> None:
    (root / UNITS / "edge.service").write_bytes(b"edited")
    (root / UNITS / "edge-kept.timer").unlink()
    assert placed(root, FORMER, FORMER) == ["reload"]
    assert differing(root, FORMER) == []


def test_what_the_installer_has_put_there_stays(root: Path) -> None:
    kept = {
        "edge.service.d/override.conf": b"[Service]\nNice=5\n",
        "edge-new.timer": b"somebody else's",
        "edge-vpn.service": b"somebody else's",
    }
    for name, data in kept.items():
        (root / UNITS / name).parent.mkdir(exist_ok=True)
        (root / UNITS / name).write_bytes(data)
    (root / UNITS / "edge-old.timer").write_bytes(TIMER + b"edited")  # goes, but not as it was brought
    (root / UNITS / "edge-kept.timer").unlink()
    (root / UNITS / "edge-kept.timer").symlink_to("/dev/null")
    said = placed(root)
    assert {name: (root / UNITS / name).read_bytes() for name in kept} == kept
    assert (root / UNITS / "edge-old.timer").read_bytes() == TIMER + b"edited"
    assert (root / UNITS / "edge-kept.timer").is_symlink()
    assert said == ["reload", "users"]
    assert differing(root, LATTER) == ["edge-new.timer"]  # a mask is nobody's mistake


def test_no_link_leads_elsewhere(root: Path, tmp_path: Path) -> None:
    secret = tmp_path / "shadow"
    secret.write_bytes(b"root's own")
    for name in ("edge.service", ".edge-same.service.new", ".edge-kept.timer.new"):
        (root / UNITS / name).unlink(missing_ok=True)
        (root / UNITS / name).symlink_to(secret)
    placed(root)
    assert secret.read_bytes() == b"root's own"
    assert (root / UNITS / "edge.service").is_symlink()
    assert differing(root, LATTER) == ["edge.service"]
    assert [path.name for path in (root / UNITS).iterdir() if path.name.startswith(".")] == []


def test_new_ones_come_first_and_the_daemons_last(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[str] = []
    real = os.rename

    def rename(source: str, target: str, **where: Any) -> None:
        written.append(target)
        real(source, target, **where)

    monkeypatch.setattr(handles.os, "rename", rename)
    placed(root)
    assert written == ["edge-new.timer", "edge-kept.timer", "edge.conf", "edge.service"] or written == [
        "edge-new.timer",
        "edge.conf",
        "edge-kept.timer",
        "edge.service",
    ]


@pytest.mark.parametrize(("code", "kind"), [(errno.EROFS, ReadOnlyError), (errno.ENOSPC, HardwareError)])
def test_a_disk_that_takes_nothing(
    root: Path, monkeypatch: pytest.MonkeyPatch, code: int, kind: type[Exception]
) -> None:
    real = os.open

    def opened(path: Any, flags: int, *words: Any, **where: Any) -> int:
        if flags & os.O_CREAT:
            raise OSError(code, os.strerror(code))
        return real(path, flags, *words, **where)

    asked = Asked(root)
    with monkeypatch.context() as patch:
        patch.setattr(handles.os, "open", opened)
        place(root, FORMER, FORMER, asked)  # nothing is to be written
        with pytest.raises(kind):
            place(root, FORMER, LATTER, asked)
    assert (differing(root, FORMER), asked.asked) == ([], ["reload"])
