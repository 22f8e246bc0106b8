from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.errors import DataError
from edge.vision.align import fit_similarity
from edge.vision.association import associate, likeness
from edge.vision.geometry import Box
from edge.vision.warp import cut_out, invert, scale_of, similarity_to_square

numbers = st.floats(-100, 100)


@st.composite
def boxes(draw: st.DrawFn) -> Box:
    x, y = draw(numbers), draw(numbers)
    return Box(x, y, x + draw(st.floats(0.5, 50)), y + draw(st.floats(0.5, 50)))


@given(boxes(), boxes())
def test_overlap_is_symmetric_and_between_none_and_all(a: Box, b: Box) -> None:
    assert 0.0 <= a.iou(b) <= 1.0
    assert a.iou(b) == pytest.approx(b.iou(a))
    assert a.iou(a) == pytest.approx(1.0)


def test_overlap_and_share_inside_of_known_boxes() -> None:
    assert Box(0, 0, 2, 2).iou(Box(1, 0, 3, 2)) == pytest.approx(1 / 3)
    assert Box(0, 0, 2, 2).iou(Box(2, 0, 4, 2)) == 0.0
    assert Box(-5, 0, 5, 10).inside_share(100, 100) == pytest.approx(0.5)
    assert Box(-5, -5, -1, -1).inside_share(100, 100) == 0.0
    assert Box(3, 3, 3, 9).inside_share(100, 100) == 0.0


@given(numbers, numbers, st.floats(5, 400), st.floats(-3, 3), st.integers(16, 200))
def test_the_turned_square_lands_on_the_chip(x: float, y: float, side: float, angle: float, size: int) -> None:
    matrix = similarity_to_square((x, y), side, angle, size)
    right = np.array([np.cos(angle), np.sin(angle)]) * side / 2
    for source, target in (
        ((x, y), (size / 2, size / 2)),
        ((x + right[0], y + right[1]), (size, size / 2)),
        ((x - right[1], y + right[0]), (size / 2, size)),
    ):
        np.testing.assert_allclose(matrix @ [*source, 1.0], target, atol=1e-6 * max(size, 100))
    assert scale_of(matrix) == pytest.approx(size / side)
    back = invert(matrix)
    np.testing.assert_allclose(back @ [size / 2, size / 2, 1.0], (x, y), atol=1e-6)


@given(st.integers(0, 10_000), st.integers(2, 8))
def test_least_squares_similarity_finds_turn_scale_and_shift(seed: int, count: int) -> None:
    random = np.random.default_rng(seed)
    source = random.normal(0, 20, (count, 2))
    angle, scale, shift = random.uniform(-3, 3), random.uniform(0.2, 5), random.normal(0, 50, 2)
    linear = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    found = fit_similarity(source, source @ linear.T + shift)
    np.testing.assert_allclose(found[:, :2], linear, atol=1e-6)
    np.testing.assert_allclose(found[:, 2], shift, atol=1e-4)


def test_the_similarity_is_the_best_one_and_never_mirrors() -> None:
    random = np.random.default_rng(3)
    source, target = random.normal(size=(5, 2)), random.normal(size=(5, 2))
    found = fit_similarity(source, target)

    def error(matrix: np.ndarray) -> float:
        return float(((source @ matrix[:, :2].T + matrix[:, 2] - target) ** 2).sum())

    for _ in range(200):
        (a, b), shift = random.normal(0, 0.05, 2), random.normal(0, 0.05, 2)
        other = found + np.array([[a, -b, shift[0]], [b, a, shift[1]]])
        assert error(other) >= error(found)
    mirrored = fit_similarity(source, source * (-1, 1))
    assert np.linalg.det(mirrored[:, :2]) >= 0


def test_points_that_coincide_have_no_similarity() -> None:
    with pytest.raises(DataError, match="coincide"):
        fit_similarity(np.ones((5, 2)), np.random.default_rng(0).normal(size=(5, 2)))
    with pytest.raises(DataError, match="coincide"):
        fit_similarity(np.full((5, 2), np.nan), np.ones((5, 2)))


def plane(width: int = 300, height: int = 200) -> np.ndarray:
    """Red is the column, green the row (pixel centres at halves), blue nothing."""
    y, x = np.mgrid[0:height, 0:width]
    return np.stack([x % 256, y, 0 * x], axis=-1).astype(np.uint8)


