"""How people and hands move, as functions of time: any moment can be asked for, in any order.

The figures are of the size that posturography, gait and blink studies report; where a range is drawn from, see scenes.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.random import Generator

from edge.events import Gesture
from edge.rig.head import HeadPose

_WAVES = 6
_STOP_MM = 110.0  # over which a walk comes to rest
_STEP_HZ = 1.8  # steps a second of a walk at ease
_TURN_DEG, _UP_DEG, _OPEN_RAD, _SHUT_S = 26.0, 18.0, 0.22, 0.35
_RISE = 0.3  # of the time that a gesture takes


class Wander:
    """A restless quantity: waves of random frequency and phase, mean 0, with a standard deviation."""

    def __init__(self, rng: Generator, deviation: float, slowest_hz: float, fastest_hz: float) -> None:
        self._hz = np.exp(rng.uniform(math.log(slowest_hz), math.log(fastest_hz), _WAVES))
        self._phase = rng.uniform(0.0, 2 * math.pi, _WAVES)
        # Slow waves are larger, as in all swaying; the sum of the squares is twice the variance.
        strength = rng.uniform(0.5, 1.0, _WAVES) / np.sqrt(self._hz)
        self._strength = strength * (deviation * math.sqrt(2.0) / math.sqrt(float((strength**2).sum())))

    def at(self, time_s: float) -> float:
        return float((self._strength * np.sin(2 * math.pi * self._hz * time_s + self._phase)).sum())


@dataclass(frozen=True, slots=True)
class Approach:
    """Coming nearer: from `start_mm` to `stop_mm` at `speed_mm_s`; a speed of 0 stands at `stop_mm` from the start.
    `beside_mm`: comes in from there, beside the picture, within `beside_s`, and goes away to there `leaves_s` after the
    beginning. `raised_mm`: or is raised from so far below. `enters_s`: when it begins to come into view.
    """

    start_mm: float
    stop_mm: float
    speed_mm_s: float
    beside_mm: float = 0.0
    leaves_s: float = math.inf
    beside_s: float = 0.8
    raised_mm: float = 0.0
    enters_s: float = 0.0

    def aside_mm(self, time_s: float) -> float:
        """How far beside its way it is."""
        if not self.beside_mm:
            return 0.0
        coming, going = (self._way(time_s - begins_s) for begins_s in (self.enters_s, self.leaves_s))
        return self.beside_mm * (1.0 - coming + going)

    def below_mm(self, time_s: float) -> float:
        """How far below its way it is; what was raised stays up."""
        return self.raised_mm * (1.0 - self._way(time_s - self.enters_s))

    def _way(self, since_s: float) -> float:
        return _ease(min(max(since_s / self.beside_s, 0.0), 1.0))

    def distance_mm(self, time_s: float) -> float:
        if self.speed_mm_s <= 0.0:
            return self.stop_mm
        left = (self.start_mm - self.stop_mm) - self.speed_mm_s * time_s
        return self.stop_mm + _STOP_MM * float(np.logaddexp(0.0, left / _STOP_MM))

    def pace(self, time_s: float) -> float:
        """Its present speed as a share of the full one."""
        if self.speed_mm_s <= 0.0:
            return 0.0
        left = (self.start_mm - self.stop_mm) - self.speed_mm_s * time_s
        return float(np.exp(-np.logaddexp(0.0, -left / _STOP_MM)))  # logistic; who stays for hours, too


@dataclass(frozen=True, slots=True)
class Manner:
    """How somebody holds himself. `sway_mm`, `yaw`, `pitch`, `roll`: standard deviations; `looks_from`: yaw and pitch
    at first, `looks_at`: in the end, `turns_s`: when and `within_s`: how fast the head comes round.
    """

    x_mm: float = 0.0
    y_mm: float = 0.0
    sway_mm: float = 5.0
    yaw: float = 1.5
    pitch: float = 1.0
    roll: float = 0.7
    looks_from: tuple[float, float] = (0.0, 0.0)
    looks_at: tuple[float, float] = (0.0, 0.0)
    turns_s: float = 0.3
    within_s: float = 0.5
    bob_mm: float = 16.0
    blinks_a_minute: float = 17.0
    talks: float = 0.0


@dataclass(frozen=True, slots=True)
class Act:
    """A gesture that is begun at `begins_s`. `size`: in parts of a clear one; `lasts_s`: there and back."""

    begins_s: float
    gesture: Gesture
    size: float = 1.0
    lasts_s: float = 1.5


class Living:
    """Somebody who comes, stands, looks, blinks, perhaps talks, and makes gestures (`acts`)."""

    def __init__(
        self,
        rng: Generator,
        approach: Approach,
        manner: Manner,
        length_s: float,
        acts: Sequence[Act] = (),
    ) -> None:
        self.approach, self.manner = approach, manner
        self._acts = acts  # as they are: whoever gave them may add to them while somebody stands there
        m = manner
        self._sway = [Wander(rng, m.sway_mm, 0.15, 1.1) for _ in range(3)]
        self._turn = [Wander(rng, deviation, 0.2, 1.6) for deviation in (m.yaw, m.pitch, m.roll)]
        self._tremor = [Wander(rng, 0.02 + 0.03 * deviation, 4.0, 9.0) for deviation in (m.yaw, m.pitch, m.roll)]
        self._step_phase = rng.uniform(0.0, 2 * math.pi)
        self._voice = [Wander(rng, 1.0, 2.5, 5.5), Wander(rng, 1.0, 0.2, 0.7)]
        self._blinks = _blinks(rng, m.blinks_a_minute, length_s)

    def at(self, time_s: float) -> HeadPose:
        """The head at a time in seconds."""
        m = self.manner
        x, y, z = self.place(time_s)
        pace = self.approach.pace(time_s)
        step = 2 * math.pi * _STEP_HZ * time_s + self._step_phase
        come = 1.0 / (1.0 + math.exp(-4.0 * (time_s - m.turns_s) / max(m.within_s, 1e-3)))
        yaw, pitch = (a + (b - a) * come for a, b in zip(m.looks_from, m.looks_at, strict=True))
        turn = [slow.at(time_s) + fast.at(time_s) for slow, fast in zip(self._turn, self._tremor, strict=True)]
        lids = max((_lid(time_s - begins, shut_s) for begins, shut_s in self._blinks), default=0.0)
        jaw = m.talks * max(0.0, self._voice[0].at(time_s)) * (self._voice[1].at(time_s) > -0.4)
        pose = HeadPose(
            z,
            x,
            y,
            yaw + turn[0] + 1.2 * pace * math.sin(step / 2),
            pitch + turn[1] + 0.7 * pace * math.cos(step),
            turn[2] + 0.6 * pace * math.sin(step / 2 + 1.0),
            lids,
            jaw,
        )
        for act in self._acts:
            pose = with_act(pose, act, time_s)
        return pose

    def place(self, time_s: float) -> tuple[float, float, float]:
        """Of the point between the eyes, were the head held straight; the body moves with it."""
        m = self.manner
        pace = self.approach.pace(time_s)
        step = 2 * math.pi * _STEP_HZ * time_s + self._step_phase
        x, y, z = (wave.at(time_s) for wave in self._sway)
        x += self.approach.aside_mm(time_s) + m.x_mm + m.bob_mm * pace * math.sin(step / 2)
        y = 0.35 * y + m.y_mm + 0.5 * m.bob_mm * pace * math.cos(step)
        return x, y, z + self.approach.distance_mm(time_s)


def with_act(pose: HeadPose, act: Act, time_s: float) -> HeadPose:
    """The pose while a gesture is made. Left and right are the person's own."""
    since_s = time_s - act.begins_s
    if not 0.0 < since_s < act.lasts_s:
        return pose
    far = act.size * _ease(min(1.0, min(since_s, act.lasts_s - since_s) / (_RISE * act.lasts_s)))
    match act.gesture:
        case Gesture.TURN_LEFT:
            return replace(pose, yaw=pose.yaw + _TURN_DEG * far)
        case Gesture.TURN_RIGHT:
            return replace(pose, yaw=pose.yaw - _TURN_DEG * far)
        case Gesture.LOOK_UP:
            return replace(pose, pitch=pose.pitch - _UP_DEG * far)
        case Gesture.OPEN_MOUTH:
            return replace(pose, jaw_rad=max(pose.jaw_rad, _OPEN_RAD * far))
        case Gesture.BLINK:
            return replace(pose, lids=max(pose.lids, min(act.size, 1.0) * _lid(since_s, _SHUT_S)))


