"""A portrait made into a head that can be moved: its mesh in millimetres, carried on to hair, neck and shoulders."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.drivers.camera import Picture
from edge.errors import DataError
from edge.rig.anatomy import CHIN, CORNERS, jaw_weights, open_mouth
from edge.rig.cutout import person_alpha, without_fringe
from edge.rig.framing import trimmed, upright, without_black_rim
from edge.rig.lens import Matrix, Points, rotation
from edge.rig.raster import Triangles
from edge.rig.shape import around, behind, between_lips, neck, opaque, triangulate
from edge.vision.blazeface import BlazeFace
from edge.vision.manifest import Manifest, open_network
from edge.vision.mesh import OVAL, FaceMesh
from edge.vision.picture_file import load_picture
from edge.vision.pose import pose_of

EYES_MM = 63.0  # between the pupils of an adult, in the mean (Dodgson 2004)
TEXTURE_EYES_PX = 100.0  # a portrait with more is scaled down to it
_NECK_MM = 75.0  # below the chin, over which the turning of the head fades out
PIVOT_MM = np.array([0.0, 45.0, 90.0])  # about which a head turns and nods, from between the eyes: the upper neck
_FADE_MM = 45.0  # over which a portrait's lower edge goes over into the body drawn behind it
_AJAR_RAD = 0.2
_PLAIN = (70, 72, 80)  # cloth that cannot be seen
_LEVELS = 4  # levels of the texture's pyramid
_MOST_YAW_DEG, _MOST_PITCH_DEG = 20.0, 25.0
"""Of a portrait. Further round it shows so little of one cheek that a head made of it has streaks there."""

_WHOLE = "use a portrait in which the whole face looks at the camera"

Fit = Callable[[Picture], NDArray[np.float32]]
"""A picture's face as 468 × 3 mesh points in pixels. Raises DataError where there is none."""


@dataclass(frozen=True, slots=True, eq=False)
class Portrait:
    """`picture`: head and shoulders, `points`: the mesh in it; `taken`: left, top, right and bottom of what the
    portrait itself shows, the rest is mirrored. `pyramid`: the texture, RGBA, each level half the size of the one
    before. `uv`: n × 2, in pixels of the first. `still`: n × 3 in mm from between the eyes, in the portrait's own view;
    `unturn`: rotates its head to look straight ahead. `follows`: how far each point goes with the head, 0 for the
    shoulders; `jaw`: with the lower jaw. `mouth`: which triangles span the open mouth. `neck_mm`: how far its neck lies
    to the right of its eyes. `cloth`, `skin`: the colour of what is worn, and of the skin below the chin.
    """

    name: str
    picture: Picture
    points: NDArray[np.float32]
    taken: tuple[int, int, int, int]
    pyramid: tuple[NDArray[np.uint8], ...]
    eyes_px: float
    uv: Points
    still: Points
    unturn: Matrix
    follows: NDArray[np.float64]
    jaw: NDArray[np.float64]
    triangles: Triangles
    mouth: NDArray[np.bool_]
    neck_mm: float
    cloth: tuple[int, int, int]
    skin: tuple[int, int, int]

    @property
    def chin_mm(self) -> float:
        """How far the chin lies below the eyes."""
        return float(self.still[CHIN, 1])


def open_fit(manifest: Manifest) -> Fit:
    """The manifest's own detectors and mesh. Raises DataError for damaged models, HardwareError without a runtime."""
    far, near, mesh = (manifest.default(role) for role in ("face-detector-far", "face-detector-near", "face-mesh"))
    detectors = [BlazeFace(open_network(entry), entry) for entry in (near, far)]
    network = FaceMesh(open_network(mesh), mesh)

    def fit(picture: Picture) -> NDArray[np.float32]:
        found = next((hits for detector in detectors if (hits := detector.detect(picture))), None)
        if not found:
            raise DataError("there is no face in it", hint=_WHOLE)
        return network.fit(picture, max(found, key=lambda hit: hit.box.area)).points

    return fit


def load_portrait(path: Path, fit: Fit, name: str = "") -> Portrait:
    """`name`: whose it is, the file's own unless given. Raises DataError when the file cannot be used, or shows no face
    that a head can be made of.
    """
    try:
        return make_portrait(name or path.stem, load_picture(path), fit)
    except DataError as error:
        told = error.message if str(path) in error.message else f"{path}: {error.message}"
        raise DataError(told, hint=error.hint) from error


