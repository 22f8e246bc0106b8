from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from moving_heads import Depth, bent_sheet, head, moved, sheet, walk

from edge.drivers.camera import Picture
from edge.events import Life
from edge.vision.faces import Face
from edge.vision.liveness.cue import Cue, Seen
from edge.vision.liveness.follow import GAP_S
from edge.vision.liveness.judge import Liveness, default_cues, fuse


@dataclass
class Fixed:
    """A cue that has made up its mind."""

    name: str
    value: float | None = 0.9
    passes: float = 0.5
    fails: float = 0.1

    def observe(self, seen: Seen) -> None: ...

    def score(self) -> float | None:
        return self.value


class Counted(Fixed):
    """A cue that remembers which frames were its own."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.times: list[float] = []

    def observe(self, seen: Seen) -> None:
        self.times.append(seen.now_s)


CUES: list[Cue] = [Fixed(name) for name in "abc"]
scores = st.dictionaries(st.sampled_from("abc"), st.one_of(st.floats(0, 1), st.just(float("nan"))))


@given(scores)
def test_all_must_be_known_and_pass(found: Mapping[str, float]) -> None:
    life = fuse(CUES, found)
    if any(value <= 0.1 for value in found.values()):
        assert life is Life.SPOOF
    elif set(found) == set("abc") and all(value >= 0.5 for value in found.values()):
        assert life is Life.LIVE
    else:
        assert life is Life.DOUBT


def test_no_cues_at_all_is_a_doubt() -> None:
    assert fuse([], {}) is Life.DOUBT
    assert Liveness(list).verdict().life is Life.DOUBT


def test_a_gate_has_five_cues_and_each_can_doubt_alone() -> None:
    cues = default_cues()
    assert [cue.name for cue in cues] == ["geometry", "surroundings", "border", "surface", "life"]
    good = {cue.name: 1.0 for cue in cues}
    assert fuse(cues, good) is Life.LIVE
    for cue in cues:
        assert fuse(cues, {**good, cue.name: (cue.passes + cue.fails) / 2}) is Life.DOUBT
        assert fuse(cues, {name: value for name, value in good.items() if name != cue.name}) is Life.DOUBT


def test_before_anything_was_seen_there_is_a_doubt() -> None:
    verdict = Liveness().verdict()
    assert (verdict.life, dict(verdict.cues)) == (Life.DOUBT, {})


def first_live(face: Face, wall: Picture, depth: Depth, reach: float = 1.35) -> float | None:
    liveness = Liveness()
    for now_s, one in moved(face, wall, walk(), depth, reach=reach):
        liveness.observe(one, now_s)
        if liveness.verdict().life is Life.LIVE:
            return now_s
    return None


def test_somebody_who_walks_up_lives_within_the_time(face: Face, wall: Picture) -> None:
    when = first_live(face, wall, head)
    assert when is not None
    assert when <= 0.8


@pytest.mark.parametrize("depth", [sheet, bent_sheet])
@pytest.mark.parametrize("reach", [1.35, 3.0])
def test_a_print_does_not_cut_out_or_whole_flat_or_bent(face: Face, wall: Picture, depth: Depth, reach: float) -> None:
    assert first_live(face, wall, depth, reach) is None


def test_after_a_break_everything_begins_anew(face: Face, wall: Picture) -> None:
    liveness, last_s = Liveness(), 0.0
    for last_s, one in moved(face, wall, walk(), head):
        liveness.observe(one, last_s)
    assert liveness.verdict().life is Life.LIVE
    liveness.observe(face, last_s + GAP_S + 0.1)
    verdict = liveness.verdict()
    assert verdict.life is Life.DOUBT
    assert "geometry" not in verdict.cues


def test_something_else_in_its_place_begins_anew(face: Face, wall: Picture) -> None:
    liveness, last_s = Liveness(), 0.0
    for last_s, one in moved(face, wall, walk(), head):
        liveness.observe(one, last_s)
    other = np.random.default_rng(2).integers(0, 255, face.picture.shape, np.uint8)
    liveness.observe(replace(face, picture=other), last_s + 0.06)
    assert "geometry" not in liveness.verdict().cues


def test_what_cannot_be_followed_leaves_no_evidence_for_what_comes_after_it(face: Face, wall: Picture) -> None:
    """Half a face at the picture's edge may be somebody's, and the next one on a screen."""
    made: list[Counted] = []

    def cues() -> list[Cue]:
        made.append(Counted("figure"))
        return [made[-1]]

    liveness = Liveness(cues)
    frames = [one for _, one in moved(face, wall, walk(6), head)]
    for number, one in enumerate(frames[:4]):
        off = replace(one, points=one.points - np.float32([150.0, 0.0, 0.0]))
        liveness.observe(off, number / 15)
    for number, one in enumerate(frames[4:], start=4):
        liveness.observe(one, number / 15)
    assert made[-1].times == pytest.approx([4 / 15, 5 / 15])


def test_a_mesh_of_nonsense_is_a_doubt(face: Face) -> None:
    liveness = Liveness()
    for number, value in enumerate((np.nan, np.inf, -1e6, 1e6, 0.0)):
        points = np.full_like(face.points, value)
        liveness.observe(replace(face, points=points), number / 15)
    assert liveness.verdict().life is Life.DOUBT
