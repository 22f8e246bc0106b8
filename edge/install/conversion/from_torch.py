"""Reads the tensors of a PyTorch checkpoint in the form that was usual before version 1.6, without PyTorch.

Such a file is a row of pickles followed by the numbers. A pickle can name any function to be called, so only the few
names that a checkpoint of plain tensors needs are known here; every other one is refused before anything happens.
"""

from __future__ import annotations

import pickle
from collections import OrderedDict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from edge.errors import DataError

_MAGIC, _PROTOCOL = 0x1950A86A20F9469CFC6C, 1001
_KINDS: dict[str, np.dtype[Any]] = {
    "FloatStorage": np.dtype("<f4"),
    "DoubleStorage": np.dtype("<f8"),
    "LongStorage": np.dtype("<i8"),
}
_MOST = 64 << 20  # bytes of one storage
# What a damaged pickle can raise, and a file that is none.
_WRONG = (
    OSError,
    EOFError,
    pickle.UnpicklingError,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    ArithmeticError,
    MemoryError,
)

Floats = NDArray[np.float32]


class _Storage:
    """Numbers that a pickle speaks of, and that come after it."""

    def __init__(self, kind: str, size: int) -> None:
        self.kind, self.size = kind, size
        self.values: NDArray[Any] = np.zeros(0)


class _Tensor:
    """A view of a storage, made when the numbers are there."""

    def __init__(self, storage: _Storage, offset: int, size: Sequence[int], stride: Sequence[int], *_: Any) -> None:
        self._storage, self._offset, self._size, self._stride = storage, offset, tuple(size), tuple(stride)

    def array(self) -> Floats:
        values = self._storage.values
        reach = self._offset + sum((n - 1) * step for n, step in zip(self._size, self._stride, strict=True)) + 1
        if min((self._offset, *self._size, *self._stride), default=0) < 0 or reach > len(values):
            raise ValueError("a tensor reaches beyond its numbers")
        steps = [step * values.itemsize for step in self._stride]
        view = np.lib.stride_tricks.as_strided(values[self._offset :], self._size, steps)
        return view.astype(np.float32)


class _Reader(pickle.Unpickler):
    """Knows the names of tensors and nothing else. `storages`: by the key that the file gives each."""

    def __init__(self, file: IO[bytes]) -> None:
        super().__init__(file)
        self.storages: dict[str, _Storage] = {}

    def find_class(self, module: str, name: str) -> Any:
        known: dict[tuple[str, str], Callable[..., Any] | str] = {
            ("collections", "OrderedDict"): OrderedDict,
            ("torch._utils", "_rebuild_tensor_v2"): _Tensor,
            **{("torch", kind): kind for kind in _KINDS},
        }
        if (module, name) not in known:
            raise pickle.UnpicklingError(f"it speaks of {module}.{name}")
        return known[module, name]

    def persistent_load(self, pid: Any) -> _Storage:
        what, kind, key, _place, size, _view = pid
        if what != "storage" or kind not in _KINDS or not 0 <= size * _KINDS[kind].itemsize <= _MOST:
            raise pickle.UnpicklingError(f"it speaks of {what!r}")
        return self.storages.setdefault(str(key), _Storage(kind, size))


def tensors(path: Path) -> dict[str, Floats]:
    """The tensors by name. Raises DataError for a file that is no such checkpoint."""
    try:
        with path.open("rb") as file:
            magic, protocol, _system = (_Reader(file).load() for _ in range(3))
            if (magic, protocol) != (_MAGIC, _PROTOCOL):
                raise ValueError("it is of another form")
            reader = _Reader(file)
            found = reader.load()
            for key in _Reader(file).load():
                storage = reader.storages[key]
                if int.from_bytes(file.read(8), "little") != storage.size:
                    raise ValueError("its numbers are not where they belong")
                kind = _KINDS[storage.kind]
                storage.values = np.frombuffer(file.read(storage.size * kind.itemsize), kind)
            return {str(name): value.array() for name, value in found.items()}
    except _WRONG as error:
        raise DataError(f"{path} is not a PyTorch checkpoint of tensors: {error}", hint="fetch it again") from error
