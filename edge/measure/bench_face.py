"""One frame with one face, from the pixels to the decision, against what the networks alone take."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from edge import resources
from edge.config.schema import Face
from edge.drivers.camera import Picture
from edge.drivers.inference.litert import LiteRtNetwork
from edge.errors import DataError
from edge.measure.runs import summary
from edge.vision.manifest import load_manifest, open_network
from edge.vision.motion import MotionGate
from edge.vision.picture_file import load_picture
from edge.vision.recognition import Recognition
from edge.vision.track import Observation, Tracker

# Detection to decision may take this many times the sum of the networks' own invoke().
LIMIT = 1.4
PEOPLE = 1000


def measure(runs: int, picture: Path | None = None) -> dict[str, Any]:
    """Frames and bare networks take turns, so that a busy moment of the machine meets both alike."""
    manifest = load_manifest(resources.folder("models") / "manifest.toml")
    recognition = Recognition(manifest, Face())
    random = np.random.default_rng(0)
    matrix = random.normal(size=(PEOPLE, recognition.dimension)).astype(np.float32)
    matrix /= np.linalg.norm(matrix, axis=1, keepdims=True)
    recognition.deliver(matrix, [f"{row:04}" for row in range(PEOPLE)])
    finder = recognition.open()
    frame = _as_frame(load_picture(picture or resources.demo_pictures() / "obama.jpg"))
    if not finder.find(frame):
        raise DataError("no face was found in the picture", hint="give one with --picture")
    networks = [
        open_network(manifest.default("face-detector-far")),
        open_network(manifest.default("face-mesh")),
        *[open_network(manifest.model(recognition.model_id))] * (2 if finder.embedder.spec.mirror else 1),
    ]
    whole, bare = [], []
    motion = MotionGate()
    for number in range(runs + 10):
        tracker = Tracker(recognition.gallery, recognition.points)  # a face just come: its first frame
        begun = time.perf_counter()
        motion.update(frame, number / 10, tracked=True)
        face = finder.find(frame)[0]
        tracker.observe([Observation(face.box, face.quality, finder.embed(face))], number / 10)
        done = time.perf_counter()
        for network in networks:
            network.invoke()
        bare.append(1e3 * (time.perf_counter() - done))
        whole.append(1e3 * (done - begun))
    del whole[:10], bare[:10]  # the first runs warm up caches and the clock of the processor
    networks_ms = float(np.median(bare))
    return summary(
        "face",
        whole,
        LIMIT * networks_ms,
        networks_ms=round(networks_ms, 3),
        model=recognition.model_id,
        runtime=_runtime(networks),
        gallery=PEOPLE,
    )


def _as_frame(picture: Picture) -> Picture:
    """640 × 480, the upper part of a portrait."""
    scale = max(640 / picture.shape[1], 480 / picture.shape[0])
    size = (round(picture.shape[1] * scale), round(picture.shape[0] * scale))
    return np.ascontiguousarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA)[:480, :640], dtype=np.uint8)


def _runtime(networks: list[LiteRtNetwork]) -> str:
    return networks[0].runtime
