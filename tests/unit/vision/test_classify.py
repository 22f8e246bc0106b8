from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from vision_samples import MANIFEST, ROOT, portrait

from edge.drivers.camera import Picture
from edge.errors import DataError
from edge.vision.classifier_spec import ClassifierSpec, read_classifier
from edge.vision.classify import ROLE, ItemClassifier, open_item_classifier
from edge.vision.manifest import Manifest, ModelEntry, load_manifest
from edge.vision.picture_file import load_picture
from edge.vision.toml_table import Table

ITEMS = ROOT / "edge" / "demo" / "items"
SPEC = ClassifierSpec(("background", "paper", "battery"), temperature=2.0, familiar_energy=-1.0, sure_from=0.8)


class FakeNetwork:
    """Answers with the logits it was given and keeps what it was asked."""

    def __init__(self, logits: Sequence[float]) -> None:
        self._logits = np.array([logits], np.float32)
        self.input_shape, self.output_shapes = (1, 8, 8, 3), ((1, len(logits)),)
        self.asked: list[NDArray[Any]] = []

    def run(self, batch: NDArray[Any]) -> Sequence[NDArray[Any]]:
        self.asked.append(batch)
        return [self._logits]


def entry(spec: ClassifierSpec = SPEC) -> ModelEntry:
    plain = (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)
    return ModelEntry("fake", ROLE, "none", "none", 8, "RGB", *plain, files={}, measured={}, classifier=spec)


def scene(height: int = 48, width: int = 64) -> Picture:
    picture = np.zeros((height, width, 3), np.uint8)
    picture[:, width // 2 :] = 200
    return picture


def test_the_probabilities_are_the_softmax_of_the_logits_over_the_temperature() -> None:
    scores = ItemClassifier(FakeNetwork([1.0, 3.0, -1.0]), entry()).look(scene())
    shares = np.exp(np.array([1.0, 3.0, -1.0]) / 2.0)
    assert scores.probabilities == pytest.approx(shares / shares.sum(), abs=1e-6)
    assert scores.by_class()["paper"] == scores.probabilities[1]


def test_the_energy_is_that_of_the_raw_logits_and_says_what_is_familiar() -> None:
    known = ItemClassifier(FakeNetwork([1.0, 3.0, -1.0]), entry()).look(scene())
    assert known.energy == pytest.approx(-np.log(np.exp([1.0, 3.0, -1.0]).sum()))
    assert known.familiar
    strange = ItemClassifier(FakeNetwork([-1.0, -1.0, -1.0]), entry()).look(scene())
    assert strange.energy == pytest.approx(1.0 - np.log(3.0))
    assert not strange.familiar


def test_large_logits_do_not_overflow() -> None:
    scores = ItemClassifier(FakeNetwork([900.0, -900.0, 0.0]), entry()).look(scene())
    assert scores.probabilities == pytest.approx((1.0, 0.0, 0.0))
    assert scores.energy == pytest.approx(-900.0)


def test_the_whole_frame_is_squashed_and_given_as_bytes() -> None:
    network = FakeNetwork([0.0, 1.0, 0.0])
    ItemClassifier(network, entry()).look(scene())
    (batch,) = network.asked
    assert batch.shape == (1, 8, 8, 3)
    assert batch.dtype == np.uint8
    assert (batch[0, :, :4] == 0).all()
    assert (batch[0, :, 4:] == 200).all()


@pytest.mark.parametrize(
    ("region", "value"),
    [((0, 0, 32, 48), 0), ((32, 0, 32, 48), 200), ((40, -10, 100, 100), 200), ((-20, 5, 30, 8), 0)],
)
def test_a_region_is_looked_at_alone_and_cut_at_the_edge(region: tuple[int, int, int, int], value: int) -> None:
    network = FakeNetwork([0.0, 1.0, 0.0])
    ItemClassifier(network, entry()).look(scene(), region)
    assert (network.asked[0] == value).all()


@pytest.mark.parametrize("region", [(64, 0, 10, 10), (0, 48, 10, 10), (10, 10, 0, 5), (-10, 0, 10, 10), (5, 5, -3, 4)])
def test_a_region_off_the_picture_is_refused(region: tuple[int, int, int, int]) -> None:
    with pytest.raises(DataError, match="not on a picture of 64 × 48"):
        ItemClassifier(FakeNetwork([0.0, 1.0, 0.0]), entry()).look(scene(), region)


def test_a_network_that_answers_with_no_numbers_is_refused() -> None:
    with pytest.raises(DataError, match="fake answers"):
        ItemClassifier(FakeNetwork([0.0, float("nan"), 0.0]), entry()).look(scene())


def test_the_classes_must_fit_the_network() -> None:
    with pytest.raises(DataError, match="names 3 classes"):
        ItemClassifier(FakeNetwork([0.0, 1.0]), entry())


def test_another_kind_of_model_is_no_classifier(manifest: Manifest) -> None:
    with pytest.raises(DataError, match="is no classifier, it is a face-embedder"):
        open_item_classifier(manifest, "dlib-resnet-v1")
    with pytest.raises(DataError, match="is no classifier"):
        ItemClassifier(FakeNetwork([0.0, 1.0, 0.0]), replace(entry(), classifier=None))


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"classes": ["paper"]}, "two or more different names"),
        ({"classes": ["paper", "paper"]}, "two or more different names"),
        ({"classes": "paper"}, "a list of texts"),
        ({"classes": ["paper", ""]}, "a list of texts"),
        ({"temperature": 0.0}, "between 0.05 and 20"),
        ({"sure_from": 0.0}, "above 0, at most 1"),
        ({"sure_from": 1.5}, "above 0, at most 1"),
        ({"hazardous_from": 0.0}, "above 0, at most 1"),
        ({"familiar_energy": "low"}, "a finite number"),
    ],
)
def test_a_bad_table_names_the_key_and_what_belongs_there(changed: dict[str, Any], said: str) -> None:
    good = {"classes": ["paper", "glass"], "temperature": 1.2, "familiar_energy": -3.0, "sure_from": 0.8}
    assert read_classifier(Table(Path("m.toml"), "models.x.classifier", good)).classes == ("paper", "glass")
    with pytest.raises(DataError, match=f"models.x.classifier.{next(iter(changed))}") as caught:
        read_classifier(Table(Path("m.toml"), "models.x.classifier", {**good, **changed}))
    assert said in caught.value.hint


