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
from edge.rig.anatomy import CHIN, CORNERS, LOWER_RIM, MOUTH_CORNERS, OVAL, UPPER_RIM, jaw_weights, open_mouth
from edge.rig.cutout import person_alpha, without_fringe
from edge.rig.lens import Matrix, Points, rotation
from edge.rig.raster import Triangles
from edge.vision.blazeface import BlazeFace
from edge.vision.manifest import Manifest, open_network
from edge.vision.mesh import FaceMesh
from edge.vision.picture_file import load_picture
from edge.vision.pose import pose_of

EYES_MM = 63.0  # between the pupils of an adult, in the mean (Dodgson 2004)
TEXTURE_EYES_PX = 100.0  # a portrait with more is scaled down to it
_SILHOUETTE_MM = 95.0  # how far behind the nose bridge the outline of a head lies: about the middle of the skull
_FALL_MM = 60.0  # beyond the face's outline, until that depth is reached
_NECK_MM = 75.0  # below the chin, over which the turning of the head fades out
PIVOT_MM = np.array([0.0, 45.0, 90.0])  # about which a head turns and nods, from between the eyes: the upper neck
_GRID = 0.32  # spacing of the points beside the face, as a share of its width
_RINGS = (1.06, 1.18, 1.36)
_FADE_MM = 45.0  # over which a portrait's lower edge goes over into the body drawn behind it
_BLACK, _BLACK_SHARE = 4, 0.06  # grey level, and the share of an edge's pixels, that make it a rim
_AJAR_RAD = 0.2
_MOUNTS = 4  # levels of the texture's pyramid

Fit = Callable[[Picture], NDArray[np.float32]]
"""A picture's face as 468 × 3 mesh points in pixels. Raises DataError where there is none."""


@dataclass(frozen=True, slots=True, eq=False)
class Portrait:
    """`pyramid`: the texture, RGBA, each level half the size of the one before. `uv`: n × 2, in pixels of the first.
    `still`: n × 3 in mm from between the eyes, in the portrait's own view; `unturn`: rotates its head to look straight
    ahead. `follows`: how far each point goes with the head, 0 for the shoulders. `mouth`: triangles of the open mouth.
    `neck_mm`: how far its neck lies to the right of its eyes. `cloth`, `skin`: the colour of what is worn, and of the chin's shade. `picture`: head and shoulders before a texture was made of them, `points`: the
    mesh in it; `taken`: left, top, right and bottom of what the portrait itself shows, the rest is mirrored.
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
            raise DataError("there is no face in it", hint="use a portrait in which the face looks at the camera")
        return network.fit(picture, max(found, key=lambda hit: hit.box.area)).points

    return fit


def load_portrait(path: Path, fit: Fit, name: str = "") -> Portrait:
    """`name`: whose it is, the file's own unless given. Raises DataError when the file cannot be used or shows no face that a head can be made of."""
    try:
        return make_portrait(name or path.stem, load_picture(path), fit)
    except DataError as error:
        told = error.message if str(path) in error.message else f"{path}: {error.message}"
        raise DataError(told, hint=error.hint) from error