def make_portrait(name: str, picture: Picture, fit: Fit) -> Portrait:
    """Raises DataError when there is no face in it, or one that is cut off or turned away too far."""
    picture = without_black_rim(picture)
    points = fit(picture)
    if (points[:, :2] < 0).any() or (points[:, :2] > (picture.shape[1] - 1, picture.shape[0] - 1)).any():
        raise DataError("the face is cut off", hint=_WHOLE)
    eyes_px = _eyes(points)
    if eyes_px > TEXTURE_EYES_PX:
        scale = TEXTURE_EYES_PX / eyes_px
        size = (round(picture.shape[1] * scale), round(picture.shape[0] * scale))
        picture = np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA))
        points, eyes_px = points * np.float32(scale), TEXTURE_EYES_PX
    pose = pose_of(points)
    if abs(pose.yaw) > _MOST_YAW_DEG or abs(pose.pitch) > _MOST_PITCH_DEG:
        raise DataError("the face is turned away", hint=_WHOLE)
    picture, points = upright(picture, points)
    picture, points, taken = trimmed(picture, points)
    pose = pose_of(points)
    unit = EYES_MM / eyes_px
    middle = points[[*CORNERS[0], *CORNERS[1]]].mean(axis=0, dtype=np.float64)
    face = (points - middle) * unit
    unturn = rotation(pose.yaw, pose.pitch, 0.0).T
    uv = np.concatenate([points[:, :2].astype(np.float64), around(points, picture.shape[1], picture.shape[0])])
    still = np.concatenate([face, behind(face, (uv[len(face) :] - middle[:2]) * unit)])
    jaw = np.zeros(len(uv))
    jaw[: len(face)] = jaw_weights(face @ unturn.T)
    below = np.clip((still[:, 1] - still[CHIN, 1]) / _NECK_MM, 0.0, 1.0)
    ajar = still.copy()
    ajar[: len(face)] = open_mouth(face, jaw[: len(face)], _AJAR_RAD)
    triangles = triangulate(uv + (ajar - still)[:, :2] / unit)
    alpha = person_alpha(picture, uv[OVAL])
    triangles = triangles[opaque(alpha, uv, triangles)]
    clean = without_fringe(picture, alpha)
    return Portrait(
        name=name,
        picture=picture,
        points=points,
        taken=taken,
        pyramid=_pyramid(clean, alpha, unit),
        eyes_px=eyes_px,
        uv=uv,
        still=still,
        unturn=unturn,
        follows=1.0 - below * below * (3.0 - 2.0 * below),
        jaw=jaw,
        triangles=triangles,
        mouth=between_lips(triangles),
        neck_mm=neck(alpha, uv[CHIN], middle[0], unit),
        cloth=_cloth(clean, alpha),
        skin=_skin(clean, uv[CHIN], unit),
    )


def _eyes(points: NDArray[np.float32]) -> float:
    """The distance of the eyes in three dimensions, so that a turn of the head does not shorten it."""
    right, left = (points[list(pair)].mean(axis=0, dtype=np.float64) for pair in CORNERS)
    return float(np.linalg.norm(left - right))


def _pyramid(clean: Picture, alpha: NDArray[np.float32], unit: float) -> tuple[NDArray[np.uint8], ...]:
    """The texture, its lower edge going over into nothing."""
    edge = np.clip((len(clean) - 1.0 - np.arange(len(clean))) * unit / _FADE_MM, 0.0, 1.0)
    levels = [np.dstack([clean, np.round(alpha * edge[:, None] * 255.0).astype(np.uint8)])]
    for _ in range(_LEVELS - 1):
        levels.append(np.asarray(cv2.pyrDown(levels[-1]), dtype=np.uint8))
    return tuple(levels)


def _cloth(clean: Picture, alpha: NDArray[np.float32]) -> tuple[int, int, int]:
    rows = max(4, len(clean) // 12)
    worn = clean[-rows:][alpha[-rows:] > 0.9]
    red, green, blue = np.median(worn, axis=0).tolist() if len(worn) else _PLAIN
    return int(red), int(green), int(blue)


def _skin(clean: Picture, chin: Points, unit: float) -> tuple[int, int, int]:
    """A little darker than the chin, in whose shade the neck lies."""
    x, y = (round(at) for at in (chin - (0.0, 4.0 / unit)).tolist())
    part = clean[max(0, y - 3) : y + 4, max(0, x - 5) : x + 6]
    red, green, blue = (0.85 * part.reshape(-1, 3).mean(axis=0)).tolist()
    return int(red), int(green), int(blue)
