"""Reading dlib's serialisation, from bytes made here by its rules."""

from __future__ import annotations

import numpy as np
import pytest
from model_build.dlib_file import Affine, Convolution, FullyConnected, layers
from numpy.typing import NDArray

from edge.errors import DataError


def integer(value: int) -> bytes:
    body = abs(value).to_bytes((abs(value).bit_length() + 7) // 8 or 1, "little")
    return bytes([len(body) | (0x80 if value < 0 else 0)]) + body


def text(value: bytes) -> bytes:
    return integer(len(value)) + value


def tensor(values: NDArray[np.float32]) -> bytes:
    sides = b"".join(integer(side) for side in (values.size, 1, 1, 1))
    return integer(2) + sides + values.astype("<f4").tobytes()


def convolution(filters: NDArray[np.float32], biases: NDArray[np.float32], stride: int, padding: int) -> bytes:
    sides = (len(filters), *filters.shape[2:], stride, stride, padding, padding)
    values = np.concatenate([filters.ravel(), biases])
    return text(b"con_4") + tensor(values) + b"".join(integer(side) for side in sides)


@pytest.fixture
def numbers() -> NDArray[np.float32]:
    return np.random.default_rng(1).normal(size=4000).astype(np.float32)


def test_layers_come_back_in_order_with_their_parameters(numbers: NDArray[np.float32]) -> None:
    filters, biases = numbers[: 4 * 3 * 9].reshape(4, 3, 3, 3), numbers[200:204]
    second = numbers[: 300 * 4].reshape(300, 4, 1, 1)
    data = (
        text(b"loss_metric_2")
        + integer(-1)
        + convolution(filters, biases, 2, 0)
        + text(b"affine_")
        + tensor(numbers[300:308])
        + convolution(second, numbers[:300], 1, 0)
        + text(b"fc_2")
        + integer(128)
        + integer(10)
        + tensor(numbers[:1280])
    )
    first, affine, wide, head = layers(data)
    assert isinstance(first, Convolution) and isinstance(affine, Affine)
    assert isinstance(wide, Convolution) and isinstance(head, FullyConnected)
    np.testing.assert_array_equal(first.filters, filters)
    np.testing.assert_array_equal(first.biases, biases)
    assert (first.stride, first.padding) == (2, 0)
    np.testing.assert_array_equal(affine.gamma, numbers[300:304])
    np.testing.assert_array_equal(affine.beta, numbers[304:308])
    np.testing.assert_array_equal(wide.filters, second)
    np.testing.assert_array_equal(head.weights, numbers[:1280].reshape(10, 128))


def test_other_bytes_are_refused() -> None:
    with pytest.raises(DataError, match="no dlib layer"):
        layers(b"TFL3" + bytes(1000))


def test_a_file_cut_short_is_refused(numbers: NDArray[np.float32]) -> None:
    data = convolution(numbers[:108].reshape(4, 3, 3, 3), numbers[:4], 1, 1)
    with pytest.raises(DataError, match="ends in the middle"):
        layers(data[: len(data) // 2])


def test_filters_that_do_not_fit_their_input_are_refused(numbers: NDArray[np.float32]) -> None:
    with pytest.raises(DataError, match="3 input channels"):
        layers(convolution(numbers[:144].reshape(4, 4, 3, 3), numbers[:4], 1, 1))


def test_a_negative_count_is_refused() -> None:
    with pytest.raises(DataError, match="negative"):
        layers(text(b"fc_2") + integer(-128))


def test_an_unknown_tensor_version_is_refused() -> None:
    with pytest.raises(DataError, match="unknown version"):
        layers(text(b"affine_") + integer(1) + bytes(50))
