from __future__ import annotations

import numpy as np
import pytest

from edge.drivers.camera import Picture
from edge.vision.motion import MotionGate

HEIGHT, WIDTH = 480, 640
RATE = 10


class Scene:
    """A wall with some structure before a camera with noise, and a figure that may stand in it."""

    def __init__(self, noise: float, seed: int = 0) -> None:
        self.random = np.random.default_rng(seed)
        y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
        wall = 90 + 30 * np.sin(x / 40) + 20 * np.cos(y / 25)
        self.wall = np.repeat(wall[..., None], 3, axis=-1).astype(np.int16)
        # Every frame cuts its noise out of a larger field: as good as new, and quick.
        self.field = np.rint(self.random.normal(0, noise, (HEIGHT + 200, WIDTH + 200, 3))).astype(np.int16)

    def frame(self, figure_x: int | None = None, contrast: float = 0.0) -> Picture:
        x, y = self.random.integers(0, 200, 2)
        scene = self.wall + self.field[y : y + HEIGHT, x : x + WIDTH]
        if figure_x is not None:
            left, right = max(figure_x, 0), max(figure_x + 90, 0)
            scene[170:, left:right] += np.int16(contrast)
        return np.clip(scene, 0, 255).astype(np.uint8)


def settled(scene: Scene, gate: MotionGate, seconds: float = 8.0) -> float:
    """Shows the empty scene; returns the time, in seconds, of the next frame."""
    for number in range(int(seconds * RATE)):
        gate.update(scene.frame(), number / RATE)
    return int(seconds * RATE) / RATE


@pytest.mark.parametrize("noise", [0.0, 2.0, 6.0, 15.0])
def test_an_empty_scene_closes_the_gate_however_noisy_the_camera(noise: float) -> None:
    scene, gate = Scene(noise), MotionGate(hold_s=1.0)
    begun = settled(scene, gate)
    assert not any(gate.update(scene.frame(), begun + n / RATE) for n in range(150))


@pytest.mark.parametrize("noise", [0.0, 3.0, 8.0])
@pytest.mark.parametrize("contrast", [-60.0, -4.0, 4.0, 12.0, 100.0])
def test_somebody_who_walks_in_is_seen_within_half_a_second(noise: float, contrast: float) -> None:
    scene, gate = Scene(noise), MotionGate(hold_s=1.0)
    begun = settled(scene, gate)
    assert any(gate.update(scene.frame(n * 20 - 60, contrast), begun + n / RATE) for n in range(8))


def test_a_slow_approach_is_seen_too() -> None:
    scene, gate = Scene(3.0), MotionGate(hold_s=1.0)
    begun = settled(scene, gate)
    assert any(gate.update(scene.frame(2 * n - 90, 25.0), begun + n / RATE) for n in range(60))


def test_the_gate_stays_open_for_the_hold_time_and_then_closes() -> None:
    scene, gate = Scene(1.0), MotionGate(hold_s=1.0)
    begun = settled(scene, gate)
    assert gate.update(scene.frame(200, 60.0), begun)
    for number in range(1, 11):
        assert gate.update(scene.frame(), begun + number / RATE)
    closed = [gate.update(scene.frame(), begun + n / RATE) for n in range(11, 70)]
    assert not closed[-1]


def test_what_stays_becomes_part_of_the_scene_unless_a_face_is_tracked() -> None:
    def still_open_after_20_s(*, tracked: bool) -> bool:
        scene, gate = Scene(2.0), MotionGate(hold_s=1.0)
        begun = settled(scene, gate)
        seen = [gate.update(scene.frame(200, 40.0), begun + n / RATE, tracked=tracked) for n in range(200)]
        assert seen[0]
        return seen[-1]

    assert not still_open_after_20_s(tracked=False)
    assert still_open_after_20_s(tracked=True)


def test_light_that_changes_everywhere_alike_opens_nothing() -> None:
    scene, gate = Scene(1.0), MotionGate(hold_s=0.5)
    begun = settled(scene, gate)
    scene.wall += 6
    assert not any(gate.update(scene.frame(), begun + n / RATE) for n in range(20))


def test_a_lamp_that_is_switched_on_lets_the_gate_close_again() -> None:
    scene, gate = Scene(2.0), MotionGate(hold_s=1.0)
    begun = settled(scene, gate)
    scene.wall = (scene.wall * 1.6).astype(np.int16)
    seen = [gate.update(scene.frame(), begun + n / RATE) for n in range(200)]
    assert not seen[-1]


def test_the_first_frame_another_size_and_a_pause_open_the_gate() -> None:
    scene, gate = Scene(0.0), MotionGate(hold_s=0.5)
    assert gate.update(scene.frame(), 100.0)
    begun = 100.0
    assert not [gate.update(scene.frame(), begun + n / RATE) for n in range(1, 20)][-1]
    assert gate.update(scene.frame(), begun + 60.0)  # what happened in this minute is not known
    for n in range(1, 20):
        last = gate.update(scene.frame(), begun + 60.0 + n / RATE)
    assert not last
    assert gate.update(scene.frame(), begun - 5.0)  # a clock that went backwards
    gate = MotionGate(hold_s=0.5)
    assert not [gate.update(scene.frame(), n / RATE) for n in range(20)][-1]
    gate.update(np.zeros((240, 320, 3), np.uint8), 2.0)


def test_one_flickering_pixel_is_not_motion() -> None:
    scene, gate = Scene(1.0), MotionGate(hold_s=0.2)
    begun = settled(scene, gate)
    seen = []
    for number in range(50):
        frame = scene.frame()
        frame[240:244, 320:324] = 255 * (number % 2)
        seen.append(gate.update(frame, begun + number / RATE))
    assert not any(seen)
