"""Bundles: what is taken, and everything that is not."""

from __future__ import annotations

import hashlib
import io
import json
import os
import random
import shutil
import subprocess
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from edge.errors import ConfigError, DataError, EdgeError, HardwareError
from edge.store.identity import pem
from edge.update import minisign
from edge.update.bundle import CONTENT, MANIFEST, SIGNATURE, unpack, unpacked_bytes, verify
from edge.update.making import describe, make
from edge.update.manifest import BadBundleError, UnfitError, order, python_tag, read_manifest
from edge.update.minisign import BadSignatureError, public_text, read_public_key
from tests.update_rig import CREATED, KEY, NEW, STRANGER, bundle, wheel

PUBLIC = KEY.public_key()


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return bundle(tmp_path_factory.mktemp("good"))


def test_a_bundle_is_verified_and_unpacked(good: Path, tmp_path: Path) -> None:
    found = verify(good, PUBLIC)
    assert (found.manifest.version, found.manifest.created) == (NEW, "2026-11-28T03:00:00Z")
    assert found.sha256 == hashlib.sha256(good.read_bytes()).hexdigest()
    unpack(found, tmp_path)
    (unpacked,) = (tmp_path / "wheels").iterdir()
    assert unpacked.read_bytes() == (good.parent / unpacked.name).read_bytes()
    assert unpacked_bytes(tmp_path) > 500


def test_the_same_wheels_give_the_same_bundle(good: Path, tmp_path: Path) -> None:
    again = tmp_path / "again.bundle"
    wheels = [*good.parent.glob("*.whl")]
    make(again, describe(wheels, CREATED), wheels, KEY)
    assert again.read_bytes() == good.read_bytes()


@pytest.mark.skipif(shutil.which("minisign") is None, reason="minisign is not installed")
def test_minisign_itself_takes_the_signature_and_refuses_an_altered_one(good: Path, tmp_path: Path) -> None:
    with tarfile.open(good) as outer:
        outer.extractall(tmp_path, filter="data") if hasattr(tarfile, "data_filter") else outer.extractall(tmp_path)
    key = tmp_path / "edge.pub"
    key.write_text(public_text(PUBLIC))
    command = ["minisign", "-V", "-m", CONTENT, "-p", str(key)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert "edge 0.2.0 any any 2026-11-28T03:00:00Z" in done.stdout
    with (tmp_path / CONTENT).open("ab") as file:
        file.write(b"x")
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode != 0


def test_a_public_key_is_read_in_both_forms(tmp_path: Path) -> None:
    (tmp_path / "a.pub").write_text(public_text(PUBLIC))
    (tmp_path / "a.pem").write_bytes(pem(PUBLIC))
    for name in ("a.pub", "a.pem"):
        assert read_public_key(tmp_path / name).public_bytes_raw() == PUBLIC.public_bytes_raw()
    for text in ("", "untrusted comment: x", "untrusted comment: x\nRWQ=\n", "\xff"):
        (tmp_path / "bad").write_bytes(text.encode("latin-1"))
        with pytest.raises(ConfigError):
            read_public_key(tmp_path / "bad")
    with pytest.raises(ConfigError, match="cannot be read"):
        read_public_key(tmp_path / "missing")


def test_a_strangers_signature_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadSignatureError, match="does not fit"):
        verify(bundle(tmp_path, key=STRANGER), PUBLIC)


@pytest.mark.parametrize("text", ["", "a\nb\nc\nd\n", "untrusted comment: x\n!\ntrusted comment: y\n!\n", "\xff"])
def test_what_is_no_signature_is_refused(text: str) -> None:
    with pytest.raises(BadSignatureError):
        minisign.verify(text.encode("latin-1"), bytes(64), PUBLIC)


def test_the_trusted_comment_is_signed_too() -> None:
    text = minisign.sign(bytes(64), KEY, "edge 0.2.0")
    assert minisign.verify(text.encode(), bytes(64), PUBLIC) == "edge 0.2.0"
    with pytest.raises(BadSignatureError):
        minisign.verify(text.replace("0.2.0", "0.3.0").encode(), bytes(64), PUBLIC)


def test_no_altered_byte_of_what_is_signed_passes(good: Path, tmp_path: Path) -> None:
    """Of what is not signed there are the headers of the outer archive and its padding."""
    data, start = good.read_bytes(), verify(good, PUBLIC).start
    size = verify(good, PUBLIC).size
    chance, altered = random.Random(6), tmp_path / "altered"
    for _ in range(300):
        place = start + chance.randrange(size)
        changed = bytearray(data)
        changed[place] ^= 1 << chance.randrange(8)
        altered.write_bytes(changed)
        with pytest.raises(DataError):
            verify(altered, PUBLIC)


def test_no_garbage_does_more_than_be_refused(good: Path, tmp_path: Path) -> None:
    data, chance, altered = good.read_bytes(), random.Random(7), tmp_path / "altered"
    for _ in range(300):
        changed = bytearray(data[: chance.randrange(len(data) + 1)])
        for _ in range(chance.randrange(4)):
            if changed:
                changed[chance.randrange(min(len(changed), 2048))] = chance.randrange(256)
        altered.write_bytes(changed)
        try:
            found = verify(altered, PUBLIC)
        except EdgeError:
            continue
        assert found.manifest.version == NEW  # what was hit is not signed, or was not hit


