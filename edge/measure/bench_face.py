"""One frame with one face, from the pixels to the decision, against what the networks alone take; and what the signs
of life add to every frame of a face that is followed.
"""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from edge import resources
from edge.config.schema import Face as FaceSettings
from edge.drivers.camera import Picture
from edge.drivers.inference.litert import LiteRtNetwork
from edge.errors import DataError
from edge.measure.runs import summary
from edge.passes.token import MOST_BYTES
from edge.vision.codes import read_codes
from edge.vision.faces import Face, FaceFinder
from edge.vision.liveness.judge import at_the_gate
from edge.vision.liveness.view import EmptyView
from edge.vision.manifest import load_manifest, open_network
from edge.vision.picture_file import load_picture
from edge.vision.recognition import Recognition
from edge.vision.track import Observation, Tracker

# Detection to decision may take this many times the sum of the networks' own invoke().
LIMIT = 1.4
# Liveness may add what the mesh network takes, and this.
LIVENESS_MS = 2.0
PEOPLE = 1000


def open_gate() -> tuple[Recognition, FaceFinder]:
    """The default networks, and a gallery of 1,000 people none of whom will be met."""
    recognition = Recognition(load_manifest(*resources.manifests()), FaceSettings())
    random = np.random.default_rng(0)
    matrix = random.normal(size=(PEOPLE, recognition.dimension)).astype(np.float32)
    matrix /= np.linalg.norm(matrix, axis=1, keepdims=True)
    recognition.deliver(matrix, [f"{row:04}" for row in range(PEOPLE)])
    return recognition, recognition.open()


def first_sight(recognition: Recognition, finder: FaceFinder, frame: Picture, now_s: float) -> None:
    """Detection to decision for the first frame of a face just come, which costs more than any later one."""
    tracker = Tracker(recognition.gallery, recognition.points)
    face = finder.find(frame)[0]
    tracker.observe([Observation(face.box, face.quality, finder.embed(face))], now_s)


def measure(runs: int, picture: Path | None, width_px: int) -> dict[str, Any]:
    """Frames and bare networks take turns, so that a busy moment of the machine meets both alike. `width_px`: of the
    frame, which is three quarters as high. `codes_ms`: what it takes to look for a QR code in the same frame, which is
    done on another thread and five times a second.
    """
    manifest = load_manifest(*resources.manifests())
    recognition, finder = open_gate()
    frame = frame_with_face(finder, picture, width_px)
    networks = [
        open_network(manifest.default("face-detector-far")),
        open_network(manifest.default("face-mesh")),
        *[open_network(manifest.model(recognition.model_id))] * (2 if finder.embedder.spec.mirror else 1),
    ]
    faces = moved_faces(finder, frame)
    liveness = at_the_gate(empty_view(width_px))
    whole, bare, added, mesh, codes = [], [], [], [], []
    for number in range(runs + 10):
        begun = time.perf_counter()
        first_sight(recognition, finder, frame, number / 10)
        done = time.perf_counter()
        for network in networks:
            network.invoke()
        after = time.perf_counter()
        networks[1].invoke()
        looked = time.perf_counter()
        liveness.observe(faces[number % len(faces)], number / 15)
        liveness.verdict()
        added.append(1e3 * (time.perf_counter() - looked))
        mesh.append(1e3 * (looked - after))
        bare.append(1e3 * (after - done))
        whole.append(1e3 * (done - begun))
        begun = time.perf_counter()
        read_codes(frame, MOST_BYTES)
        codes.append(1e3 * (time.perf_counter() - begun))
    for warming in (whole, bare, added, mesh, codes):  # up caches and the clock of the processor
        del warming[:10]
    networks_ms = float(np.median(bare))
    return summary(
        "face",
        whole,
        LIMIT * networks_ms,
        networks_ms=round(networks_ms, 3),
        codes_ms=round(float(np.median(codes)), 3),
        liveness_ms=round(float(np.median(added)), 3),
        liveness_p99_ms=round(float(np.quantile(added, 0.99)), 3),
        liveness_limit_ms=round(float(np.median(mesh)) + LIVENESS_MS, 3),
        model=recognition.model_id,
        runtime=_runtime(networks),
        gallery=PEOPLE,
    )


def empty_view(width_px: int) -> EmptyView:
    """A wall that has been looked at long enough."""
    view, wall = EmptyView(), np.full((width_px * 3 // 4, width_px, 3), 150, np.uint8)
    for tenth in range(20):
        view.observe(wall, tenth / 10, ())
    return view


def moved_faces(finder: FaceFinder, frame: Picture) -> list[Face]:
    """The face of a frame as it comes a little nearer and goes back, in eight steps, and seems to turn all the while:
    something to be followed, and always another side to be compared.
    """
    height, width = frame.shape[:2]
    found = []
    for step in (0, 1, 2, 3, 4, 3, 2, 1):
        matrix = cv2.getRotationMatrix2D((width / 2, height / 2), 0.0, 1.0 + 0.004 * step)
        matrix[:, 2] += np.array((1.5, -0.5)) * step
        picture = np.asarray(cv2.warpAffine(frame, matrix, (width, height), borderMode=cv2.BORDER_REFLECT), np.uint8)
        found += [_turned(face, 3.0 * step) for face in finder.find(picture)[:1]]
    return found


def _turned(face: Face, yaw_deg: float) -> Face:
    figures = face.quality.figures
    pose = replace(figures.pose, yaw=figures.pose.yaw + yaw_deg)
    return replace(face, quality=replace(face.quality, figures=replace(figures, pose=pose)))


def frame_with_face(finder: FaceFinder, picture: Path | None, width_px: int) -> Picture:
    """The upper part of a portrait (a demo picture), 4 : 3. Raises DataError when no face is found in it."""
    whole = load_picture(picture or resources.demo_pictures() / "obama.jpg")
    height_px = width_px * 3 // 4
    scale = max(width_px / whole.shape[1], height_px / whole.shape[0])
    size = (round(whole.shape[1] * scale), round(whole.shape[0] * scale))
    resized = cv2.resize(whole, size, interpolation=cv2.INTER_AREA)
    frame = np.ascontiguousarray(resized[:height_px, :width_px], dtype=np.uint8)
    if not finder.find(frame):
        raise DataError("no face was found in the picture", hint="give one with --picture")
    return frame


def _runtime(networks: list[LiteRtNetwork]) -> str:
    return networks[0].runtime
