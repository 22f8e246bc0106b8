"""Rebuilds a small ONNX network in TensorFlow: the handful of operators that mobile embedding networks use.

ONNX holds pictures as (n, channels, height, width) and pads on every side; TensorFlow Lite wants (n, height, width,
channels), and its SAME padding is lopsided at stride 2, so padding is written out where the two differ.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.errors import DataError, HardwareError
from edge.install.conversion.quantise import Network, Tensor, tensorflow

Values = dict[str, Any]


def load(path: Path) -> Any:
    """The checked ONNX model. Raises `DataError` when the file is none, `HardwareError` without the onnx package."""
    onnx = _onnx()
    try:
        model = onnx.load(str(path))
        onnx.checker.check_model(model)
    except (OSError, onnx.checker.ValidationError, ValueError, _decode_error()) as error:
        raise DataError(f"{path} is not an ONNX network: {error}", hint="fetch it again") from error
    return model


def network(model: Any, mean: NDArray[np.float64], std: NDArray[np.float64]) -> Network:
    """A function from pixels (1, size, size, 3), 0 to 255, to the model's output, ((pixels − mean) / std) inside.

    The normalisation becomes one convolution of 1×1 per channel: it cannot be folded into a padded convolution,
    whose border would then no longer be zero.
    """
    tf = tensorflow()
    to_array = importlib.import_module("onnx.numpy_helper").to_array
    attribute = importlib.import_module("onnx.helper").get_attribute_value
    weights: Values = {one.name: to_array(one) for one in model.graph.initializer}
    scale = (1 / std).astype(np.float32).reshape(1, 1, 3, 1)
    offset = (-mean / std).astype(np.float32)
    operators = _operators(tf)

    def embed(pixels: Tensor) -> Tensor:
        normalised = tf.nn.bias_add(tf.nn.depthwise_conv2d(pixels, tf.constant(scale), [1] * 4, "VALID"), offset)
        values: Values = {**weights, model.graph.input[0].name: normalised}
        for node in model.graph.node:
            attributes = {one.name: attribute(one) for one in node.attribute}
            if node.op_type == "Constant":
                values[node.output[0]] = to_array(attributes["value"])
            elif node.op_type in operators:
                values[node.output[0]] = operators[node.op_type]([values[name] for name in node.input], attributes)
            else:
                raise DataError(f"operator {node.op_type} is not supported", hint="convert this network by hand")
        return values[model.graph.output[0].name]

    return embed


def reference(model: Any, inputs: NDArray[np.float32]) -> NDArray[np.float32]:
    """What ONNX's own reference evaluator computes for normalised `inputs` (n, 3, size, size): (n, values)."""
    evaluator = importlib.import_module("onnx.reference").ReferenceEvaluator(model)
    name = model.graph.input[0].name
    return np.stack([np.ravel(evaluator.run(None, {name: one[None]})[0]) for one in inputs])


def _operators(tf: Any) -> dict[str, Callable[[list[Any], Values], Tensor]]:
    def clip(inputs: list[Any], _: Values) -> Tensor:
        low, high = (float(bound) for bound in inputs[1:])
        if (low, high) != (0.0, 6.0):
            raise DataError(f"clipping to {low}…{high} is not supported, only 0…6")
        return tf.nn.relu6(inputs[0])

    def reshape(inputs: list[Any], _: Values) -> Tensor:
        if inputs[0].shape[1:3] != [1, 1]:
            raise DataError("a reshape before the picture has shrunk to one pixel would mix up rows and channels")
        return tf.reshape(inputs[0], [int(side) for side in inputs[1]])

    return {
        "Conv": lambda inputs, attributes: _convolution(tf, inputs, attributes),
        "Relu": lambda inputs, _: tf.nn.relu(inputs[0]),
        "Add": lambda inputs, _: inputs[0] + inputs[1],
        "Clip": clip,
        "Reshape": reshape,
    }


def _convolution(tf: Any, inputs: list[Any], attributes: Values) -> Tensor:
    x, filters, biases = inputs
    group, strides = attributes.get("group", 1), attributes["strides"]
    top, left, bottom, right = attributes["pads"]
    padding = "VALID"
    if strides == [1, 1] and {top, left, bottom, right} == {(filters.shape[2] - 1) // 2}:
        padding = "SAME"
    elif top or left or bottom or right:
        x = tf.pad(x, [[0, 0], [top, bottom], [left, right], [0, 0]])
    if any(dilation != 1 for dilation in attributes["dilations"]) or group not in (1, filters.shape[0]):
        raise DataError("a dilated or partly grouped convolution is not supported")
    if group == 1:
        y = tf.nn.conv2d(x, tf.constant(filters.transpose(2, 3, 1, 0)), strides, padding)
    else:
        y = tf.nn.depthwise_conv2d(x, tf.constant(filters.transpose(2, 3, 0, 1)), [1, *strides, 1], padding)
    return tf.nn.bias_add(y, tf.constant(biases))


def _onnx() -> Any:
    try:
        onnx = importlib.import_module("onnx")
        importlib.import_module("onnx.reference")
    except ImportError as error:
        raise HardwareError(
            "converting this network needs the package onnx, which is not installed", hint="pip install edge[models]"
        ) from error
    return onnx


def _decode_error() -> type[Exception]:
    error: type[Exception] = importlib.import_module("google.protobuf.message").DecodeError
    return error