@pytest.fixture(scope="module")
def shipped() -> ItemClassifier:
    return open_item_classifier(load_manifest(MANIFEST))


# what the shipped network says of each demonstration picture; CREDITS.md beside them says what they are
SHOWN = {
    "banana-peel": {"food", "vegetation"},
    "battery": {"battery"},
    "cardboard-tube": {"cardboard"},
    "drink-can": {"metal"},
    "energy-saving-lamp": {"lamp"},
    "garden-cuttings": {"vegetation"},
    "glass-bottle": {"glass"},
    "plastic-jug": {"plastic"},
    "lint": {"trash"},
}


@pytest.mark.parametrize("name", sorted(SHOWN))
def test_the_shipped_network_knows_the_items_of_the_demonstration(shipped: ItemClassifier, name: str) -> None:
    scores = shipped.look(load_picture(ITEMS / f"{name}.jpg"))
    shares = scores.by_class()
    assert sum(scores.probabilities) == pytest.approx(1.0, abs=1e-5)
    assert max(shares, key=lambda c: shares[c]) in SHOWN[name]
    assert scores.familiar


@pytest.mark.parametrize("name", ["obama", "biden", "grace_hopper", "astronaut"])
def test_a_person_before_the_station_is_no_waste(shipped: ItemClassifier, name: str) -> None:
    shares = shipped.look(portrait(name)).by_class()
    assert max(shares, key=lambda c: shares[c]) == "unknown"


def test_an_even_surface_is_an_empty_scene(shipped: ItemClassifier) -> None:
    shares = shipped.look(np.full((480, 640, 3), 150, np.uint8)).by_class()
    assert max(shares, key=lambda c: shares[c]) in {"background", "unknown"}