def make_portrait(name: str, picture: Picture, fit: Fit) -> Portrait:
    """Raises DataError when there is no face in it, or one that is turned away too far."""
    picture = _without_black_rim(picture)
    points = fit(picture)
    eyes_px = _eyes(points)
    if eyes_px > TEXTURE_EYES_PX:
        scale = TEXTURE_EYES_PX / eyes_px
        size = (round(picture.shape[1] * scale), round(picture.shape[0] * scale))
        picture = np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA))
        points, eyes_px = points * np.float32(scale), TEXTURE_EYES_PX
    pose = pose_of(points)
    if abs(pose.yaw) > 30.0 or abs(pose.pitch) > 25.0:
        raise DataError("the face is turned away", hint="use a portrait in which the face looks at the camera")
    picture, points = _upright(picture, points)
    picture, points, taken = _trimmed(picture, points)
    pose = pose_of(points)
    unit = EYES_MM / eyes_px
    middle = points[[*CORNERS[0], *CORNERS[1]]].mean(axis=0, dtype=np.float64)
    face = (points - middle) * unit
    unturn = rotation(pose.yaw, pose.pitch, 0.0).T
    uv = np.concatenate([points[:, :2].astype(np.float64), _around(points, picture.shape[1], picture.shape[0])])
    still = np.concatenate([face, _behind(face, (uv[len(face) :] - middle[:2]) * unit)])
    jaw = np.zeros(len(uv))
    jaw[: len(face)] = jaw_weights(face @ unturn.T)
    below = np.clip((still[:, 1] - still[CHIN, 1]) / _NECK_MM, 0.0, 1.0)
    follows = 1.0 - below * below * (3.0 - 2.0 * below)
    ajar = still.copy()
    ajar[: len(face)] = open_mouth(face, jaw[: len(face)], _AJAR_RAD)
    triangles = _triangulate(uv + (ajar - still)[:, :2] / unit)
    alpha = person_alpha(picture, uv[OVAL])
    clean = without_fringe(picture, alpha)
    edge = np.clip((picture.shape[0] - 1.0 - np.arange(picture.shape[0])) * unit / _FADE_MM, 0.0, 1.0)
    soft = alpha * edge[:, None]
    texture = np.dstack([clean, np.round(soft * 255.0).astype(np.uint8)])
    pyramid = [texture]
    for _ in range(_MOUNTS - 1):
        pyramid.append(np.asarray(cv2.pyrDown(pyramid[-1])))
    used = _opaque(alpha, uv, triangles)
    triangles = triangles[used]
    inner = _between_lips(triangles)
    worn = clean[-max(4, picture.shape[0] // 12) :][alpha[-max(4, picture.shape[0] // 12) :] > 0.9]
    below = np.round(uv[CHIN] - (0.0, 4.0 / unit)).astype(int)
    skin = 0.85 * clean[max(0, below[1] - 3) : below[1] + 4, max(0, below[0] - 5) : below[0] + 6].mean(axis=(0, 1))
    cloth = np.median(worn, axis=0) if len(worn) else np.array([70, 72, 80])
    return Portrait(
        name=name,
        picture=picture,
        points=points,
        taken=taken,
        pyramid=tuple(pyramid),
        eyes_px=eyes_px,
        uv=uv,
        still=still,
        unturn=unturn,
        follows=follows,
        jaw=jaw,
        triangles=triangles,
        mouth=inner,
        neck_mm=_neck(alpha, uv[CHIN], middle[0], unit),
        cloth=(int(cloth[0]), int(cloth[1]), int(cloth[2])),
        skin=(int(skin[0]), int(skin[1]), int(skin[2])),
    )


def _without_black_rim(picture: Picture) -> Picture:
    """Collections that were aligned by turning have black corners, which no print of a portrait would have."""
    black = (picture.max(axis=2) <= _BLACK).astype(np.uint8)
    top, left, bottom, right = 0, 0, *black.shape
    while min(bottom - top, right - left) > 0.6 * min(black.shape):
        sides = (
            black[top, left:right].mean(),
            black[top:bottom, left].mean(),
            black[bottom - 1, left:right].mean(),
            black[top:bottom, right - 1].mean(),
        )
        worst = int(np.argmax(sides))
        if sides[worst] < _BLACK_SHARE:
            break
        top, left = top + (worst == 0), left + (worst == 1)
        bottom, right = bottom - (worst == 2), right - (worst == 3)
    return np.ascontiguousarray(picture[top:bottom, left:right])


def _eyes(points: NDArray[np.float32]) -> float:
    """The distance of the eyes in three dimensions, so that a turn of the head does not shorten it."""
    right, left = (points[list(pair)].mean(axis=0, dtype=np.float64) for pair in CORNERS)
    return float(np.linalg.norm(left - right))


def _upright(picture: Picture, points: NDArray[np.float32]) -> tuple[Picture, NDArray[np.float32]]:
    """The picture turned so that the eyes lie level."""
    roll = pose_of(points).roll
    x, y = points[:, :2].mean(axis=0).tolist()
    turn = cv2.getRotationMatrix2D((x, y), roll, 1.0)
    size = (picture.shape[1], picture.shape[0])
    turned = cv2.warpAffine(picture, turn, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT_101)
    moved = points.copy()
    moved[:, :2] = points[:, :2] @ turn[:, :2].T + turn[:, 2]
    return np.asarray(turned), moved


def _trimmed(
    picture: Picture, points: NDArray[np.float32]
) -> tuple[Picture, NDArray[np.float32], tuple[int, int, int, int]]:
    """Head and shoulders, with room mirrored in where the portrait ends too soon; and where it lies in that."""
    low, high = points[:, :2].min(axis=0), points[:, :2].max(axis=0)
    across, up = float(high[0] - low[0]), float(high[1] - low[1])
    height, width = picture.shape[:2]
    left, right = int(low[0] - 1.0 * across), int(high[0] + 1.0 * across)
    top, bottom = int(low[1] - 0.75 * up), min(int(high[1] + 0.95 * up), height)
    pads = max(0, -top), 0, max(0, -left), max(0, right - width)
    inner = picture[max(0, top) : bottom, max(0, left) : min(right, width)]
    padded = cv2.copyMakeBorder(inner, *pads, cv2.BORDER_REFLECT_101)
    moved = points.copy()
    moved[:, :2] -= (left, top)
    taken = pads[2], pads[0], pads[2] + inner.shape[1], pads[0] + inner.shape[0]
    return np.ascontiguousarray(padded), moved, taken


def _around(points: NDArray[np.float32], width: int, height: int) -> Points:
    """Points beside the face: rings about its outline, and a grid over the rest of the picture."""
    oval = points[OVAL, :2].astype(np.float64)
    middle = oval.mean(axis=0)
    rings = [middle + (oval - middle) * grown for grown in _RINGS]
    step = _GRID * float(np.ptp(oval[:, 0]))
    columns, rows = max(3, round(width / step)), max(3, round(height / step))
    grid = np.stack(np.meshgrid(np.linspace(0, width - 1, columns), np.linspace(0, height - 1, rows)), -1).reshape(-1, 2)
    outline = (middle + (oval - middle) * (_RINGS[-1] + 0.12)).astype(np.float32)
    apart = [place for place in grid.tolist() if cv2.pointPolygonTest(outline, place, False) < 0]
    inside = np.concatenate([*rings, np.array(apart).reshape(-1, 2)])
    return inside[(inside >= 0).all(axis=1) & (inside[:, 0] <= width - 1) & (inside[:, 1] <= height - 1)]


def _behind(face: Points, places: Points) -> Points:
    """Places beside the face, n × 2 in mm, with their depth: from that of the nearest point of the outline it falls
    off like a ball's until the outline of the head.
    """
    oval = face[OVAL]
    apart = np.linalg.norm(places[:, None] - oval[None, :, :2], axis=2)
    weights = 1.0 / (apart + 2.0) ** 3
    start = (weights * oval[None, :, 2]).sum(axis=1) / weights.sum(axis=1)
    share = np.clip(apart.min(axis=1) / _FALL_MM, 0.0, 1.0)
    depth = start + np.maximum(_SILHOUETTE_MM - start, 0.0) * (1.0 - np.sqrt(1.0 - share * share))
    return np.column_stack([places, depth])


def _triangulate(uv: Points) -> Triangles:
    """Delaunay's triangles, all turning the same way."""
    low, high = np.floor(uv.min(axis=0)) - 2, np.ceil(uv.max(axis=0)) + 2
    mesh = cv2.Subdiv2D((int(low[0]), int(low[1]), int(high[0] - low[0]), int(high[1] - low[1])))
    number = {}
    for index, (x, y) in enumerate(uv.astype(np.float32).tolist()):
        number.setdefault((x, y), index)
        mesh.insert((x, y))
    found = []
    for x0, y0, x1, y1, x2, y2 in mesh.getTriangleList().tolist():
        corners = [number.get(at, -1) for at in ((x0, y0), (x1, y1), (x2, y2))]
        if min(corners) >= 0:
            turns = (x1 - x0) * (y2 - y0) - (y1 - y0) * (x2 - x0)
            found.append(corners if turns > 0 else corners[::-1])
    return np.array(found, np.int32)


def _between_lips(triangles: Triangles) -> NDArray[np.bool_]:
    """Which triangles span the mouth: between both lips' inner rims."""
    upper, lower = np.isin(triangles, UPPER_RIM), np.isin(triangles, LOWER_RIM)
    rim = upper | lower | np.isin(triangles, MOUTH_CORNERS)
    return np.asarray(rim.all(axis=1) & upper.any(axis=1) & lower.any(axis=1))


def _neck(alpha: NDArray[np.float32], chin: Points, middle_px: float, unit: float) -> float:
    """Where the neck is, to the right of the eyes, in mm: the middle of the person a little below the chin."""
    row = alpha[min(int(chin[1] + 30.0 / unit), len(alpha) - 1)]
    near = row * (np.abs(np.arange(len(row)) - chin[0]) < 70.0 / unit)
    centre = float(near @ np.arange(len(row)) / near.sum()) if near.sum() > 0.0 else float(chin[0])
    return (centre - middle_px) * unit


def _opaque(alpha: NDArray[np.float32], uv: Points, triangles: Triangles) -> NDArray[np.bool_]:
    """Which triangles show anything of the person."""
    grown = cv2.dilate(alpha, np.ones((9, 9), np.uint8))
    places = np.concatenate([uv[triangles], uv[triangles].mean(axis=1, keepdims=True)], axis=1).round().astype(int)
    return np.asarray((grown[places[..., 1], places[..., 0]] > 0.01).any(axis=1))
