"""Overwritten, removed, looked for."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from edge.install.firstboot.scrub import fill, found, overwrite, volume_of

TOKEN, KEY = b"eyJhbGciOiJFZERTQSJ9.token", b"ab" * 32


def test_the_very_bytes_are_overwritten_before_the_name_goes(tmp_path: Path) -> None:
    file, other = tmp_path / "token", tmp_path / "another-name"
    file.write_bytes(TOKEN * 100_000)  # more than one piece
    os.link(file, other)
    overwrite(file)
    assert not file.exists()
    assert other.read_bytes() == bytes(len(TOKEN) * 100_000)
    overwrite(file)  # not there any more: nothing to do


@pytest.mark.parametrize("place", [0, (1 << 20) - 10, (1 << 20) - 1, 1 << 20, (3 << 20) - len(TOKEN)])
def test_a_secret_is_found_wherever_it_lies(tmp_path: Path, place: int) -> None:
    volume = tmp_path / "volume"
    content = bytearray(3 << 20)
    content[place : place + len(TOKEN)] = TOKEN
    volume.write_bytes(content)
    assert found(volume, [TOKEN, KEY]) == [TOKEN]


def test_nothing_is_found_where_nothing_is(tmp_path: Path) -> None:
    volume = tmp_path / "volume"
    volume.write_bytes(os.urandom(1 << 20))
    assert found(volume, [TOKEN, KEY]) == []
    assert found(volume, []) == []


def test_free_room_is_filled_and_given_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[int] = []
    real = Path.open

    class Small:
        """A file system with room for three pieces."""

        def __init__(self, file: object) -> None:
            self._file = file

        def __enter__(self) -> Small:
            return self

        def __exit__(self, *_: object) -> None:
            self._file.close()  # type: ignore[attr-defined]

        def write(self, data: bytes) -> int:
            if len(written) == 3:
                raise OSError(28, "No space left on device")
            written.append(len(data))
            return len(data)

        def fileno(self) -> int:
            return self._file.fileno()  # type: ignore[attr-defined, no-any-return]

    monkeypatch.setattr(Path, "open", lambda self, *args, **words: Small(real(self, *args, **words)))
    fill(tmp_path)
    assert written == [1 << 20] * 3
    assert list(tmp_path.iterdir()) == []


def test_the_partition_is_found_by_its_mount() -> None:
    text = (
        "22 1 179:2 / / rw,noatime shared:1 - ext4 /dev/mmcblk0p2 rw\n"
        "30 22 179:1 / /boot/firmware rw,relatime shared:9 - vfat /dev/mmcblk0p1 rw,fmask=0022\n"
        "31 22 0:5 / /proc rw - proc proc rw\n"
    )
    assert volume_of(Path("/boot/firmware"), text) == Path("/dev/mmcblk0p1")
    assert volume_of(Path("/proc"), text) is None
    assert volume_of(Path("/boot"), text) is None
