"""Only a card is written to: what the kernel says of a disk, and what follows from it."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.errors import EdgeError, HardwareError, UsageError
from edge.install.flash.target import Machine, card, image_file, judged

CARD = {"size": "62333952", "removable": "1", "ro": "0", "device/model": "SD Reader", "device/vendor": "Generic"}


def machine(folder: Path, disk: dict[str, str], *, mounts: str = "", swaps: str = "", holder: str = "") -> Machine:
    """A disk 8:16, /dev/sdb, with one partition 8:17."""
    place = folder / "sys/dev/block/8:16"
    for name, content in {**disk, "sdb1/partition": "1", "sdb1/dev": "8:17"}.items():
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_text(content + "\n")
    (place / "sdb1/holders" / holder).mkdir(parents=True)
    partition = folder / "sys/dev/block/8:17"
    partition.mkdir()
    (partition / "partition").write_text("1\n")
    (folder / "proc/self").mkdir(parents=True)
    (folder / "proc/self/mountinfo").write_text(f"22 1 179:2 / / rw - ext4 /dev/root rw\n{mounts}")
    (folder / "proc/swaps").write_text(f"Filename Type Size Used Priority\n{swaps}")
    return Machine(folder / "sys", folder / "proc")


def test_a_card_in_a_reader_is_one(tmp_path: Path) -> None:
    target = judged(Path("/dev/sdb"), "8:16", machine(tmp_path, CARD))
    assert target.size == 62333952 * 512
    assert target.told == "/dev/sdb (Generic SD Reader, 31.9 GB)" and not target.is_file


def test_a_card_in_a_built_in_reader_is_one_and_soldered_memory_is_not(tmp_path: Path) -> None:
    built_in = {"size": "62333952", "removable": "0", "ro": "0", "device/type": "SD", "device/name": "SN32G"}
    assert judged(Path("/dev/mmcblk0"), "8:16", machine(tmp_path / "a", built_in)).told.startswith(
        "/dev/mmcblk0 (SN32G"
    )
    with pytest.raises(UsageError, match="cannot be taken out"):
        judged(Path("/dev/mmcblk0"), "8:16", machine(tmp_path / "b", built_in | {"device/type": "MMC"}))


@pytest.mark.parametrize(
    ("changes", "around", "told"),
    [
        ({"removable": "0"}, {}, "cannot be taken out of this computer"),
        ({"size": "0"}, {}, "is empty"),
        ({"size": str(2 * 10**12 // 512)}, {}, "has 2000 GB, more than any card"),
        ({"ro": "1"}, {}, "write-protected"),
        ({}, {"mounts": "30 22 8:17 / /media/anna rw - vfat /dev/sdb1 rw\n"}, "mounted at /media/anna"),
        ({}, {"mounts": "30 22 8:16 / /mnt rw - ext4 /dev/sdb rw\n"}, "mounted at /mnt"),
        ({}, {"holder": "dm-0"}, "in use by another device"),
        ({}, {"swaps": "/dev/sdb1 partition 100 0 -2\n"}, "in use as swap"),
    ],
)
def test_anything_else_is_refused(tmp_path: Path, changes: dict[str, str], around: dict[str, str], told: str) -> None:
    with pytest.raises(UsageError, match=told) as refused:
        judged(Path("/dev/sdb"), "8:16", machine(tmp_path, CARD | changes, **around))
    assert refused.value.hint


def test_a_disk_of_which_nothing_is_known_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be taken out"):
        judged(Path("/dev/sdz"), "8:99", machine(tmp_path, CARD))


def test_a_partition_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is a partition"):
        judged(Path("/dev/sdb1"), "8:17", machine(tmp_path, CARD))


@pytest.mark.parametrize(("path", "kind"), [("/dev/null", UsageError), ("/dev/edge-no-such", HardwareError)])
def test_what_is_no_disk_is_refused(path: str, kind: type[EdgeError]) -> None:
    with pytest.raises(kind):
        card(Path(path))


def test_a_file_that_exists_is_overwritten_only_when_told(tmp_path: Path) -> None:
    file = tmp_path / "card.img"
    assert image_file(file, overwrite=False).is_file
    file.touch()
    with pytest.raises(UsageError, match="exists already"):
        image_file(file, overwrite=False)
    assert image_file(file, overwrite=True).is_file
    for wrong in (tmp_path, Path("/dev/null"), tmp_path / "no/card.img"):
        with pytest.raises(UsageError):
            image_file(wrong, overwrite=True)
    (tmp_path / "link").symlink_to(file)
    with pytest.raises(UsageError, match="is no file"):
        image_file(tmp_path / "link", overwrite=True)
