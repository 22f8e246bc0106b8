"""Running neural networks: one interface over LiteRT and tflite-runtime, whichever is installed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from numpy.typing import NDArray


class Network(Protocol):
    """One loaded network. `run` takes one input batch in real units (the driver quantises where the file is
    int8) and returns the outputs in the file's order, dequantised to float32.
    """

    input_shape: tuple[int, ...]
    output_shapes: tuple[tuple[int, ...], ...]

    def run(self, batch: NDArray[Any]) -> Sequence[NDArray[Any]]: ...