def test_cutting_out_puts_every_pixel_where_the_matrix_says() -> None:
    matrix = similarity_to_square((120.0, 90.0), 80.0, 0.0, 40)
    chip = cut_out(plane(), matrix, 40).astype(float)
    expected_x = 120 - 40 + (np.arange(40) + 0.5) * 2 - 0.5
    np.testing.assert_allclose(chip[20, :, 0], expected_x, atol=1.01)
    np.testing.assert_allclose(chip[:, 20, 1], 90 - 40 + (np.arange(40) + 0.5) * 2 - 0.5, atol=1.01)
    turned = cut_out(plane(), similarity_to_square((120.0, 90.0), 80.0, np.pi / 2, 80), 80).astype(float)
    np.testing.assert_allclose(turned[40, :, 1], 90 - 40 + np.arange(80), atol=1.01)


def test_an_upright_square_at_full_size_is_the_pictures_own_pixels_and_at_half_size_their_means() -> None:
    picture = np.random.default_rng(0).integers(0, 256, (200, 300, 3), np.uint8)
    whole = cut_out(picture, similarity_to_square((120.0, 90.0), 80.0, 0.0, 80), 80)
    np.testing.assert_array_equal(whole, picture[50:130, 80:160])
    half = cut_out(picture, similarity_to_square((120.0, 90.0), 80.0, 0.0, 40), 40)
    means = picture[50:130, 80:160].reshape(40, 2, 40, 2, 3).mean(axis=(1, 3))
    np.testing.assert_allclose(half, means, atol=1.0)


def test_shrinking_averages_instead_of_skipping() -> None:
    stripes = np.zeros((400, 400, 3), np.uint8)
    stripes[:, ::2] = 255
    for side in (340.0, 250.0):
        chip = cut_out(stripes, similarity_to_square((200.0, 200.0), side, 0.1, 48), 48)
        assert np.abs(chip.astype(int) - 127).max() <= 3


def test_what_lies_beyond_the_picture_is_black_and_may_be_all_of_it() -> None:
    white = np.full((60, 60, 3), 255, np.uint8)
    half = cut_out(white, similarity_to_square((0.0, 30.0), 40.0, 0.0, 40), 40)
    assert (half[:, :18] == 0).all()
    assert (half[:, 22:] == 255).all()
    for centre in ((-500.0, 30.0), (30.0, 900.0), (1e9, 1e9)):
        assert not cut_out(white, similarity_to_square(centre, 40.0, 0.3, 40), 40).any()
    assert cut_out(white, similarity_to_square((30.0, 30.0), 1.0, 0.0, 40), 40).all()


def test_the_picture_itself_is_not_changed() -> None:
    picture, matrix = plane(), similarity_to_square((120.0, 90.0), 190.0, 0.2, 40)
    kept, kept_matrix = picture.copy(), matrix.copy()
    cut_out(picture, matrix, 40)
    np.testing.assert_array_equal(picture, kept)
    np.testing.assert_array_equal(matrix, kept_matrix)


def test_faces_are_followed_by_overlap_then_by_nearness() -> None:
    known = [Box(0, 0, 10, 10), Box(100, 0, 110, 10)]
    assert associate(known, [Box(101, 1, 111, 11), Box(2, 0, 12, 10)]) == {0: 1, 1: 0}
    assert associate(known, [Box(9, 0, 19, 10)]) == {0: 0}  # hardly touches, but within its own size
    assert associate(known, [Box(40, 0, 50, 10)]) == {}
    assert associate(known, []) == associate([], known) == {}


def test_one_known_face_is_given_to_the_better_of_two() -> None:
    assert associate([Box(0, 0, 10, 10)], [Box(4, 0, 14, 10), Box(1, 0, 11, 10)]) == {1: 0}
    assert associate([Box(1, 0, 11, 10), Box(4, 0, 14, 10)], [Box(0, 0, 10, 10)]) == {0: 0}


def test_boxes_of_very_different_size_are_not_one_face() -> None:
    assert likeness(Box(0, 0, 10, 10), Box(0, 0, 25, 25)) < 0
    assert likeness(Box(0, 0, 10, 10), Box(0, 0, 0, 0)) < 0


@given(st.lists(boxes(), max_size=5), st.lists(boxes(), max_size=5))
def test_nobody_is_given_away_twice(known: list[Box], seen: list[Box]) -> None:
    pairs = associate(known, seen)
    assert len(set(pairs.values())) == len(pairs)
    assert all(0 <= i < len(known) and 0 <= j < len(seen) for j, i in pairs.items())
