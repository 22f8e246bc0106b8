"""Reads the layers of a network that dlib has serialised, without dlib.

The encoding is dlib's own (`dlib/serialize.h`, `dlib/cuda/tensor_tools.cpp`, `dlib/dnn/layers.h`): an integer is a
control byte, whose low four bits count the bytes that follow and whose top bit is the sign, and those bytes,
little-endian; a string is its length as an integer and its bytes; a tensor is the version 2, its four dimensions as
integers and raw little-endian float32. The layers stand input first, each beginning with the name of its kind.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge.errors import DataError

_LAYER = re.compile(rb"\x01(?:\x05(con_4)|\x07(affine_)|\x04(fc_2))")
_TENSOR_VERSION = 2


@dataclass(frozen=True, slots=True)
class Convolution:
    """Filters (out, in, height, width), biases (out) and the stride of a convolution."""

    filters: NDArray[np.float32]
    biases: NDArray[np.float32]
    stride: int
    padding: int


@dataclass(frozen=True, slots=True)
class Affine:
    """Gain and offset per channel: what batch normalisation becomes after training."""

    gamma: NDArray[np.float32]
    beta: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class FullyConnected:
    """Weights (inputs, outputs) of a layer without biases."""

    weights: NDArray[np.float32]


Layer = Convolution | Affine | FullyConnected


def layers(data: bytes) -> list[Layer]:
    """Every layer with parameters, input first. Raises `DataError` where the bytes are not such a file."""
    found: list[Layer] = []
    at = 0
    while match := _LAYER.search(data, at):
        reader = _Reader(data, match.end())
        if match[1]:
            found.append(_convolution(reader, _channels(found)))
        elif match[2]:
            gamma, beta = np.split(reader.tensor(), 2)
            found.append(Affine(gamma, beta))
        else:
            outputs, inputs = reader.integer(), reader.integer()
            found.append(FullyConnected(reader.tensor().reshape(inputs, outputs)))
        at = reader.at
    if not found:
        raise DataError("no dlib layer found", hint="the file is not a network saved by dlib 19")
    return found


def _channels(before: list[Layer]) -> int:
    earlier = [layer.biases.size for layer in before if isinstance(layer, Convolution)]
    return earlier[-1] if earlier else 3


def _convolution(reader: _Reader, channels: int) -> Convolution:
    values = reader.tensor()
    out, rows, columns, stride_y, stride_x, padding_y, padding_x = (reader.integer() for _ in range(7))
    weights = out * channels * rows * columns
    if values.size != weights + out or stride_y != stride_x or padding_y != padding_x:
        raise DataError(f"a dlib convolution of {values.size} parameters does not fit {channels} input channels")
    filters = values[:weights].reshape(out, channels, rows, columns)
    return Convolution(filters, values[weights:], stride_y, padding_y)


class _Reader:
    """A cursor over dlib's encoding."""

    def __init__(self, data: bytes, at: int) -> None:
        self.data = data
        self.at = at

    def integer(self) -> int:
        control = self._take(1)[0]
        if control & 0x80:
            raise DataError("a negative count in a dlib layer", hint="the file is damaged; fetch it again")
        return int.from_bytes(self._take(control & 0x0F), "little")

    def tensor(self) -> NDArray[np.float32]:
        if self.integer() != _TENSOR_VERSION:
            raise DataError("a dlib tensor of an unknown version", hint="only files of dlib 19 are read")
        size = 1
        for _ in range(4):
            size *= self.integer()
        return np.frombuffer(self._take(4 * size), dtype="<f4").astype(np.float32)

    def _take(self, count: int) -> bytes:
        piece = self.data[self.at : self.at + count]
        if len(piece) != count:
            raise DataError("the dlib file ends in the middle of a layer", hint="fetch it again")
        self.at += count
        return piece
