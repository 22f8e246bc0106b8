"""The parts of scripts/train-waste that need neither PyTorch nor TensorFlow nor Blender."""

from __future__ import annotations

import cv2
import numpy as np
from waste_training import augment, groups, packing, placing, point, surfaces
from waste_training.classes import CLASSES

from edge import resources
from edge.vision.manifest import load_manifest
from edge.waste.sorting import CATEGORIES, judge, load_rules

RULES = load_rules(resources.folder("config") / "sorting.toml", CLASSES)


def test_the_operating_point_is_measured_by_the_stations_own_rule() -> None:
    logits = np.random.default_rng(1).normal(0, 3, (400, len(CLASSES)))
    chosen = point.Point(temperature=1.3, familiar_energy=-5.0, sure_from=0.6)
    sure, best = point.answered(logits, chosen)
    shares, energy = groups.softmax(logits, 1.3), groups.energy(logits)
    verdicts = [
        judge(dict(zip(CLASSES, row, strict=True)), bool(e <= -5.0), RULES, 0.6)
        for row, e in zip(shares, energy, strict=True)
    ]
    assert [v.kind == "sure" for v in verdicts] == sure.tolist()
    assert 20 < sure.sum() < 380
    told = [(v.category, groups.GROUPS[b]) for v, b, s in zip(verdicts, best, sure, strict=True) if s]
    assert all(a == b for a, b in told)


def test_the_groups_of_the_training_are_those_of_the_shipped_rules() -> None:
    assert {name: groups.group(name) for name in CLASSES} == dict(RULES.group_of)
    assert groups.GROUPS[:4] == CATEGORIES


def test_the_shipped_classes_are_those_of_the_training() -> None:
    entry = load_manifest(resources.folder("models") / "manifest.toml").default("waste-classifier")
    assert entry.as_classifier().classes == CLASSES


def test_unknown_things_that_look_like_answers_raise_the_point() -> None:
    random = np.random.default_rng(2)
    labels = random.integers(0, len(CLASSES), 500)
    logits = random.normal(0, 0.5, (500, len(CLASSES)))
    logits[np.arange(500), labels] += 6.0
    lookalikes = random.normal(0, 0.5, (200, len(CLASSES)))
    lookalikes[:, CLASSES.index("metal")] += 3.0
    chosen = point.chosen(logits, labels, lookalikes, 500)
    assert point.answered(lookalikes, chosen)[0].mean() <= point.MOST_UNKNOWN
    assert point.answered(logits, chosen)[0][groups.grouped(logits).argmax(1) < 4].mean() > 0.8


def test_the_hazardous_logits_go_up_until_too_many_photographs_are_called_so() -> None:
    random = np.random.default_rng(6)
    logits = random.normal(0, 1, (1000, len(CLASSES)))
    offset = placing.hazardous(logits)

    def called(step: float) -> float:
        told = placing.told(placing.moved(logits, placing.HAZARDOUS, step))
        return float((told == groups.GROUPS.index("hazardous")).mean())

    assert called(offset) <= 0.008 < called(offset + 0.1)


def test_other_waste_is_placed_where_more_is_found_at_no_cost() -> None:
    random = np.random.default_rng(7)
    labels = np.array([CLASSES.index(name) for name in ("trash", "paper")] * 200)
    logits = random.normal(0, 0.3, (400, len(CLASSES)))
    logits[np.arange(400), labels] += 6.0
    logits[:, placing.TRASH] -= 4.5  # learned too low
    offset = placing.trash(logits, labels)
    truth = np.array([groups.GROUPS.index(groups.group(CLASSES[label])) for label in labels])
    before, after = (
        (placing.told(placing.moved(logits, placing.TRASH, step)) == truth)[::2].mean() for step in (0, offset)
    )
    assert offset > 0.5
    assert after > before + 0.05


def test_pictures_come_out_of_the_pack_as_they_went_in_with_and_without_an_outline() -> None:
    ground = cv2.resize(np.random.default_rng(8).integers(0, 256, (6, 6, 3), np.uint8), (64, 64))
    outline = np.zeros((64, 64), np.uint8)
    outline[16:48, 8:40] = 255
    plain, freed = packing.decoded(packing.encoded("x", [ground, np.dstack([ground, outline])]), "x")
    assert plain.shape == (64, 64, 3)
    assert freed.shape == (64, 64, 4)
    for made in (plain, freed[..., :3]):
        assert np.abs(made.astype(int) - ground).mean() < 6
    assert ((freed[..., 3] > 127) == (outline > 127)).mean() > 0.97
    assert freed[..., 3].max() == 255


def test_the_grounds_are_of_every_kind_and_the_same_for_the_same_seed() -> None:
    place = np.random.default_rng(9).integers(0, 256, (64, 128, 3), np.uint8)
    bare = np.full((32, 32, 3), 77, np.uint8)
    many = {0: 3, 1: 2, 2: 3, 4: 1}
    pictures, kinds = packing.grounds([place], [bare], 32, 5, many)
    assert kinds == [0, 0, 0, 1, 1, 2, 2, 2, 4, 3]
    assert {picture.shape for picture in pictures} == {(32, 32, 3)}
    again, _ = packing.grounds([place], [bare], 32, 5, many)
    assert all((a == b).all() for a, b in zip(pictures, again, strict=True))


def test_a_pasted_item_covers_the_ground_and_shades_it_beside() -> None:
    item = np.zeros((40, 40, 4), np.uint8)
    item[10:30, 10:30] = (250, 10, 10, 255)
    ground = np.full((100, 100, 3), 100, np.uint8)
    for seed in range(12):
        made = augment.pasted(np.random.default_rng(seed), item, ground, 0.5, partly_out=False)
        red = (made[..., 0] > 200) & (made[..., 1] < 50)
        assert 1800 < red.sum() < 2900
        assert (made[~red] <= 100).all(axis=1).mean() > 0.9
        assert made[~red].min() > 5


def test_the_same_seed_draws_the_same_surface() -> None:
    one, same, other = (surfaces.surface(np.random.default_rng(seed), 64) for seed in (4, 4, 5))
    assert one.shape == (64, 64, 3)
    assert (one == same).all()
    assert (one != other).any()
