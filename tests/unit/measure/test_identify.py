"""One against many with three hand-made directions as faces: the picture's red value says which."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
from PIL import Image

from edge.errors import DataError
from edge.measure.faces import identify, verify
from edge.vision.faces import FaceFinder
from edge.vision.thresholds import OperatingPoints

NO_FACE = 0
# cosines: ann-ann 0.8, ann-bob 0, the stranger is 0.6 like bob and the look-alike exactly bob
FACES = {
    10: (1.0, 0.0, 0.0),  # ann
    20: (0.8, 0.0, 0.6),  # ann again
    30: (0.0, 1.0, 0.0),  # bob
    40: (0.0, 0.28, 0.96),  # bob, hardly like himself
    50: (0.0, 0.6, 0.8),  # a stranger
}
POINTS = OperatingPoints(0.001, (1,), (0.5,), (0.5,), second_floor=0.0, tail=0.005)


class Finder:
    embedder = SimpleNamespace(model_id="by-hand")

    def find(self, picture: np.ndarray) -> list[Any]:
        red = int(picture[0, 0, 0])
        return [] if red == NO_FACE else [red]

    def embed(self, face: int) -> np.ndarray:
        return np.array(FACES[face], np.float32)


FINDER = cast(FaceFinder, Finder())


def people(folder: Path, **pictures: tuple[int, ...]) -> Path:
    for name, reds in pictures.items():
        (folder / name).mkdir()
        for number, red in enumerate(reds, start=1):
            Image.new("RGB", (16, 16), (red, 0, 0)).save(folder / name / f"{number}.png")
    return folder


def test_first_pictures_are_enrolled_the_others_are_probes_and_single_ones_strangers(tmp_path: Path) -> None:
    found = identify(FINDER, POINTS, people(tmp_path, ann=(10, 20), bob=(30, 40, 30), carl=(50,), dora=(30,)))
    assert (found["gallery"], found["probes"], found["strangers"]) == (2, 3, 2)
    # ann's and bob's second good picture are found; bob's poor one (0.28) is nearest to bob and below 0.5
    assert (found["rank1"], found["fnir"]) == (1.0, round(1 / 3, 5))
    # carl scores 0.6 against bob, dora is bob's double: both are let in
    assert found["fpir"] == 1.0
    assert found["fnir_ci"][0] < 1 / 3 < found["fnir_ci"][1]
    assert (found["failures_to_enrol"], found["model"]) == (0, "by-hand")


def test_a_probe_without_a_face_is_missed_and_a_stranger_without_one_is_refused(tmp_path: Path) -> None:
    found = identify(FINDER, POINTS, people(tmp_path, ann=(10, NO_FACE, 20), carl=(NO_FACE,)))
    assert (found["rank1"], found["fnir"], found["fpir"], found["failures_to_enrol"]) == (0.5, 0.5, 0.0, 2)


def test_who_could_not_be_enrolled_is_missed(tmp_path: Path) -> None:
    found = identify(FINDER, POINTS, people(tmp_path, ann=(10, 20), bob=(NO_FACE, 30)))
    assert (found["gallery"], found["probes"], found["fnir"]) == (1, 2, 0.5)
    assert (found["fpir"], found["fpir_ci"]) == (None, [0.0, 1.0])


def test_an_unreadable_picture_counts_as_a_failure(tmp_path: Path) -> None:
    folder = people(tmp_path, ann=(10, 20))
    (folder / "ann" / "3.jpg").write_bytes(b"\xff\xd8\xff")
    found = identify(FINDER, POINTS, folder)
    assert (found["failures_to_enrol"], found["fnir"]) == (1, 0.5)


@pytest.mark.parametrize(
    ("reds", "told"), [({"ann": (10,), "bob": (30,)}, "two pictures"), ({"ann": (0, 0)}, "no face could be used")]
)
def test_a_folder_that_allows_no_identification_is_refused(tmp_path: Path, reds: dict[str, Any], told: str) -> None:
    with pytest.raises(DataError, match=told) as caught:
        identify(FINDER, POINTS, people(tmp_path, **reds))
    assert caught.value.hint


def test_pairs_with_a_failed_picture_count_as_non_matches(tmp_path: Path) -> None:
    folder = people(tmp_path, ann=(10, 20, NO_FACE), bob=(30, 40))
    (tmp_path / "pairs.csv").write_text(
        "a,b,same\n"
        "ann/1.png,ann/2.png,1\n"  # 0.8
        "ann/1.png,ann/3.png,1\n"  # failed
        "ann/1.png,bob/1.png,0\n"  # 0.0
        "ann/3.png,bob/1.png,0\n"  # failed
        "ann/2.png,bob/2.png,0\n"  # 0.576
    )
    found = verify(FINDER, POINTS, folder, tmp_path / "pairs.csv")
    assert (found["pairs"], found["genuine"], found["impostor"], found["failures_to_enrol"]) == (5, 2, 3, 1)
    assert found["threshold_used"] == 0.5
    assert (found["fnmr"], found["fmr"]) == (0.5, round(1 / 3, 6))
    assert found["tar_at_far"] == {"0.01": 0.5, "0.001": 0.5, "0.0001": 0.5}
    assert found["accuracy"] == 0.75
