"""What each shipped network is: the part of the manifest that is known before anything is built."""

from __future__ import annotations

from typing import Any

from edge.install.conversion.calibration import Alignment
from model_build import sources
from model_build.dlib_network import DIMENSION, INPUT_PX

DEFAULTS = {
    "face-detector-far": "blazeface-full",
    "face-detector-near": "blazeface-short",
    "face-mesh": "facemesh",
    "face-embedder": "dlib-resnet-v1",
}
# Networks that are taken as they are published: their file and what it stores.
PUBLISHED = {
    "blazeface-short": ("blazeface-short.tflite", "float16", sources.BLAZEFACE_SHORT),
    "blazeface-full": ("blazeface-full.tflite", "float16", sources.BLAZEFACE_FULL),
    "facemesh": ("facemesh.tflite", "float32", sources.FACEMESH),
}
EMBEDDER = "dlib-resnet-v1"
# Where the mesh puts dlib's five points in dlib's own chip, so that the network sees faces as it was trained to:
# image-right outer and inner corner of the eye, image-left outer and inner corner, base of the nose.
EMBEDDER_ALIGNMENT: Alignment = (
    ((263,), (112.47, 46.16)),
    ((362,), (88.38, 47.46)),
    ((33,), (35.31, 46.06)),
    ((133,), (59.14, 47.50)),
    ((2,), (73.91, 85.81)),
)


def description(name: str) -> dict[str, Any]:
    """The manifest's table for the network `name`, without its files and measured figures."""
    return {**_DESCRIPTIONS[name]}


def _mediapipe(role: str, file: sources.Member, size: int, mean: float, std: float) -> dict[str, Any]:
    return {
        "role": role,
        "licence": "Apache-2.0",
        "source": f"{file.path} in {file.package.filename} (sha256 {file.package.sha256}); "
        "made by Google for MediaPipe, https://github.com/google-ai-edge/mediapipe",
        "input_px": size,
        "channel_order": "RGB",
        "mean": [mean] * 3,
        "std": [std] * 3,
    }


_DESCRIPTIONS: dict[str, dict[str, Any]] = {
    "blazeface-short": _mediapipe("face-detector-near", sources.BLAZEFACE_SHORT, 128, 127.5, 127.5),
    "blazeface-full": _mediapipe("face-detector-far", sources.BLAZEFACE_FULL, 192, 127.5, 127.5),
    "facemesh": _mediapipe("face-mesh", sources.FACEMESH, 192, 0.0, 255.0),
    EMBEDDER: {
        "role": "face-embedder",
        "licence": "CC0-1.0",
        "source": f"{sources.DLIB_RESNET.path} in {sources.DLIB_FILES.filename} (sha256 {sources.DLIB_FILES.sha256}); "
        "made by Davis King, https://github.com/davisking/dlib-models; converted",
        "input_px": INPUT_PX,
        "channel_order": "RGB",
        "mean": [0.0] * 3,
        "std": [1.0] * 3,
        "embedding": {
            "dimension": DIMENSION,
            "metric": "cosine",
            "mirror": True,
            "points": [{"mesh": list(mesh), "at": list(at)} for mesh, at in EMBEDDER_ALIGNMENT],
        },
    },
}
