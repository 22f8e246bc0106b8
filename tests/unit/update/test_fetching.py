"""A bundle from a folder, or over https, in pieces."""

from __future__ import annotations

import hashlib
import io
import urllib.request
from email.message import Message
from pathlib import Path
from typing import Any
from urllib.error import URLError

import pytest

from edge.config.check import Problems, read_table
from edge.config.desired import forbidden
from edge.config.update import Update
from edge.errors import EdgeError, HardwareError, UsageError
from edge.update import fetching as module
from edge.update.applying import fetched_name
from edge.update.fetching import fetching


def fetched(*words: Any) -> tuple[str, int]:
    """The SHA-256, and in how many pieces it came."""
    walk, pieces = fetching(*words), 0
    while True:
        try:
            next(walk)
            pieces += 1
        except StopIteration as end:
            return str(end.value), pieces


def test_from_a_folder_and_from_an_address(tmp_path: Path) -> None:
    data = bytes(range(256)) * 1000
    (tmp_path / "a.bundle").write_bytes(data)
    asked: list[str] = []

    def opened(address: str) -> io.BytesIO:
        asked.append(address)
        return io.BytesIO(data)

    for source in (str(tmp_path), "https://updates.example.org/edge/"):
        sha256, pieces = fetched(source, "a.bundle", tmp_path / "here", opened)
        assert sha256 == hashlib.sha256(data).hexdigest()
        assert (tmp_path / "here").read_bytes() == data
        assert pieces == 4
    assert asked == ["https://updates.example.org/edge/a.bundle"]


@pytest.mark.parametrize("name", ["", "../a", "a/b", "/etc/passwd", ".hidden", "a" * 129, "a\nb", "a?b"])
def test_a_name_is_a_name_and_no_way(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError):
        fetched(str(tmp_path), name, tmp_path / "here")
    assert not (tmp_path / "here").exists()


def test_what_is_not_there_or_breaks_off_is_told(tmp_path: Path) -> None:
    with pytest.raises(HardwareError, match="cannot be fetched"):
        fetched(str(tmp_path), "missing", tmp_path / "here")

    class Breaks(io.BytesIO):
        def read1(self, _size: int | None = -1, /) -> bytes:
            raise TimeoutError("timed out")

    with pytest.raises(HardwareError, match="timed out"):
        fetched("https://x.example", "a", tmp_path / "here", lambda _address: Breaks())


def test_a_server_that_never_ends_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_BYTES", 100_000)

    class Endless(io.BytesIO):
        def read1(self, size: int | None = -1, /) -> bytes:
            return b"x" * (size or 1)

    with pytest.raises(HardwareError, match="larger"):
        fetched("https://x.example", "a", tmp_path / "here", lambda _address: Endless())


def test_no_server_sends_us_out_of_https() -> None:
    request = urllib.request.Request("https://x.example/a")
    handler = module._OnlyHttps()
    with pytest.raises(URLError, match="no https"):
        handler.redirect_request(request, io.BytesIO(), 302, "Found", Message(), "http://x.example/a")
    further = handler.redirect_request(request, io.BytesIO(), 302, "Found", Message(), "https://y.example/a")
    assert further is not None and further.full_url == "https://y.example/a"


def test_an_address_is_taken_apart() -> None:
    assert fetched_name("https://x.example/edge/a.bundle") == ("https://x.example/edge", "a.bundle")
    for wrong in ("http://x.example/a", "https://x.example/", "ftp://x/a"):
        with pytest.raises(EdgeError):
            fetched_name(wrong)


@pytest.mark.parametrize("source", ["http://x.example/a", "updates", "ftp://x/a", "https://", "https://x.example/?a=b"])
def test_a_source_is_a_folder_or_an_encrypted_address(source: str) -> None:
    problems: Problems = []
    read_table(Update, {"source": source}, ("update",), problems)
    ((key, what),) = problems
    assert key == ("update", "source") and "https://" in what
    assert read_table(Update, {"source": "/media/edge"}, (), problems) == Update(source="/media/edge")


def test_the_office_cannot_change_whose_versions_are_installed() -> None:
    told = forbidden({"update": {"key_file": "theirs.pem", "source": "https://theirs.example"}})
    assert [key for key, _ in told] == [("update", "key_file"), ("update", "source")]


def test_nothing_is_configured_unless_somebody_does() -> None:
    assert (Update().key_file, Update().source) == (None, "")
