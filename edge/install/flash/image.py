"""The operating system's image: whether it is the one that was meant, and a stream of its bytes."""

from __future__ import annotations

import hashlib
import lzma
import re
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from edge.errors import DataError, HardwareError, UsageError

CHUNK = 1 << 20
SECTOR = 512
_FAT_TYPES = (0x01, 0x04, 0x06, 0x0B, 0x0C, 0x0E)
"""Types of a partition in the table of IBM's PC that stand for FAT."""
_HASH = re.compile(r"[0-9a-fA-F]{64}")
Progress = Callable[[str, int, int], None]
"""What is being done, bytes done, bytes in all (0: not known)."""


@dataclass(frozen=True, slots=True)
class Boot:
    """The partition that the computer starts from, in bytes."""

    start: int
    length: int


def expected_hash(image: Path, given: str | None) -> str:
    """The SHA-256 that was given, or that in a file beside the image, as published with it. Raises UsageError."""
    if given is None:
        beside = image.with_name(image.name + ".sha256")
        try:
            given = beside.read_text(encoding="ascii").split()[0]
        except (OSError, UnicodeDecodeError, IndexError) as error:
            raise UsageError(
                f"whose image is {image.name}? there is no {beside.name} beside it",
                hint="download that too, or give --sha256 from the page where the image came from",
            ) from error
    if not _HASH.fullmatch(given):
        raise UsageError(f"{given!r} is no SHA-256", hint="64 hexadecimal digits")
    return given.lower()


def check_hash(image: Path, expected: str, progress: Progress) -> None:
    """Raises DataError when the file is another one, HardwareError when it cannot be read."""
    digest, done = hashlib.sha256(), 0
    try:
        total = image.stat().st_size
        with image.open("rb") as file:
            while chunk := file.read(CHUNK):
                digest.update(chunk)
                done += len(chunk)
                progress("checking the image", done, total)
    except OSError as error:
        raise HardwareError(f"{image}: cannot be read: {error.strerror}", hint="check the path") from error
    if digest.hexdigest() != expected:
        raise DataError(
            f"{image} is not the image that was meant: its SHA-256 is {digest.hexdigest()}, not {expected}",
            hint="download it again; nothing was written",
        )


def chunks(image: Path) -> Iterator[bytes]:
    """The image's bytes, unpacked, in pieces of 1 MiB and a rest. Raises DataError for a damaged or unknown file."""
    if not image.name.endswith((".img", ".img.xz")):
        raise UsageError(f"{image.name}: only .img and .img.xz are written", hint="unpack it before")
    try:
        with cast("BinaryIO", lzma.open(image) if image.suffix == ".xz" else image.open("rb")) as file:
            while chunk := file.read(CHUNK):
                yield chunk
    except (lzma.LZMAError, EOFError) as error:
        raise DataError(f"{image}: damaged: {error}", hint="download it again") from error
    except OSError as error:
        raise HardwareError(f"{image}: cannot be read: {error.strerror}", hint="check the path") from error


def unpacked_size(image: Path) -> int:
    """The length of the unpacked image in bytes, without unpacking it where its format tells. Raises DataError."""
    if image.suffix != ".xz":
        return image.stat().st_size
    return _xz_size(image)


def boot_partition(first: bytes) -> Boot:
    """Where the first FAT partition lies, by the image's first sector. Raises DataError."""
    if first[510:512] == b"\x55\xaa":
        for place in range(446, 510, 16):
            kind, start, sectors = first[place + 4], *struct.unpack_from("<II", first, place + 8)
            if kind in _FAT_TYPES and start and sectors:
                return Boot(start * SECTOR, sectors * SECTOR)
    raise DataError("the image has no FAT partition", hint="an image of Raspberry Pi OS is wanted")


def _xz_size(image: Path) -> int:
    """From the index at the end of a .xz file (The .xz File Format 1.2.1, sections 2.1.2 and 4): one stream of any
    number of blocks, as xz writes it.
    """
    damaged = DataError(f"{image}: no complete .xz file", hint="download it again")
    data = image.stat().st_size
    with image.open("rb") as file:
        if data < 32:
            raise damaged
        file.seek(data - 12)
        footer = file.read(12)
        length = (int.from_bytes(footer[4:8], "little") + 1) * 4
        if footer[10:] != b"YZ" or length + 24 > data or length > 1 << 24:
            raise damaged
        file.seek(data - 12 - length)
        index = file.read(length)
    place, total = 1, 0
    try:
        count, place = _number(index, place)
        for _ in range(count):
            _, place = _number(index, place)
            size, place = _number(index, place)
            total += size
    except IndexError:
        raise damaged from None
    if index[0] != 0:
        raise damaged
    return total


def _number(data: bytes, place: int) -> tuple[int, int]:
    """A multibyte integer of the format, section 1.2, and where the next one begins."""
    value = shift = 0
    while True:
        byte = data[place]
        place += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if not byte & 0x80:
            return value, place
        if shift > 56:
            raise IndexError
