"""What a model file must be: its hash, and the tensors that go in and come out."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal

from edge.errors import DataError

Precision = Literal["float32", "float16", "int8"]
"""What the weights are stored as; float16 files still take and return float32."""


@dataclass(frozen=True, slots=True)
class TensorSpec:
    """Shape (batch first) and numpy dtype name of one input or output."""

    shape: tuple[int, ...]
    dtype: str

    def __str__(self) -> str:
        return f"{self.dtype}{list(self.shape)}"


@dataclass(frozen=True, slots=True)
class Variant:
    """One file of a model. `path` is absolute or relative to the working directory; `sha256` is lower-case hex."""

    model: str
    precision: Precision
    path: Path
    sha256: str
    size_bytes: int
    input: TensorSpec
    outputs: tuple[TensorSpec, ...]

    def open_verified(self) -> BinaryIO:
        """The open file, once its length and SHA-256 have been found right.

        The interpreter is to map this very file, by its descriptor: a flatbuffer is not fully validated by the
        runtime, so a damaged one can crash the process, and another file may stand at the path meanwhile. Raises
        DataError.
        """
        try:
            stream = self.path.open("rb")
        except OSError as failure:
            raise self._unreadable(failure) from failure
        try:
            size = os.fstat(stream.fileno()).st_size
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
        except OSError as failure:
            stream.close()
            raise self._unreadable(failure) from failure
        if size == self.size_bytes and digest == self.sha256:
            return stream
        stream.close()
        if size != self.size_bytes:
            raise DataError(
                f"model {self.model}: {self.path} should have {self.size_bytes} bytes and has {size}",
                hint="the file is truncated or another one; restore it from the release",
            )
        raise DataError(
            f"model {self.model}: SHA-256 of {self.path} is {digest}, the manifest says {self.sha256}",
            hint="the file is damaged or another one; restore it from the release",
        )

    def _unreadable(self, failure: OSError) -> DataError:
        return DataError(
            f"model {self.model}: {self.path} cannot be read: {failure.strerror or failure}",
            hint="build the models with `make models`, or restore the file from the release",
        )
