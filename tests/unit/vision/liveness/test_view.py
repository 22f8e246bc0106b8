"""What is behind somebody is known only where it was seen empty, and nobody can hang up something new in its place."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from edge.drivers.camera import Picture
from edge.vision.geometry import Box
from edge.vision.liveness.cells import COLUMNS, ROWS
from edge.vision.liveness.view import EmptyView

NOWHERE = np.zeros((ROWS, COLUMNS), np.bool_)
LEFT = (slice(0, ROWS), slice(0, COLUMNS // 4))


@pytest.fixture(scope="module")
def wall() -> Picture:
    grain = np.random.default_rng(1).integers(60, 200, (15, 20, 3), np.uint8)
    return np.asarray(cv2.resize(grain, (640, 480), interpolation=cv2.INTER_CUBIC), np.uint8)


def watched(view: EmptyView, picture: Picture, begun_s: float, lasts_s: float, *faces: Box) -> float:
    """Look at a picture for so long, ten times a second or, if it takes long, once; returns when that ends."""
    rate = 1 if lasts_s > 10.0 else 10
    for number in range(round(rate * lasts_s)):
        view.observe(picture, begun_s + number / rate, faces)
    return begun_s + lasts_s


def with_poster(wall: Picture) -> Picture:
    poster = wall.copy()
    poster[:, :160] = (30, 90, 20)
    return poster


def share(view: EmptyView, picture: Picture) -> float:
    found = view.compare(picture, NOWHERE)
    assert found is not None
    return float(np.count_nonzero(found.same[LEFT]) / found.same[LEFT].size)


def test_it_is_known_after_a_moment_and_compared_cell_by_cell(wall: Picture) -> None:
    view = EmptyView()
    assert view.compare(wall, NOWHERE) is None
    watched(view, wall, 0.0, 1.5)
    assert view.known
    assert share(view, wall) == 1.0
    found = view.compare(with_poster(wall), NOWHERE)
    assert found is not None
    assert not found.same[LEFT].any()
    assert found.same[:, COLUMNS // 2 :].all()


@pytest.mark.parametrize("gain", [0.6, 1.5])
def test_exposure_and_a_lamp_at_one_side_change_nothing(wall: Picture, gain: float) -> None:
    view = EmptyView()
    dim = np.asarray(wall * 0.6, np.uint8)
    watched(view, dim, 0.0, 1.5)
    falls_off = np.linspace(1.0, 0.75, 640)[None, :, None]
    assert share(view, np.clip(dim * gain * falls_off, 0, 255).astype(np.uint8)) > 0.97


@pytest.mark.parametrize("shade", [0.95, 1.05])
def test_a_shade_is_the_same_but_not_alike(wall: Picture, shade: float) -> None:
    view = EmptyView()
    watched(view, wall, 0.0, 1.5)
    shaded = wall.copy()
    shaded[:, :160] = np.clip(wall[:, :160] * shade, 0, 255).astype(np.uint8)
    apart = NOWHERE.copy()
    apart[LEFT] = True
    found = view.compare(shaded, apart)
    assert found is not None
    assert found.same.all()
    assert found.alike[LEFT].mean() < 0.1
    assert found.alike[~apart].all()


def test_noise_in_the_dark_is_alike(wall: Picture) -> None:
    view, rng = EmptyView(), np.random.default_rng(5)
    dark = (wall // 12).astype(np.float64)

    def frame() -> Picture:
        return np.clip(dark + rng.normal(0.0, 4.0, dark.shape), 0, 255).astype(np.uint8)

    for tenth in range(20):
        view.observe(frame(), tenth / 10, ())
    found = view.compare(frame(), NOWHERE)
    assert found is not None
    assert found.alike.mean() > 0.95


def test_what_is_put_up_is_not_part_of_the_wall_until_a_minute_later(wall: Picture) -> None:
    view = EmptyView()
    at_s = watched(view, wall, 0.0, 2.0)
    at_s = watched(view, with_poster(wall), at_s, 50.0)
    assert share(view, with_poster(wall)) == 0.0
    watched(view, with_poster(wall), at_s, 20.0)
    assert share(view, with_poster(wall)) == 1.0


def test_another_view_altogether_is_not_believed_for_ten_minutes(wall: Picture) -> None:
    view = EmptyView()
    at_s = watched(view, wall, 0.0, 2.0)
    other = np.ascontiguousarray(255 - wall[::-1])
    at_s = watched(view, other, at_s, 120.0)
    found = view.compare(other, NOWHERE)
    assert found is None or np.count_nonzero(found.same) < 0.5 * found.same.size
    watched(view, other, at_s, 500.0)
    assert share(view, other) == 1.0


def test_what_lies_around_a_face_is_not_learned_however_long_it_stays(wall: Picture) -> None:
    view = EmptyView()
    at_s = watched(view, wall, 0.0, 2.0)
    watched(view, with_poster(wall), at_s, 90.0, Box(40.0, 150.0, 120.0, 250.0))
    assert share(view, with_poster(wall)) == 0.0


def test_leaves_that_move_are_never_known(wall: Picture) -> None:
    view, rng = EmptyView(), np.random.default_rng(2)
    for tenth in range(100):
        moving = wall.copy()
        moving[:, :160] = cv2.resize(rng.integers(0, 255, (30, 10, 3), np.uint8), (160, 480))
        view.observe(moving, tenth / 10, ())
    assert view.known
    found = view.compare(wall, NOWHERE)
    assert found is not None
    assert found.known[LEFT].mean() < 0.1
    assert found.known[:, COLUMNS // 2 :].all()


def test_a_clock_set_back_and_a_dark_picture_do_no_harm(wall: Picture) -> None:
    view = EmptyView()
    watched(view, wall, 1000.0, 2.0)
    watched(view, np.zeros_like(wall), 5.0, 3.0)
    assert share(view, wall) == 1.0


def test_a_still_view_is_looked_at_once_a_second_and_a_new_thing_is_adopted_as_late(wall: Picture) -> None:
    view, looks = EmptyView(), []
    watched(view, wall, 0.0, 1.5)
    poster = with_poster(wall)
    for tenth in range(580):
        before = view._last_s
        view.observe(poster, 2.0 + tenth / 10, (), still=True)
        looks.append(view._last_s != before)
    assert sum(looks) <= 59
    assert share(view, poster) == 0.0
    for tenth in range(580, 650):
        view.observe(poster, 2.0 + tenth / 10, (), still=True)
    assert share(view, poster) == 1.0
