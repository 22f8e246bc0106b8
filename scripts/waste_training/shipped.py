"""The weights of an int8 file as floating-point numbers, so that training can go on from the network that is shipped.

Quantised to 255 steps per output channel they are as exact as what devices run. Runs with edge's own dependencies.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.errors import DataError
from waste_training.export import FILE


def run(arguments: argparse.Namespace) -> None:
    """Writes the weights of the file in --out to `shipped.npz` of the work folder."""
    arrays = {}
    for at, (kernel, bias) in enumerate(weights(arguments.out / FILE)):
        arrays[f"{at}.weight"], arrays[f"{at}.bias"] = kernel, bias
    np.savez(arguments.work / "shipped.npz", **arrays)


def weights(file: Path) -> list[tuple[NDArray[np.float32], NDArray[np.float32]]]:
    """Kernel and bias of every convolution in the order in which they are passed; kernels as (out, in, h, w), those of
    depthwise convolutions as (channels, 1, h, w).

    Raises DataError when the file is not quantised.
    """
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    interpreter = Interpreter(
        model_path=str(file), experimental_op_resolver_type=OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
    )
    interpreter.allocate_tensors()
    details = {detail["index"]: detail for detail in interpreter.get_tensor_details()}
    found = []
    for operation in interpreter._get_ops_details():
        if operation["op_name"] not in ("CONV_2D", "DEPTHWISE_CONV_2D"):
            continue
        _, kernel, bias = (details[index] for index in operation["inputs"])
        # TensorFlow Lite's kernels are (out, h, w, in), the depthwise ones (1, h, w, channels).
        order = (3, 0, 1, 2) if operation["op_name"] == "DEPTHWISE_CONV_2D" else (0, 3, 1, 2)
        found.append((_real(interpreter, kernel).transpose(order), _real(interpreter, bias)))
    return found


def _real(interpreter: Any, detail: dict[str, Any]) -> NDArray[np.float32]:
    scale = detail["quantization_parameters"]
    if not len(scale["scales"]):
        raise DataError(f"{detail['name']} is not quantised", hint="only int8 files can be gone on from")
    values = interpreter.get_tensor(detail["index"]).astype(np.float32)
    shape = np.ones(values.ndim, int)
    if len(scale["scales"]) > 1:
        shape[scale["quantized_dimension"]] = -1
        return values * scale["scales"].reshape(shape)
    return values * scale["scales"][0]
