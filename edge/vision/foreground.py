"""What in the view does not belong to the empty scene: a coarse mask, robust to light, shadow and the camera's noise.

The picture is reduced to cells of log colour, so that a change of light is an offset: one for each channel (exposure,
white balance) and a plane over the picture (a lamp at one side), both fitted to the cells that showed the empty scene
before. A cell that stays different in colour, is brighter, far darker than a shadow, or has another texture is
foreground; one that is only darker is taken for a shadow. The shadow's invariance of chromaticity is the one of
Horprasert, Harwood and Davis (1999), "A statistical approach for real-time robust background subtraction".
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.drivers.camera import Picture

COLUMNS, ROWS = 80, 60
_SAMPLES = (2 * COLUMNS + 1, 2 * ROWS + 1)  # four a cell, and a rim for differences; its noise is half a pixel's
_DARK = 8.0  # luma steps added before the logarithm: below them there is only noise
_COLOUR, _BRIGHTER, _SHADOW, _TEXTURE = 0.09, 0.13, 0.9, 0.05
"""Natural logarithms: 9 % in colour, 13 % brighter, a shadow takes at most 60 % of the light; texture is relative."""
_SIGMAS = 5.0
_NOISE_FOLLOWS_S, _FOLLOWS_S, _SHADOW_FOLLOWS_S = 3.0, 4.0, 60.0
_UNSETTLED = 0.7  # of all cells different: the light, the camera or a sheet, but no item
_SETTLES_S = 1.5
_PAUSE_S = 2.0
_LEARNS_EVERY_S = 0.25  # what follows over seconds need not be paid for in every frame
_FEWEST_SHARE = 0.15  # of the cells must show the empty scene for the light to be fitted anew
_INLIER = 0.2
_SOME = (slice(None, None, 3), slice(None, None, 3))  # a ninth of the cells is enough for the light and for the noise
_CROSS = np.ones((3, 3), np.uint8)
_RIDGE = np.eye(3, dtype=np.float32)

Mask = NDArray[np.uint8]
"""ROWS × COLUMNS, 1 where something is."""
_Cells = NDArray[np.float32]


@dataclass(slots=True)
class _Scene:
    """Log colours (3 × ROWS × COLUMNS: numpy is slow on an inner loop of three) and relative texture."""

    colour: _Cells
    texture: _Cells


class Foreground:
    """`update` gives the mask of one frame. `absorb` makes what is in a mask part of the empty scene; when it is
    taken away again, what was there before is known, and nothing appears.
    """

    def __init__(self) -> None:
        self._scene: _Scene | None = None
        self._under: _Scene | None = None
        self._parked: NDArray[np.bool_] = np.zeros((ROWS, COLUMNS), np.bool_)
        self._seen: _Scene | None = None
        self._mask: Mask = np.zeros((ROWS, COLUMNS), np.uint8)
        self._light: _Cells = np.zeros((3, ROWS, COLUMNS), np.float32)
        self._noise = 0.0
        self._last_s = self._learnt_s = 0.0
        self._settling_s: float | None = None
        down, across = np.mgrid[-1 : 1 : ROWS * 1j, -1 : 1 : COLUMNS * 1j].astype(np.float32)
        self._plane = np.stack([np.ones_like(down), across, down])
        self._plane_of_some = self._plane[:, *_SOME].reshape(3, -1)

    @property
    def settled(self) -> bool:
        """False while nearly everything in view is different: then nothing can be said of items."""
        return self._settling_s is None

    def update(self, picture: Picture, now_s: float) -> Mask:
        """The first frame, and one after a pause of more than 2 s, is taken as the empty scene."""
        now = _cells(picture)
        pause_s, self._last_s = now_s - self._last_s, now_s
        if self._scene is None or self._seen is None or not 0.0 <= pause_s <= _PAUSE_S:
            self._begin(now)
            return self._mask
        before, self._seen = self._seen, now
        learns_s = now_s - self._learnt_s
        if learns_s >= _LEARNS_EVERY_S:
            self._learn_noise(now.colour[1] - before.colour[1], learns_s)
        self._fit_light(now.colour - self._scene.colour)
        strong, weak = self._differs(now, self._scene)
        if self._under is not None:
            again, _ = self._differs(now, self._under)
            strong &= again | ~self._parked
        self._mask = np.asarray(cv2.morphologyEx(strong.astype(np.uint8), cv2.MORPH_CLOSE, _CROSS), np.uint8)
        if self._unsettled(before, now, now_s):
            return np.zeros_like(self._mask)
        if learns_s >= _LEARNS_EVERY_S:
            self._learnt_s = now_s
            self._follow(now, weak, learns_s)
        return self._mask

    def absorb(self, mask: Mask) -> None:
        if self._scene is None or self._seen is None:
            return
        place = cv2.dilate(mask, _CROSS).astype(np.bool_)
        self._under = _Scene(self._scene.colour.copy(), self._scene.texture.copy())
        self._parked = place
        self._scene.colour[:, place] = (self._seen.colour - self._light)[:, place]
        self._scene.texture[place] = self._seen.texture[place]
        self._mask = np.where(mask > 0, np.uint8(0), self._mask)

    def _begin(self, now: _Scene) -> None:
        self._scene, self._seen, self._under = _Scene(now.colour.copy(), now.texture.copy()), now, None
        self._mask = np.zeros((ROWS, COLUMNS), np.uint8)
        self._light = np.zeros_like(now.colour)
        self._settling_s, self._learnt_s = None, self._last_s

    def _fit_light(self, change: _Cells) -> None:
        empty = self._mask == 0
        if np.count_nonzero(empty) < _FEWEST_SHARE * empty.size:
            return
        some = np.flatnonzero(empty[_SOME])
        known = change[:, *_SOME].reshape(3, -1).take(some, axis=1)
        plane = self._plane_of_some.take(some, axis=1)
        channels = np.array([_median(channel) for channel in known], np.float32)
        rest = (known[0] + known[1] + known[2]) / np.float32(3.0) - channels.mean()
        slope = np.zeros(3, np.float32)
        for limit in (3 * _INLIER, _INLIER):
            near = np.abs(rest - slope @ plane) < limit
            if np.count_nonzero(near) < _FEWEST_SHARE * near.size:
                break
            held = plane * near
            # A little ridge: cells along one line alone do not make a slope.
            slope = np.linalg.solve(held @ plane.T + _RIDGE, held @ rest)
        self._light = channels[:, None, None] + np.tensordot(slope, self._plane, 1)

    def _differs(self, now: _Scene, scene: _Scene) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """What is surely something, and what is only darker."""
        change = now.colour - scene.colour - self._light
        luma = (change[0] + change[1] + change[2]) / np.float32(3.0)
        colour = np.abs(change - luma).max(axis=0)
        noise = _SIGMAS * self._noise
        texture = (np.abs(now.texture - scene.texture) > max(_TEXTURE, noise)).astype(np.uint8)
        # The rim of a shadow is a thin line of texture; a thing has texture over an area.
        rough = cv2.morphologyEx(texture, cv2.MORPH_OPEN, _CROSS).astype(np.bool_)
        brighter, darker = luma > max(_BRIGHTER, noise), luma < -max(_BRIGHTER, noise)
        strong = (colour > max(_COLOUR, noise)) | brighter | (luma < -max(_SHADOW, noise)) | rough
        return strong, darker & ~strong

    def _unsettled(self, before: _Scene, now: _Scene, now_s: float) -> bool:
        """After a change of nearly everything the scene is learned anew once it has been quiet for a while."""
        if self._settling_s is None:
            if np.count_nonzero(self._mask) < _UNSETTLED * self._mask.size:
                return False
            self._settling_s = now_s
        if float(np.mean(np.abs(now.colour - before.colour) > max(_COLOUR, _SIGMAS * self._noise))) > 0.05:
            self._settling_s = now_s
        elif np.count_nonzero(self._mask) < _UNSETTLED * self._mask.size / 2:
            self._settling_s = None  # the old scene is back
            return False
        elif now_s - self._settling_s >= _SETTLES_S and self._seen is not None:
            self._begin(self._seen)
        return True

    def _follow(self, now: _Scene, weak: NDArray[np.bool_], pause_s: float) -> None:
        if self._scene is None:
            return
        shares = np.where(weak, _share(pause_s, _SHADOW_FOLLOWS_S), _share(pause_s, _FOLLOWS_S)).astype(np.float32)
        shares[cv2.dilate(self._mask, _CROSS) > 0] = 0.0
        self._scene.colour += shares * (now.colour - self._light - self._scene.colour)
        self._scene.texture += shares * (now.texture - self._scene.texture)

    def _learn_noise(self, change: _Cells, pause_s: float) -> None:
        """From the median difference of two frames, as in edge.vision.motion."""
        green = change[_SOME]
        measured = _median(np.abs(green - np.float32(_median(green)))) / 0.954
        first = self._noise == 0.0
        self._noise = measured if first else self._noise + _share(pause_s, _NOISE_FOLLOWS_S) * (measured - self._noise)


def _share(pause_s: float, follows_s: float) -> float:
    return 1.0 - math.exp(-pause_s / follows_s)


def _median(values: _Cells) -> float:
    """As `np.median`, in half its time for a few hundred."""
    low, high = (values.size - 1) // 2, values.size // 2
    ordered = np.partition(values, (low, high), axis=None)
    return 0.5 * (float(ordered[low]) + float(ordered[high]))


def _cells(picture: Picture) -> _Scene:
    sampled = cv2.resize(picture, _SAMPLES, interpolation=cv2.INTER_NEAREST)
    colour = cv2.resize(sampled[1:, 1:], (COLUMNS, ROWS), interpolation=cv2.INTER_AREA).astype(np.float32) + _DARK
    green = cv2.extractChannel(sampled, 1)
    here = green[1:, 1:]
    steps = cv2.max(cv2.absdiff(here, green[:-1, 1:]), cv2.absdiff(here, green[1:, :-1]))
    texture = cv2.resize(steps, (COLUMNS, ROWS), interpolation=cv2.INTER_AREA).astype(np.float32)
    logs = np.ascontiguousarray(cv2.log(colour).transpose(2, 0, 1))
    return _Scene(np.asarray(logs, np.float32), texture / colour[..., 1])
