from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from vision_samples import at_cosine, unit_rows

from edge.errors import DataError
from edge.vision.match import Gallery
from edge.vision.score import score


@given(st.integers(1, 40), st.integers(1, 12), st.integers(0, 10_000), st.floats(-1, 1))
def test_the_match_is_that_of_a_plain_search(rows: int, people: int, seed: int, floor: float) -> None:
    matrix = unit_rows(rows, 8, seed)
    ids = [f"p{n}" for n in np.random.default_rng(seed).integers(0, people, rows)]
    probe = unit_rows(1, 8, seed + 1)[0]
    best: dict[str, float] = {}
    for row, name in zip(matrix, ids, strict=True):
        best[name] = max(best.get(name, -2.0), float(row @ probe))
    first, *others = sorted(best.items(), key=lambda item: -item[1])
    second = max([value for _, value in others] + [floor])
    match = Gallery(matrix, ids, floor).match(probe)
    assert match.person == first[0]
    assert match.top1 == pytest.approx(first[1], abs=1e-5)
    assert match.top2 == pytest.approx(second, abs=1e-5)
    assert match.score == pytest.approx(first[1] - 0.3 * second, abs=1e-5)


def test_an_empty_gallery_matches_nobody_at_a_score_below_any_threshold() -> None:
    match = Gallery(np.empty((0, 8), np.float32), [], 0.2).match(unit_rows(1, 8)[0])
    assert match.person is None
    assert match.score <= score(-1.0, 1.0)


def test_with_one_person_the_floor_stands_for_the_second_best() -> None:
    row = unit_rows(1, 16)[0]
    gallery = Gallery(row[None], ["a"], 0.85)
    stranger = gallery.match(at_cosine(row, 0.84))
    assert stranger.score == pytest.approx(0.84 - 0.3 * 0.85, abs=1e-5)
    assert gallery.match(row).score == pytest.approx(1 - 0.3 * 0.85, abs=1e-5)


def test_a_second_best_that_is_unusually_unlike_does_not_raise_the_score() -> None:
    row = unit_rows(1, 16)[0]
    gallery = Gallery(np.stack([row, -row]), ["a", "b"], 0.3)
    assert gallery.match(row).top2 == pytest.approx(0.3)


def test_the_second_best_is_another_person_however_many_templates_the_first_has() -> None:
    row = unit_rows(1, 32)[0]
    matrix = np.stack([at_cosine(row, c, n) for n, c in enumerate((0.9, 0.5, 0.8, 0.7), start=1)])
    match = Gallery(matrix, ["a", "b", "a", "a"], -1.0).match(row)
    assert (match.person, match.top1) == ("a", pytest.approx(0.9, abs=1e-5))
    assert match.top2 == pytest.approx(0.5, abs=1e-5)


@given(st.integers(2, 40), st.integers(2, 12), st.integers(0, 10_000), st.floats(-1, 1))
def test_without_somebody_the_match_is_that_of_a_gallery_without_them(
    rows: int, people: int, seed: int, floor: float
) -> None:
    matrix = unit_rows(rows, 8, seed)
    ids = [f"p{n}" for n in np.random.default_rng(seed).integers(0, people, rows)]
    probe = unit_rows(1, 8, seed + 1)[0]
    gallery = Gallery(matrix, ids, floor)
    for left_out in {*ids, "nobody"}:
        kept = [n for n, name in enumerate(ids) if name != left_out]
        smaller = Gallery(matrix[kept], [ids[n] for n in kept], floor)
        found, expected = gallery.match(probe, without=left_out), smaller.match(probe)
        assert found.person == expected.person
        assert (found.top1, found.top2, found.score) == pytest.approx(
            (expected.top1, expected.top2, expected.score), abs=1e-5
        )


def test_who_is_enrolled() -> None:
    gallery = Gallery(unit_rows(3, 8), ["b", "d", "b"], 0.0)
    assert [name for name in "abcde" if gallery.has(name)] == ["b", "d"]
    assert not Gallery(np.empty((0, 8), np.float32), [], 0.0).has("a")


def test_the_gallery_counts_people_and_templates() -> None:
    gallery = Gallery(unit_rows(4, 8), ["b", "a", "b", "c"], 0.0)
    assert (gallery.people, len(gallery)) == (3, 4)


def test_later_changes_to_the_callers_matrix_and_probe_change_nothing() -> None:
    matrix, probe = unit_rows(3, 8), unit_rows(1, 8, 5)[0]
    gallery = Gallery(matrix, ["a", "b", "c"], 0.0)
    kept, before = probe.copy(), gallery.match(probe)
    matrix[:] = 0
    assert gallery.match(probe) == before
    np.testing.assert_array_equal(probe, kept)


@pytest.mark.parametrize("damage", [0.0, 2.0, np.nan, np.inf])
def test_rows_that_are_not_of_length_one_are_refused(damage: float) -> None:
    matrix = unit_rows(3, 8)
    matrix[1] *= damage
    with np.errstate(invalid="ignore"), pytest.raises(DataError, match="not of length one"):
        Gallery(matrix, ["a", "b", "c"], 0.0)


def test_ids_and_dimensions_must_fit() -> None:
    with pytest.raises(DataError, match="2 ids"):
        Gallery(unit_rows(3, 8), ["a", "b"], 0.0)
    with pytest.raises(DataError, match="1 ids"):
        Gallery(unit_rows(1, 8)[0], ["a"], 0.0)
    with pytest.raises(DataError, match="templates of 8"):
        Gallery(unit_rows(3, 8), ["a", "b", "c"], 0.0).match(unit_rows(1, 16)[0])