@pytest.mark.parametrize("length", [0, 1, 511, 512, 1024, 2000])
def test_a_truncated_file_is_refused(good: Path, tmp_path: Path, length: int) -> None:
    (tmp_path / "short").write_bytes(good.read_bytes()[:length])
    with pytest.raises(DataError):
        verify(tmp_path / "short", PUBLIC)


def test_links_devices_and_what_is_missing_are_no_bundles(good: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(good)
    os.mkfifo(tmp_path / "pipe")
    for name, kind in (("link", HardwareError), ("pipe", BadBundleError), ("missing", HardwareError)):
        with pytest.raises(kind):
            verify(tmp_path / name, PUBLIC)


# --- what the signed archive may hold


def signed(folder: Path, members: list[tuple[tarfile.TarInfo, bytes]]) -> Path:
    """A bundle of any content at all under a good signature."""
    inner, outer = io.BytesIO(), folder / "made.bundle"
    with tarfile.open(fileobj=inner, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for member, data in members:
            archive.addfile(member, io.BytesIO(data))
    content = inner.getvalue()
    signature = minisign.sign(hashlib.blake2b(content).digest(), KEY, "x").encode()
    with tarfile.open(outer, "w", format=tarfile.USTAR_FORMAT) as archive:
        for name, data in ((SIGNATURE, signature), (CONTENT, content)):
            archive.addfile(plain(name, data), io.BytesIO(data))
    return outer


def plain(name: str, data: bytes = b"", kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.size, member.type, member.linkname = len(data), kind, link
    return member


WHEEL = "wheels/edge-0.2.0-py3-none-any.whl"
DATA = b"a wheel"


def said(**changes: Any) -> bytes:
    whole = {
        "format": 1,
        "name": "edge",
        "version": "0.2.0",
        "python": "any",
        "machine": "any",
        "from": "0.1.0",
        "downgrade": False,
        "created": "2026-11-28T03:00:00Z",
        "files": {WHEEL: {"sha256": hashlib.sha256(DATA).hexdigest(), "bytes": len(DATA)}},
    }
    return json.dumps({key: value for key, value in {**whole, **changes}.items() if value is not None}).encode()


def with_wheel(*more: tuple[tarfile.TarInfo, bytes]) -> list[tuple[tarfile.TarInfo, bytes]]:
    return [(plain(MANIFEST, said()), said()), (plain(WHEEL, DATA), DATA), *more]


CONTENTS: dict[str, list[tuple[tarfile.TarInfo, bytes]]] = {
    "a name that climbs": with_wheel((plain("../../etc/passwd", b"x"), b"x")),
    "an absolute name": with_wheel((plain("/etc/passwd", b"x"), b"x")),
    "a link": with_wheel((plain("wheels/a.whl", kind=tarfile.SYMTYPE, link="/etc/passwd"), b"")),
    "a hard link": with_wheel((plain("wheels/a.whl", kind=tarfile.LNKTYPE, link="/etc/passwd"), b"")),
    "a device": with_wheel((plain("wheels/a.whl", kind=tarfile.CHRTYPE), b"")),
    "a pipe": with_wheel((plain("wheels/a.whl", kind=tarfile.FIFOTYPE), b"")),
    "a folder": with_wheel((plain("wheels", kind=tarfile.DIRTYPE), b"")),
    "the same name twice": with_wheel((plain(WHEEL, DATA), DATA)),
    "a file that is not in the manifest": with_wheel((plain("wheels/b.whl", b"x"), b"x")),
    "a file that is missing": with_wheel()[:1],
    "another length": [with_wheel()[0], (plain(WHEEL, DATA + b"!"), DATA + b"!")],
    "another content": [with_wheel()[0], (plain(WHEEL, b"A wheel"), b"A wheel")],
    "the manifest in the second place": list(reversed(with_wheel())),
    "no manifest": with_wheel()[1:],
    "nothing": [],
    "a thousand files": with_wheel(*[(plain(MANIFEST), b"")] * 1000),
}


@pytest.mark.parametrize("members", CONTENTS.values(), ids=CONTENTS)
def test_a_signed_archive_is_not_believed_either(tmp_path: Path, members: list[tuple[tarfile.TarInfo, bytes]]) -> None:
    target = tmp_path / "out"
    with pytest.raises(BadBundleError):
        unpack(verify(signed(tmp_path, members), PUBLIC), target)
    outside = {path.name for path in tmp_path.iterdir()} - {"made.bundle", "out"}
    assert not outside
    assert {path.name for path in target.rglob("*")} <= {"wheels", WHEEL.removeprefix("wheels/")}


def test_an_archive_that_is_cut_short_within_a_good_signature_is_refused(tmp_path: Path) -> None:
    data = said()
    block = plain(MANIFEST, data).tobuf() + data + b"\0" * (-len(data) % 512)
    content = block + plain(WHEEL, b"x" * 5000).tobuf() + b"x"
    made = tmp_path / "made.bundle"
    signature = minisign.sign(hashlib.blake2b(content).digest(), KEY, "x").encode()
    with tarfile.open(made, "w", format=tarfile.USTAR_FORMAT) as archive:
        for name, part in ((SIGNATURE, signature), (CONTENT, content)):
            archive.addfile(plain(name, part), io.BytesIO(part))
    with pytest.raises(BadBundleError):
        unpack(verify(made, PUBLIC), tmp_path / "out")


FILES = {WHEEL: {"sha256": "0" * 64, "bytes": 1}}
MANIFESTS: dict[str, bytes] = {
    "no JSON": b"{",
    "a list": b"[]",
    "deep": b"[" * 100_000,
    "another program": said(name="hedge"),
    "a key too many": said(more=1),
    "a key too few": said(created=None),
    "no version": said(version="latest"),
    "a version that climbs": said(version="../../x"),
    "an odd time": said(created="yesterday"),
    "downgrade as text": said(downgrade="no"),
    "no files": said(files={}),
    "a list of files": said(files=[]),
    "a name that climbs": said(files={"wheels/../../x.whl": FILES[WHEEL]}),
    "a name elsewhere": said(files={"bin/x.whl": FILES[WHEEL]}),
    "no hash": said(files={WHEEL: {"bytes": 1}}),
    "a negative length": said(files={WHEEL: {"sha256": "0" * 64, "bytes": -1}}),
    "true as length": said(files={WHEEL: {"sha256": "0" * 64, "bytes": True}}),
    "more than a gigabyte": said(files={WHEEL: {"sha256": "0" * 64, "bytes": 1 << 31}}),
    "too many files": said(files={f"wheels/{number}.whl": FILES[WHEEL] for number in range(501)}),
}


@pytest.mark.parametrize("data", MANIFESTS.values(), ids=MANIFESTS)
def test_a_manifest_that_is_none_is_refused(data: bytes) -> None:
    with pytest.raises(BadBundleError):
        read_manifest(data)


def test_a_format_to_come_is_told_apart_from_damage() -> None:
    with pytest.raises(UnfitError, match="in between"):
        read_manifest(said(format=2))


def test_versions_have_an_order() -> None:
    rising = ["0.1.0a1", "0.1.0b1", "0.1.0rc1", "0.1.0rc2", "0.1.0", "0.1.1", "0.2.0", "0.10.0", "1.0.0"]
    assert sorted(set(rising), key=order) == rising
    with pytest.raises(UnfitError):
        order("1.0")


@pytest.mark.parametrize(
    ("changes", "installed", "downgrade", "fits"),
    [
        ({}, "0.1.0", False, True),
        ({}, "0.0.9", False, False),  # older than it can come from
        ({}, "0.3.0", False, False),
        ({}, "0.3.0", True, False),  # asked for, and not signed for
        ({"downgrade": True}, "0.3.0", False, False),  # signed for, and not asked for
        ({"downgrade": True}, "0.3.0", True, True),
        ({"python": "cp27"}, "0.1.0", False, False),
        ({"python": python_tag()}, "0.1.0", False, True),
        ({"machine": "pdp11"}, "0.1.0", False, False),
    ],
)
def test_what_fits_which_device(changes: dict[str, Any], installed: str, downgrade: bool, fits: bool) -> None:
    manifest = read_manifest(said(**changes))
    if fits:
        manifest.check_fit(installed, downgrade=downgrade)
    else:
        with pytest.raises(UnfitError):
            manifest.check_fit(installed, downgrade=downgrade)


def huge(archive: zipfile.ZipFile) -> None:
    archive.writestr("zeros", b"\0" * (1 << 20), compress_type=zipfile.ZIP_DEFLATED)
    archive.infolist()[0].file_size = (1 << 32) - 2  # what its directory claims
    archive.writestr("more", b"")
    archive.infolist()[1].file_size = (1 << 32) - 2


@pytest.mark.parametrize(
    "fill", [lambda archive: archive.writestr("../x", b""), lambda archive: archive.writestr("/x", b""), huge]
)
def test_a_wheel_that_would_write_elsewhere_or_without_end_is_refused(
    tmp_path: Path, fill: Callable[[zipfile.ZipFile], None]
) -> None:
    (tmp_path / "wheels").mkdir()
    with zipfile.ZipFile(tmp_path / "wheels" / "a.whl", "w") as archive:
        fill(archive)
    with pytest.raises(BadBundleError):
        unpacked_bytes(tmp_path)
    (tmp_path / "wheels" / "a.whl").write_bytes(b"no archive")
    with pytest.raises(BadBundleError):
        unpacked_bytes(tmp_path)


def test_a_bundle_without_edge_in_it_cannot_be_made(tmp_path: Path) -> None:
    other = tmp_path / "other-1.0.0-py3-none-any.whl"
    other.write_bytes(b"")
    with pytest.raises(DataError):
        describe([other], CREATED)
    with pytest.raises(DataError):
        describe([wheel(tmp_path, NEW), wheel(tmp_path, "0.3.0")], CREATED)
