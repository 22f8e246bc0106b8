"""Frees photographed items from their background (GrabCut, Rother et al. 2004), so that they can lie elsewhere."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]

_WORK_PX = 96


def cut_out(picture: Picture) -> Picture | None:
    """RGBA with a soft edge; None where the cut is not to be trusted: nearly nothing, nearly everything, or torn."""
    small = cv2.resize(picture, (_WORK_PX, _WORK_PX), interpolation=cv2.INTER_AREA)
    mask = np.full((_WORK_PX, _WORK_PX), cv2.GC_PR_BGD, np.uint8)
    edge, core = 3, _WORK_PX // 4
    mask[_WORK_PX // 8 : -_WORK_PX // 8, _WORK_PX // 8 : -_WORK_PX // 8] = cv2.GC_PR_FGD
    mask[core + 8 : -core - 8, core + 8 : -core - 8] = cv2.GC_FGD
    mask[:edge], mask[-edge:], mask[:, :edge], mask[:, -edge:] = (cv2.GC_BGD,) * 4
    cv2.grabCut(small, mask, None, np.zeros((1, 65)), np.zeros((1, 65)), 3, cv2.GC_INIT_WITH_MASK)
    seen = np.isin(mask, (cv2.GC_FGD, cv2.GC_PR_FGD)).astype(np.uint8)
    seen = cv2.morphologyEx(seen, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    count, parts, stats, _ = cv2.connectedComponentsWithStats(seen)
    if count < 2:
        return None
    largest = 1 + int(stats[1:, cv2.CC_STAT_AREA].argmax())
    area = stats[largest, cv2.CC_STAT_AREA] / _WORK_PX**2
    if not 0.08 < area < 0.7 or stats[largest, cv2.CC_STAT_AREA] < 0.8 * seen.sum():
        return None
    alpha = cv2.resize((parts == largest).astype(np.float32), picture.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    alpha = cv2.GaussianBlur(np.clip(alpha * 2 - 0.8, 0, 1), (0, 0), 1.0)
    return np.dstack([picture, np.clip(255 * alpha, 0, 255).astype(np.uint8)])
