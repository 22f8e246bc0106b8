"""A checkpoint is read without PyTorch, and nothing that a pickle asks for is called."""

from __future__ import annotations

import io
import os
import pickle
import sys
from collections import OrderedDict
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from edge.errors import DataError
from edge.install.conversion.from_torch import _MAGIC, _PROTOCOL, tensors

NUMBERS = np.arange(24, dtype=np.float32)


def rebuild(*_: object) -> None:
    raise AssertionError("only its name is written")


class FloatStorage:
    pass


class Saved:
    """A tensor of a storage, as it is pickled."""

    def __init__(self, key: str, offset: int, size: tuple[int, ...], stride: tuple[int, ...]) -> None:
        self.parts = (key, offset, size, stride)


class Kept:
    def __init__(self, key: str) -> None:
        self.key = key


class Writer(pickle.Pickler):
    def persistent_id(self, value: Any) -> Any:
        return ("storage", FloatStorage, value.key, "cpu", len(NUMBERS), None) if isinstance(value, Kept) else None

    def reducer_override(self, value: Any) -> Any:
        if not isinstance(value, Saved):
            return NotImplemented
        key, offset, size, stride = value.parts
        return rebuild, (Kept(key), offset, size, stride, False, OrderedDict())


@pytest.fixture(autouse=True)
def names(monkeypatch: pytest.MonkeyPatch) -> None:
    """The names that PyTorch would write."""
    torch, utils = ModuleType("torch"), ModuleType("torch._utils")
    monkeypatch.setattr(rebuild, "__module__", "torch._utils")
    monkeypatch.setattr(rebuild, "__qualname__", "_rebuild_tensor_v2")
    monkeypatch.setattr(FloatStorage, "__module__", "torch")
    monkeypatch.setattr(utils, "_rebuild_tensor_v2", rebuild, raising=False)
    monkeypatch.setattr(torch, "FloatStorage", FloatStorage, raising=False)
    monkeypatch.setitem(sys.modules, "torch", torch)
    monkeypatch.setitem(sys.modules, "torch._utils", utils)


def checkpoint(path: Path, content: object, numbers: bytes | None = None) -> Path:
    file = io.BytesIO()
    for head in (_MAGIC, _PROTOCOL, {"little_endian": True}):
        file.write(pickle.dumps(head, 2))
    Writer(file, 2).dump(content)
    file.write(pickle.dumps(["0"], 2))
    file.write(len(NUMBERS).to_bytes(8, "little"))
    file.write(NUMBERS.tobytes() if numbers is None else numbers)
    path.write_bytes(file.getvalue())
    return path


def test_tensors_are_views_of_the_numbers(tmp_path: Path) -> None:
    content = OrderedDict(
        whole=Saved("0", 0, (2, 3, 4), (12, 4, 1)), turned=Saved("0", 4, (4, 3), (1, 4)), one=Saved("0", 7, (), ())
    )
    found = tensors(checkpoint(tmp_path / "x.pth", content))
    assert (found["whole"] == NUMBERS.reshape(2, 3, 4)).all()
    assert (found["turned"] == NUMBERS[4:16].reshape(3, 4).T).all()
    assert found["one"] == 7.0


class Caller:
    def __reduce__(self) -> Any:
        return os.mkdir, (os.environ["EDGE_TEST_CALLED"],)


def test_a_pickle_that_asks_for_anything_else_is_refused_unread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    called = tmp_path / "called"
    monkeypatch.setenv("EDGE_TEST_CALLED", str(called))
    bad = checkpoint(tmp_path / "bad.pth", OrderedDict(x=Caller()))
    with pytest.raises(DataError, match="mkdir"):
        tensors(bad)
    bad.write_bytes(pickle.dumps(Caller(), 2))
    with pytest.raises(DataError):
        tensors(bad)
    assert not called.exists()


@pytest.mark.parametrize(
    ("tensor", "numbers"),
    [
        (Saved("0", 20, (8,), (1,)), None),  # beyond the end
        (Saved("0", -1, (2,), (1,)), None),
        (Saved("0", 8, (4,), (-1,)), None),
        (Saved("0", 0, (24,), (1,)), b"too short"),
    ],
)
def test_numbers_that_are_not_there_are_not_read(tmp_path: Path, tensor: Saved, numbers: bytes | None) -> None:
    with pytest.raises(DataError, match="not a PyTorch checkpoint"):
        tensors(checkpoint(tmp_path / "x.pth", OrderedDict(x=tensor), numbers))


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 a zip file", b"\x80\x02K\x01.", bytes(range(60, 256))])
def test_other_files_are_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "other.pth"
    path.write_bytes(content)
    with pytest.raises(DataError):
        tensors(path)
    with pytest.raises(DataError):
        tensors(tmp_path / "absent.pth")
