"""What comes before the station's camera is followed, whatever the light does."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image as PilImage

from edge.drivers.camera.scripted import COMES_S, GOES_S, ScriptedCamera
from edge.vision.items import DECIDE_AT_LATEST_S, GONE_S, PARKED_S, STILL_S, Fact, Gone, Held, ItemWatch, Passed
from edge.vision.picture_file import load_picture
from tests.unit.vision.station_scenes import (
    BOX,
    CAN,
    HEIGHT,
    OPENINGS,
    WIDTH,
    Image,
    Scene,
    frames,
    lit,
    moved,
    paste,
    rough,
    shadow,
    wall,
)

WHOLE = (0.0, 0.0, 1.0, 1.0)
COMES = ((2.0, 0.5, -0.3), (2.6, 0.5, 0.35))
GOES_LEFT, GOES_RIGHT, GOES_UP = (0.16, 0.85), (0.83, 0.85), (0.5, -0.4)


def seen(scene: Scene, until_s: float, zone: tuple[float, ...] = WHOLE, sigma: float = 2.0) -> list[tuple[float, Fact]]:
    watch = ItemWatch(zone, OPENINGS)
    return [(at_s, fact) for at_s, picture in frames(scene, until_s, sigma) for fact in watch.update(picture, at_s)]


def story(facts: list[tuple[float, Fact]]) -> list[str]:
    words = {Held: "held", Gone: "gone"}
    return [fact.bin if isinstance(fact, Passed) else words[type(fact)] for _, fact in facts]


def held_then(goal: tuple[float, float], held_s: float = 2.0, tremble_px: float = 0.0, thing: Image = BOX) -> Scene:
    ends_s = 2.6 + held_s
    return moved(thing, (*COMES, (ends_s, 0.5, 0.35), (ends_s + 0.6, *goal)), tremble_px)


def lamp(at_s: float) -> Image:
    """From 3 s on a lamp at the left."""
    across = np.linspace(1.5, 1.15, WIDTH, dtype=np.float32)[None, :, None]
    return np.repeat(across, HEIGHT, axis=0) if at_s >= 3.0 else np.ones((HEIGHT, WIDTH, 1), np.float32)


def cloud(at_s: float) -> float:
    return 1.0 - 0.35 * float(np.clip((at_s - 2.0) / 1.5, 0.0, 1.0))


def exposure(at_s: float) -> float:
    return 1.0 + 0.2 * float(np.sin(2.0 * at_s))


def two(at_s: float) -> Image:
    left = moved(CAN, ((2.0, 0.3, -0.3), (2.6, 0.3, 0.35), (5.0, 0.3, 0.35), (5.6, 0.3, -0.4)))
    return moved(BOX, ((2.0, 0.7, -0.3), (2.6, 0.7, 0.35), (5.0, 0.7, 0.35), (5.6, 0.7, -0.4)), scene=left)(at_s)


@pytest.mark.parametrize(
    ("scene", "until_s", "expected"),
    [
        (held_then(GOES_LEFT), 7.0, ["held", "left"]),
        (held_then(GOES_RIGHT), 7.0, ["held", "right"]),
        (held_then((0.5, 0.9)), 7.0, ["held", "middle"]),
        (held_then(GOES_UP), 7.0, ["held", "gone"]),
        (held_then(GOES_LEFT, tremble_px=8.0, thing=CAN), 7.0, ["held", "left"]),
        (held_then(GOES_LEFT, held_s=0.0), 5.0, ["left"]),
        (held_then(GOES_RIGHT, held_s=0.0, thing=CAN), 5.0, ["right"]),
        (held_then(GOES_UP, held_s=0.0), 5.0, []),
        (two, 7.0, ["held", "gone"]),
    ],
    ids=["left", "right", "middle", "taken away", "trembles", "unheld", "small unheld", "passes by", "two"],
)
def test_an_item_is_told_once_and_goes_where_it_goes(scene: Scene, until_s: float, expected: list[str]) -> None:
    assert story(seen(scene, until_s)) == expected


@pytest.mark.parametrize(
    "light", [lamp, cloud, exposure, shadow], ids=["light switched on", "cloud", "auto-exposure", "shadow"]
)
def test_light_is_no_item(light: object) -> None:
    assert seen(lit(wall, light), 8.0) == []  # type: ignore[arg-type]


@pytest.mark.parametrize("light", [lamp, cloud, exposure], ids=["light switched on", "cloud", "auto-exposure"])
def test_an_item_is_seen_while_the_light_changes(light: object) -> None:
    assert story(seen(lit(held_then(GOES_LEFT), light), 7.0)) == ["held", "left"]  # type: ignore[arg-type]


@pytest.mark.parametrize("sigma", [0.0, 8.0])
def test_noise_is_no_item_and_hides_none(sigma: float) -> None:
    assert seen(wall, 6.0, sigma=sigma) == []
    assert story(seen(held_then(GOES_LEFT), 7.0, sigma=sigma)) == ["held", "left"]


def test_at_night_noise_is_no_item_and_an_item_is_one() -> None:
    assert seen(lit(wall, lambda _: 0.12), 6.0, sigma=4.0) == []
    assert story(seen(lit(held_then(GOES_LEFT), lambda _: 0.12), 7.0, sigma=4.0)) == ["held", "left"]


def test_it_is_decided_soon_after_the_item_rests() -> None:
    (held_s, held), (passed_s, passed) = seen(held_then(GOES_LEFT), 7.0)
    assert held_s <= 2.6 + STILL_S + 0.2
    assert passed_s <= 5.2 + GONE_S + 0.2
    assert isinstance(held, Held)
    assert isinstance(passed, Passed)
    assert held.item == passed.item


def test_what_is_waved_about_is_decided_in_bounded_time() -> None:
    path = tuple((2.0 + 0.4 * turn, 0.35 + 0.3 * (turn % 2), 0.35) for turn in range(15))
    (first_s, fact), *_ = seen(moved(CAN, path), 7.0)
    assert isinstance(fact, Held)
    assert first_s <= 2.0 + DECIDE_AT_LATEST_S + 0.2


def test_the_best_pictures_show_the_item_whole() -> None:
    fact = seen(held_then(GOES_LEFT, tremble_px=4.0), 7.0)[0][1]
    assert isinstance(fact, Held)
    box = fact.crops[0].boxes[0]
    assert abs(box.centre[0] - 0.5 * WIDTH) < 16
    assert abs(box.centre[1] - 0.35 * HEIGHT) < 16
    assert abs(box.width - 200) < 40
    assert len({crop.at_s for crop in fact.crops}) == len(fact.crops) >= 2
    assert [crop.score for crop in fact.crops] == sorted((crop.score for crop in fact.crops), reverse=True)


def test_two_things_apart_are_two_parts() -> None:
    parts = [fact.parts for _, fact in seen(two, 7.0) if isinstance(fact, Held)]
    assert parts == [2]
    assert [f.parts for _, f in seen(held_then(GOES_LEFT), 7.0) if isinstance(f, Held | Passed)] == [1, 1]


def test_what_moves_outside_the_zone_is_no_item() -> None:
    passing = moved(BOX, ((2.0, -0.2, 0.3), (4.0, 0.15, 0.3), (6.0, -0.2, 0.3)))
    assert seen(passing, 7.0, zone=(0.4, 0.0, 1.0, 0.6)) == []
    assert story(seen(passing, 7.0)) != []


def test_a_thing_held_before_an_opening_is_not_put_in() -> None:
    scene = moved(CAN, ((2.0, 0.17, -0.3), (2.6, 0.17, 0.75), (5.0, 0.17, 0.75), (5.6, 0.17, -0.4)))
    assert story(seen(scene, 7.0)) == ["held", "gone"]


def test_a_hand_that_comes_back_empty_has_put_it_in() -> None:
    hand = rough(120, 90, (190, 140, 120), 20.0, 5)

    def scene(at_s: float) -> Image:
        x = float(np.interp(at_s, (4.0, 4.6, 5.0, 5.6), (0.5, 0.17, 0.17, 0.5)))
        y = float(np.interp(at_s, (2.0, 2.6, 4.0, 4.6, 5.0, 5.6, 6.2), (-0.5, 0.4, 0.4, 0.85, 0.85, 0.3, -0.5)))
        image = wall(at_s)
        if 2.0 <= at_s <= 4.8:
            paste(image, BOX, x, y)
        return paste(image, hand, x, y - 0.25) if 2.0 <= at_s <= 6.2 else image

    told = story(seen(scene, 8.0))
    assert told[:2] == ["held", "left"]
    assert told.count("left") == 1


def test_a_parked_bag_becomes_part_of_the_scene_and_leaves_unnoticed() -> None:
    stays_s = 4.0 + PARKED_S
    path = (*COMES, (2.6 + stays_s, 0.5, 0.35), (3.2 + stays_s, 0.5, -0.4))
    later = 5.0 + stays_s
    scene = moved(CAN, tuple((later + at_s, x, y) for at_s, x, y in (*COMES, (4.0, 0.5, 0.35), (4.6, 0.16, 0.85))))

    def both(at_s: float) -> Image:
        return scene(at_s) if at_s >= later else moved(BOX, path)(at_s)

    facts = seen(both, later + 6.0)
    told = story(facts)
    assert told[:2] == ["held", "gone"]
    assert facts[1][0] == pytest.approx(2.6 + STILL_S + PARKED_S, abs=1.0)
    assert told[-2:] == ["held", "left"]
    assert all(at_s < 66.0 or at_s > later for at_s, fact in facts if isinstance(fact, Held))


class Time:
    now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def test_the_simulated_camera_is_understood(tmp_path: Path) -> None:
    for name, thing in (("box.png", BOX), ("can.png", CAN)):
        PilImage.fromarray(np.clip(thing, 0, 255).astype(np.uint8)).save(tmp_path / name)
    script = tmp_path / "script.toml"
    script.write_text(
        '[[item]]\npicture = "box.png"\nbegins_s = 2.0\nheld_s = 2.0\ninto = [0.17, 0.82]\n'
        '[[item]]\npicture = "can.png"\nbegins_s = 8.0\nheld_s = 1.0\n'
        '[[item]]\npicture = "can.png"\nbegins_s = 13.0\nheld_s = 0.0\ninto = [0.83, 0.82]\nsize = 0.3\n'
    )
    time = Time()
    camera = ScriptedCamera(script, load_picture, monotonic=time)
    camera.open()
    watch = ItemWatch(WHOLE, OPENINGS)
    told: list[tuple[float, Fact]] = []
    while time.now_s < 117.0:
        frame = camera.read(1.0)
        assert frame is not None
        told += [(frame.mono_s - 100.0, fact) for fact in watch.update(frame.picture, frame.mono_s)]
        time.now_s += 0.1
    assert story(told) == ["held", "left", "held", "gone", "right"]
    assert [fact.item for _, fact in told] == [1, 1, 2, 2, 3]
    assert told[0][0] < 2.0 + COMES_S + STILL_S + 0.3
    assert told[1][0] < 4.0 + COMES_S + GOES_S + GONE_S + 0.3
