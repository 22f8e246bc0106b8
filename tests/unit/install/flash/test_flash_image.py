"""The image: the right one, whole, and with a boot partition."""

from __future__ import annotations

import lzma
import struct
from hashlib import sha256
from pathlib import Path

import pytest

from edge.errors import DataError, UsageError
from edge.install.flash.image import Boot, boot_partition, check_hash, chunks, expected_hash, unpacked_size


def ignore(_what: str, _done: int, _total: int) -> None:
    """Shows nothing."""


def test_the_hash_is_given_or_lies_beside_the_image(tmp_path: Path) -> None:
    image = tmp_path / "os.img.xz"
    with pytest.raises(UsageError, match=r"there is no os\.img\.xz\.sha256"):
        expected_hash(image, None)
    (tmp_path / "os.img.xz.sha256").write_text(f"{'ab' * 32}  os.img.xz\n")
    assert expected_hash(image, None) == "ab" * 32
    assert expected_hash(image, "CD" * 32) == "cd" * 32
    with pytest.raises(UsageError, match="is no SHA-256"):
        expected_hash(image, "cd")


def test_another_image_is_refused(tmp_path: Path) -> None:
    image = tmp_path / "os.img"
    image.write_bytes(bytes(3 << 20))
    seen: list[int] = []
    check_hash(image, sha256(bytes(3 << 20)).hexdigest(), lambda _what, done, _total: seen.append(done))
    assert seen == [1 << 20, 2 << 20, 3 << 20]
    with pytest.raises(DataError, match="is not the image that was meant"):
        check_hash(image, "ab" * 32, ignore)


@pytest.mark.parametrize("size", [0, 1, 100_000, (2 << 20) + 3])
def test_a_packed_image_tells_its_size_and_gives_the_same_bytes(tmp_path: Path, size: int) -> None:
    plain, packed = tmp_path / "os.img", tmp_path / "os.img.xz"
    plain.write_bytes(bytes(range(256)) * (size // 256) + bytes(size % 256))
    packed.write_bytes(lzma.compress(plain.read_bytes()))
    assert unpacked_size(plain) == unpacked_size(packed) == size
    assert b"".join(chunks(plain)) == b"".join(chunks(packed))


@pytest.mark.parametrize("cut", [1, 12, 40])
def test_a_packed_image_that_was_cut_off_is_refused(tmp_path: Path, cut: int) -> None:
    packed = tmp_path / "os.img.xz"
    packed.write_bytes(lzma.compress(bytes(range(256)) * 9000)[:-cut])
    with pytest.raises(DataError, match=r"no complete \.xz file"):
        unpacked_size(packed)
    with pytest.raises(DataError, match="damaged"):
        list(chunks(packed))


def test_what_is_no_image_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"only \.img and \.img\.xz"):
        list(chunks(tmp_path / "os.zip"))


def sector(kind: int, start: int, count: int, *, mark: bytes = b"\x55\xaa") -> bytes:
    table = bytearray(512)
    table[450] = kind
    struct.pack_into("<II", table, 454, start, count)
    table[510:] = mark
    return bytes(table)


def test_the_boot_partition_is_the_first_with_fat() -> None:
    assert boot_partition(sector(0x0C, 8192, 1000)) == Boot(8192 * 512, 1000 * 512)
    for wrong in (sector(0x83, 8192, 1000), sector(0x0C, 0, 9), sector(0x0C, 8192, 1, mark=b"\0\0"), b""):
        with pytest.raises(DataError, match="no FAT partition"):
            boot_partition(wrong)
