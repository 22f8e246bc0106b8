"""What a model file must be: its hash, and the tensors that go in and come out."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

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

    def read_verified(self) -> bytes:
        """The file's bytes, once their length and SHA-256 have been found right.

        The interpreter is given these very bytes: a flatbuffer is not validated by the runtime, so a damaged one
        can crash the process, and a file read twice may have changed in between. Raises DataError.
        """
        try:
            with self.path.open("rb") as stream:
                content = stream.read(self.size_bytes + 1)  # one more than expected shows a file that is too long
        except OSError as failure:
            raise DataError(
                f"model {self.model}: {self.path} cannot be read: {failure.strerror or failure}",
                hint="build the models with `make models`, or restore the file from the release",
            ) from failure
        if len(content) != self.size_bytes:
            got = "more" if len(content) > self.size_bytes else str(len(content))
            raise DataError(
                f"model {self.model}: {self.path} should have {self.size_bytes} bytes and has {got}",
                hint="the file is truncated or another one; restore it from the release",
            )
        digest = hashlib.sha256(content).hexdigest()
        if digest != self.sha256:
            raise DataError(
                f"model {self.model}: SHA-256 of {self.path} is {digest}, the manifest says {self.sha256}",
                hint="the file is damaged or another one; restore it from the release",
            )
        return content