class Handheld:
    """A sheet or a screen in two hands, or on a stand: where its middle is, and how it is turned and bent. `acts`: how
    the hands turn it to look like a head's gestures.
    """

    def __init__(
        self,
        rng: Generator,
        approach: Approach,
        shake_deg: float,
        shake_mm: float,
        swing_deg: float,
        flex: float,
        acts: Sequence[Act] = (),
    ) -> None:
        self.approach = approach
        self._acts = acts
        self._turn = [Wander(rng, shake_deg, 0.2, 2.0) for _ in range(3)]
        self._tremor = [Wander(rng, 0.03 + 0.05 * shake_deg, 4.0, 10.0) for _ in range(3)]
        self._place = [Wander(rng, shake_mm, 0.2, 2.0) for _ in range(3)]
        self._step_phase = rng.uniform(0.0, 2 * math.pi)
        self._swing = swing_deg, rng.uniform(0.3, 0.8), rng.uniform(0.0, 2 * math.pi), rng.uniform(-0.5, 0.5)
        self._flex = Wander(rng, flex, 0.3, 1.2)

    def at(self, time_s: float) -> tuple[HeadPose, float]:
        """Place and turn of the middle, and how much more it is bent than at rest, as a share."""
        pace = self.approach.pace(time_s)
        step = 2 * math.pi * _STEP_HZ * time_s + self._step_phase
        x, y, z = (wave.at(time_s) for wave in self._place)
        yaw, pitch, roll = (
            slow.at(time_s) + fast.at(time_s) for slow, fast in zip(self._turn, self._tremor, strict=True)
        )
        deg, hz, phase, share = self._swing
        swing = deg * math.sin(2 * math.pi * hz * time_s + phase)
        pose = HeadPose(
            self.approach.distance_mm(time_s) + z,
            self.approach.aside_mm(time_s) + x + 14.0 * pace * math.sin(step / 2),
            y + self.approach.below_mm(time_s) + 8.0 * pace * math.cos(step),
            yaw + swing,
            pitch + share * swing,
            roll,
        )
        for act in self._acts:
            pose = with_act(pose, act, time_s)
        return pose, self._flex.at(time_s)


def _blinks(rng: Generator, a_minute: float, length_s: float) -> list[tuple[float, float]]:
    """When lids begin to fall, and for how long they are down, until `length_s` and a little before 0."""
    begins, found = -0.5, []
    while a_minute > 0.0:
        begins += float(rng.exponential(60.0 / a_minute)) + 0.4
        if begins > length_s:
            break
        found.append((begins, float(rng.uniform(0.02, 0.07))))
    return found


def _lid(since_s: float, shut_s: float) -> float:
    """How far the lids are shut, 0 to 1: down in 90 ms, up in 200 ms (Kwon and others 2013 found as much)."""
    if since_s < 0.0:
        return 0.0
    if since_s < 0.09:
        return _ease(since_s / 0.09)
    return 1.0 - _ease(min(1.0, max(0.0, since_s - 0.09 - shut_s) / 0.2))


def _ease(share: float) -> float:
    return share * share * (3.0 - 2.0 * share)
