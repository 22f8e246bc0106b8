"""Folding the affine layers and the input normalisation, checked against the sums they stand for."""

from __future__ import annotations

import numpy as np
import pytest
from model_build.dlib_file import Affine, Convolution, FullyConnected, Layer
from model_build.dlib_network import folded

from edge.errors import DataError

MEAN = np.array([122.782, 117.001, 104.298])
BLOCKS = 14


@pytest.fixture
def layers() -> list[Layer]:
    random = np.random.default_rng(2)
    made: list[Layer] = []
    for index in range(1 + 2 * BLOCKS):
        channels = 3 if index == 0 else 4
        filters = random.normal(size=(4, channels, 3, 3)).astype(np.float32)
        made.append(Convolution(filters, random.normal(size=4).astype(np.float32), 2 if index == 0 else 1, 0))
        gamma, beta = random.normal(size=(2, 4)).astype(np.float32)
        made.append(Affine(gamma, beta))
    made.append(FullyConnected(random.normal(size=(256, 128)).astype(np.float32)))
    return made


def test_first_convolution_takes_raw_pixels(layers: list[Layer]) -> None:
    convolution, affine = layers[0], layers[1]
    assert isinstance(convolution, Convolution) and isinstance(affine, Affine)
    window = np.random.default_rng(3).uniform(0, 255, (3, 3, 3))
    normalised = ((window - MEAN) / 256).transpose(2, 0, 1)
    plain = (convolution.filters * normalised).sum((1, 2, 3)) + convolution.biases
    (kernel, bias, stride), *_ = folded(layers)[0]
    np.testing.assert_allclose(
        (window[..., None] * kernel).sum((0, 1, 2)) + bias, plain * affine.gamma + affine.beta, rtol=1e-4, atol=1e-4
    )
    assert stride == 2


def test_later_convolutions_absorb_their_affine_layer(layers: list[Layer]) -> None:
    convolution, affine = layers[2], layers[3]
    assert isinstance(convolution, Convolution) and isinstance(affine, Affine)
    window = np.random.default_rng(4).normal(size=(3, 3, 4))
    plain = (convolution.filters * window.transpose(2, 0, 1)).sum((1, 2, 3)) + convolution.biases
    kernel, bias, _ = folded(layers)[0][1]
    np.testing.assert_allclose(
        (window[..., None] * kernel).sum((0, 1, 2)) + bias, plain * affine.gamma + affine.beta, rtol=1e-4, atol=1e-4
    )


def test_another_network_is_refused(layers: list[Layer]) -> None:
    with pytest.raises(DataError, match="not dlib's"):
        folded(layers[2:])


def test_layers_in_another_order_are_refused(layers: list[Layer]) -> None:
    layers[0], layers[1] = layers[1], layers[0]
    with pytest.raises(DataError, match="do not alternate"):
        folded(layers)
