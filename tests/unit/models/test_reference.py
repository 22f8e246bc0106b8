"""The shipped networks against stored outputs of the originals, computed by other code (model_build/reference.py)."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

litert = pytest.importorskip("ai_edge_litert.interpreter", reason="the tolerances are those of LiteRT")

ROOT = Path(__file__).resolve().parents[3]
MODELS: dict[str, Any] = tomllib.loads((ROOT / "models" / "manifest.toml").read_text(encoding="utf-8"))["models"]
# float16 weights round at 5e-4 of their size; an embedding is 1.4 long and two people are 0.6 apart.
FLOAT16_TOLERANCE = 4e-4
INT8_LEAST_COSINE = 0.998
# XNNPACK and the reference kernels add in another order: relative, and absolute in pixels or as a logit.
CLOSE = {"rtol": 1e-4, "atol": 1e-3}


def stored(name: str) -> dict[str, NDArray[Any]]:
    with np.load(ROOT / "tests" / "data" / "reference" / f"{name}.npz") as file:
        return {key: file[key] for key in file.files}


def outputs(name: str, variant: str, pixels: NDArray[np.uint8]) -> list[NDArray[np.float32]]:
    """All outputs for pixels (size, size, 3), normalised as the manifest says."""
    entry = MODELS[name]
    file = entry["files"][variant]
    interpreter = litert.Interpreter(model_path=str(ROOT / "models" / file["path"]), num_threads=1)
    interpreter.allocate_tensors()
    normalised = (pixels - np.array(entry["mean"])) / np.array(entry["std"])
    details = interpreter.get_input_details()[0]
    interpreter.set_tensor(details["index"], normalised.astype(file["input"]["dtype"])[None])
    interpreter.invoke()
    return [interpreter.get_tensor(one["index"]).copy() for one in interpreter.get_output_details()]


def embeddings(variant: str) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """What dlib computed and what the file computes for the same chips."""
    reference = stored("dlib-resnet-v1")
    found = [outputs("dlib-resnet-v1", variant, chip)[0].ravel() for chip in reference["chips"]]
    return reference["embeddings"], np.stack(found)


def cosine(a: NDArray[np.float32], b: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray((a * b).sum(-1) / np.linalg.norm(a, axis=-1) / np.linalg.norm(b, axis=-1))


def test_float16_embedding_is_dlibs() -> None:
    expected, found = embeddings("float16")
    assert np.abs(expected - found).max() <= FLOAT16_TOLERANCE


def test_int8_embedding_is_dlibs_in_direction() -> None:
    expected, found = embeddings("int8")
    assert cosine(expected, found).min() >= INT8_LEAST_COSINE


def test_reference_tells_people_apart() -> None:
    """Without this, a network that answers the same to every face would pass the comparisons of directions."""
    expected, _ = embeddings("int8")
    distance = np.linalg.norm(expected[:, None] - expected[None], axis=-1)
    assert distance[np.triu_indices(len(expected), 1)].min() > 0.6


@pytest.mark.parametrize("name", ["blazeface-short", "blazeface-full"])
def test_detector_is_the_original(name: str) -> None:
    reference = stored(name)
    boxes, logits = outputs(name, "float16", reference["pixels"])
    assert reference["logits"].max() > 0, "the reference picture must have a face"
    np.testing.assert_allclose(logits.ravel(), reference["logits"], **CLOSE)
    np.testing.assert_allclose(boxes[0, reference["anchors"]], reference["boxes"], **CLOSE)


def test_mesh_is_the_original() -> None:
    reference = stored("facemesh")
    points, presence = outputs("facemesh", "float32", reference["pixels"])
    assert reference["presence"][0] > 0, "the reference picture must have a face"
    np.testing.assert_allclose(points.ravel(), reference["points"], **CLOSE)
    np.testing.assert_allclose(presence.ravel(), reference["presence"], **CLOSE)
