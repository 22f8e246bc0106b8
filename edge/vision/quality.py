"""Is this picture of a face good enough, and if not, why: something that can be said to the person.

Every limit is where a measured loss begins, not a habit. `scripts/measure-quality` blurs, darkens, shrinks and cuts
pictures of a labelled set and compares them with other, untouched pictures of the same people, at a false match
rate of 0.001. A limit for recognition stands where ten points of the share recognised are lost; one for enrolment,
where a bad picture does harm for years, where one or two are.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from edge.drivers.camera import Picture
from edge.events import PoorReason
from edge.vision.geometry import Box
from edge.vision.mesh import Mesh
from edge.vision.pose import Pose, pose_of
from edge.vision.texture import Texture, surroundings_luma, texture_of

_RIGHT_EYE, _LEFT_EYE = [33, 133], [263, 362]  # outer and inner corner of the person's right and left eye


@dataclass(frozen=True, slots=True)
class Limits:
    """One level of demands.

    `eye_px`: least distance of the eyes in the picture. `inside`: least share of the face's box on the picture.
    `dark`, `bright`: least mean luma and greatest saturated share of the face. `yaw_deg`, `pitch_deg`: greatest
    turn. `sharpness`: least of `Texture.sharpness`.
    """

    eye_px: float
    inside: float
    dark: float
    bright: float
    yaw_deg: float
    pitch_deg: float
    sharpness: float


# Share recognised near each limit, in per cent; 96.0 untouched. Eyes 15 px: 93.8, and below that the detector misses
# more than half of the faces in 640 × 480. Inside 0.74: 85. Luma 14: 86. Saturated 0.45: 84. Yaw 38°: 82. Pitch is
# the end of what the pictures hold (-23° to +20° in 98 of 100). Sharpness 0.11: 83; at 0.14 it would be 90, but too
# many untouched pictures would fall out.
RECOGNITION = Limits(eye_px=15.0, inside=0.74, dark=14.0, bright=0.45, yaw_deg=38.0, pitch_deg=30.0, sharpness=0.11)

# Eyes 24 px: 95. Inside 0.9: 94. Luma 24: 93. Saturated 0.1: 93. Yaw 25°: 96. Sharpness 0.17: 94.
ENROLMENT = Limits(eye_px=24.0, inside=0.9, dark=24.0, bright=0.1, yaw_deg=25.0, pitch_deg=20.0, sharpness=0.17)

# A dark face before surroundings that are well lit, and four times as bright, is dark because the camera exposed
# for them: then it is the place to stand that helps, not more light.
_BACKLIT_RATIO = 4.0
_BACKLIT_LUMA = 60.0


@dataclass(frozen=True, slots=True)
class Figures:
    """What was measured. `eye_px`: distance of the eyes in picture pixels; `inside`: share of the face's box on
    the picture; `surroundings`: mean luma of the picture around the face.
    """

    eye_px: float
    inside: float
    pose: Pose
    texture: Texture
    surroundings: float


@dataclass(frozen=True, slots=True)
class Quality:
    """`reason` is None when the picture is fit for recognition, `enrolment_reason` when it is fit to enrol with.

    `score` grows from 0 at the first limit for recognition to 1 when all limits for enrolment are kept: it ranks
    pictures of one face and weights them when they are fused.
    """

    score: float
    reason: PoorReason | None
    enrolment_reason: PoorReason | None
    figures: Figures


def judge(picture: Picture, mesh: Mesh) -> Quality:
    """The quality of one face in its picture."""
    height, width = picture.shape[:2]
    low, high = mesh.points[:, :2].min(axis=0).tolist(), mesh.points[:, :2].max(axis=0).tolist()
    box = Box(*low, *high)
    eyes = mesh.points[_LEFT_EYE, :2].mean(axis=0) - mesh.points[_RIGHT_EYE, :2].mean(axis=0)
    figures = Figures(
        eye_px=float(np.hypot(eyes[0], eyes[1])),
        inside=box.inside_share(width, height),
        pose=pose_of(mesh.points),
        texture=texture_of(mesh),
        surroundings=surroundings_luma(picture, box),
    )
    return Quality(_score(figures), poor(figures, RECOGNITION), poor(figures, ENROLMENT), figures)


def poor(figures: Figures, limits: Limits) -> PoorReason | None:
    """The first demand that is not met, in the order in which a person would have to remedy them."""
    texture, pose = figures.texture, figures.pose
    if figures.inside < limits.inside:
        return PoorReason.CUT_OFF
    if figures.eye_px < limits.eye_px:
        return PoorReason.TOO_FAR
    if texture.luma < limits.dark:
        lit = max(_BACKLIT_RATIO * texture.luma, _BACKLIT_LUMA)
        return PoorReason.BACKLIT if figures.surroundings > lit else PoorReason.TOO_DARK
    if texture.saturated > limits.bright:
        return PoorReason.TOO_BRIGHT
    if abs(pose.yaw) > limits.yaw_deg or abs(pose.pitch) > limits.pitch_deg:
        return PoorReason.TURNED_AWAY
    if texture.sharpness < limits.sharpness:
        return PoorReason.BLURRED
    return None


def _score(figures: Figures) -> float:
    """The worst demand counts: how far it has come from the limit for recognition to the one for enrolment."""
    ways = (
        (figures.eye_px, RECOGNITION.eye_px, ENROLMENT.eye_px),
        (figures.inside, RECOGNITION.inside, ENROLMENT.inside),
        (figures.texture.luma, RECOGNITION.dark, ENROLMENT.dark),
        (figures.texture.saturated, RECOGNITION.bright, ENROLMENT.bright),
        (abs(figures.pose.yaw), RECOGNITION.yaw_deg, ENROLMENT.yaw_deg),
        (abs(figures.pose.pitch), RECOGNITION.pitch_deg, ENROLMENT.pitch_deg),
        (figures.texture.sharpness, RECOGNITION.sharpness, ENROLMENT.sharpness),
    )
    return min(max(min((value - worst) / (good - worst) for value, worst, good in ways), 0.0), 1.0)
