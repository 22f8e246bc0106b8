"""dlib's face recognition ResNet, rebuilt so that TensorFlow Lite runs it on raw pixels.

The network (`dlib/dnn_face_recognition_ex.cpp`): 7×7/2 convolution to 32 channels, 3×3/2 maximum, then residual blocks
of two 3×3 convolutions; four blocks halve the picture, their shortcut being a 2×2 mean. Where the two summands
differ, dlib adds zeros: channels behind, rows and columns at the bottom and right. Each affine layer is folded
into the convolution before it, and so is the input normalisation, which is exact because the first convolution has
no padding.

One activation is capped, which dlib does not do. After the block that first has 256 channels, two channels (104 and
138) reach 20 on some faces where other channels and other faces stay below 6. What sets them off is the look of a
people, not of a person: 104 nearly always stands for East and South-East Asian faces, 138 for very dark skin. They
dominate those embeddings and make strangers alike. Capped at 6, a ReLU6 that costs nothing, such strangers match about
three times less often, and over all people more pairs of the same person are found (models/README.md has the figures).
Embeddings of faces that stay below the cap, 85 % of Labeled Faces in the Wild, are dlib's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from edge.errors import DataError
from model_build.dlib_file import Affine, Convolution, FullyConnected, Layer

INPUT_PX = 150
DIMENSION = 128
# dlib/dnn/input.h, input_rgb_image_sized: subtracted per channel (red, green, blue), then divided by 256.
_MEAN = np.array([122.782, 117.001, 104.298])
_SCALE = 256.0
# Blocks after the first maximum, (halving, channels); dlib/dnn_face_recognition_ex.cpp, alevel4 to alevel0.
_BLOCKS = (
    *[(False, 32)] * 3,
    (True, 64),
    *[(False, 64)] * 3,
    (True, 128),
    *[(False, 128)] * 2,
    (True, 256),
    *[(False, 256)] * 2,
    (True, 256),
)

_CAPPED_BLOCK = 10  # the first of 256 channels

Tensor = Any
Folded = tuple[NDArray[np.float32], NDArray[np.float32], int]  # filters HWIO, biases, stride


def network(layers: list[Layer]) -> Callable[[Tensor], Tensor]:
    """A function from pixels (1, 150, 150, 3), RGB 0 to 255, to the embedding (1, 128), not normalised.

    Raises `DataError` when the layers are not those of this network.
    """
    import tensorflow as tf

    convolutions, head = folded(layers)

    def embed(pixels: Tensor) -> Tensor:
        remaining = iter(convolutions)
        x = tf.nn.relu(_convolve(pixels, remaining))
        x = tf.nn.max_pool2d(x, 3, 2, "VALID")
        for index, (halving, channels) in enumerate(_BLOCKS):
            branch = tf.nn.relu(_convolve(x, remaining))
            branch = _convolve(branch, remaining)
            shortcut = _halved(x) if halving else x
            height = max(branch.shape[1], shortcut.shape[1])
            total = _grown(branch, height, channels) + _grown(shortcut, height, channels)
            x = tf.nn.relu6(total) if index == _CAPPED_BLOCK else tf.nn.relu(total)
        x = tf.reduce_mean(x, [1, 2], keepdims=True)
        # A 1×1 convolution rather than a matrix product: its weights are quantised per output.
        x = tf.nn.conv2d(x, tf.constant(head[None, None]), 1, "VALID")
        return tf.reshape(x, [1, DIMENSION])

    return embed


def folded(layers: list[Layer]) -> tuple[list[Folded], NDArray[np.float32]]:
    """The 29 convolutions with everything folded in, and the head (256, 128)."""
    expected = 1 + 2 * len(_BLOCKS)
    *pairs, head = layers
    if len(pairs) != 2 * expected or not isinstance(head, FullyConnected) or head.weights.shape != (256, DIMENSION):
        raise DataError(f"{len(layers)} layers are not dlib's face recognition network")
    result = []
    for index in range(expected):
        convolution, affine = pairs[2 * index], pairs[2 * index + 1]
        if not isinstance(convolution, Convolution) or not isinstance(affine, Affine):
            raise DataError("convolutions and affine layers do not alternate: not dlib's face recognition network")
        filters = convolution.filters.astype(np.float64)
        biases = convolution.biases.astype(np.float64)
        if index == 0:
            filters = filters / _SCALE
            biases = biases - np.einsum("oihw,i->o", filters, _MEAN)
        filters = filters * affine.gamma[:, None, None, None]
        biases = biases * affine.gamma + affine.beta
        kernel = np.ascontiguousarray(filters.transpose(2, 3, 1, 0), dtype=np.float32)
        result.append((kernel, biases.astype(np.float32), convolution.stride))
    return result, head.weights


def _convolve(x: Tensor, remaining: Iterator[Folded]) -> Tensor:
    import tensorflow as tf

    filters, biases, stride = next(remaining)
    padding = "SAME" if stride == 1 else "VALID"
    return tf.nn.bias_add(tf.nn.conv2d(x, tf.constant(filters), stride, padding), tf.constant(biases))


def _halved(x: Tensor) -> Tensor:
    """The mean of each 2×2, as a convolution: XNNPACK runs that in int8, and a mean pool it leaves to slower code."""
    import tensorflow as tf

    quarters = np.full((2, 2, x.shape[3], 1), 0.25, dtype=np.float32)
    return tf.nn.depthwise_conv2d(x, tf.constant(quarters), [1, 2, 2, 1], "VALID")


def _grown(x: Tensor, height: int, channels: int) -> Tensor:
    import tensorflow as tf

    rows, depth = height - cast(int, x.shape[1]), channels - cast(int, x.shape[3])
    if rows == 0 and depth == 0:
        return x
    return tf.pad(x, [[0, 0], [0, rows], [0, rows], [0, depth]])
