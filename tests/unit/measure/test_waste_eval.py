from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from edge.__main__ import main
from edge.errors import DataError
from edge.measure.waste import evaluate
from edge.vision.classifier_spec import ClassifierSpec
from edge.vision.classify import ROLE, ItemClassifier
from edge.vision.manifest import ModelEntry
from edge.waste.sorting import Rules

ROOT = Path(__file__).resolve().parents[3]
ITEMS = ROOT / "edge" / "demo" / "items"
RULES = Rules("test", {"background": "nothing", "paper": "recyclable", "battery": "hazardous"})
SPEC = ClassifierSpec(("background", "paper", "battery"), temperature=1.0, familiar_energy=-0.5, sure_from=0.8)


class ByBrightness:
    """Black is an empty scene, white is paper, red is a battery; a dim picture gets an unsure answer."""

    input_shape, output_shapes = (1, 8, 8, 3), ((1, 3),)

    def run(self, batch: NDArray[Any]) -> Sequence[NDArray[Any]]:
        red, green, _ = batch.reshape(-1, 3).mean(0) / 255
        return [np.array([[6 - 12 * red, 12 * green - 6, 12 * (red - green) - 6]], np.float32)]


@pytest.fixture
def classifier() -> ItemClassifier:
    plain = (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)
    return ItemClassifier(
        ByBrightness(), ModelEntry("fake", ROLE, "", "", 8, "RGB", *plain, files={}, measured={}, classifier=SPEC)
    )


WHITE, RED, BLACK, DIM = (255, 255, 255), (255, 0, 0), (0, 0, 0), (130, 130, 130)


def folder(root: Path, **kinds: list[tuple[int, int, int]]) -> Path:
    """Pictures of one colour each, in folders."""
    for kind, colours in kinds.items():
        (root / kind).mkdir(parents=True)
        for number, colour in enumerate(colours):
            picture = np.full((80, 80, 3), colour[::-1], np.uint8)
            cv2.imwrite(str(root / kind / f"{number}.png"), picture)
    return root


def test_the_figures_of_fine_classes(classifier: ItemClassifier, tmp_path: Path) -> None:
    result = evaluate(classifier, RULES, folder(tmp_path, paper=[WHITE, WHITE, RED], battery=[RED], background=[BLACK]))
    assert result["images"] == 5
    assert result["accuracy"] == pytest.approx(0.8)
    assert result["per_class"]["paper"]["recall"] == pytest.approx(2 / 3, abs=1e-5)
    assert result["per_class"]["battery"] == {
        "recall": 1.0,
        "recall_ci": result["per_class"]["battery"]["recall_ci"],
        "precision": 0.5,
        "precision_ci": result["per_class"]["battery"]["precision_ci"],
        "n": 1,
    }
    assert result["macro_f1"] == pytest.approx((0.8 + 2 / 3 + 1) / 3, abs=1e-5)
    assert result["confusion"] == {
        "background": {"background": 1},
        "battery": {"battery": 1},
        "paper": {"battery": 1, "paper": 2},
    }
    assert result["false_hazardous"]["share"] == pytest.approx(1 / 4)
    low, high = result["accuracy_ci"]
    assert low < 0.8 < high


def test_folders_named_by_category_are_scored_by_category(classifier: ItemClassifier, tmp_path: Path) -> None:
    result = evaluate(classifier, RULES, folder(tmp_path, recyclable=[WHITE, RED], hazardous=[RED]))
    assert result["accuracy"] == result["category_accuracy"] == pytest.approx(2 / 3, abs=1e-5)
    assert set(result["per_class"]) == {"recyclable", "hazardous"}


def test_abstention_counts_waste_alone_and_answers_to_nothing_are_told_apart(
    classifier: ItemClassifier, tmp_path: Path
) -> None:
    pictures = folder(tmp_path, paper=[WHITE, DIM], background=[BLACK, WHITE], wood=[RED, BLACK, DIM])
    result = evaluate(classifier, RULES, pictures)
    assert result["abstained"] == pytest.approx(0.5)
    assert result["accuracy_when_answering"] == 1.0
    assert {name: (row["n"], row["share"]) for name, row in result["answered"].items()} == {
        "background": (2, 0.5),
        "wood": (3, pytest.approx(1 / 3, abs=1e-5)),
    }


def test_unknown_things_alone_have_no_accuracy(classifier: ItemClassifier, tmp_path: Path) -> None:
    result = evaluate(classifier, RULES, folder(tmp_path, faces=[WHITE]))
    assert result["accuracy"] is None
    assert result["accuracy_when_answering"] is None
    assert result["macro_f1"] is None
    assert result["answered"]["faces"]["share"] == 1.0


@pytest.mark.parametrize("made", [False, True])
def test_a_folder_without_pictures_is_refused(classifier: ItemClassifier, tmp_path: Path, made: bool) -> None:
    if made:
        (tmp_path / "paper").mkdir()
        (tmp_path / "paper" / "notes.txt").write_text("no picture")
    with pytest.raises(DataError, match="no pictures below"):
        evaluate(classifier, RULES, tmp_path if made else tmp_path / "absent")


def test_the_command_prints_one_object(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for kind, name in (("metal", "drink-can"), ("glass", "glass-bottle")):
        (tmp_path / kind).mkdir()
        (tmp_path / kind / "item.jpg").write_bytes((ITEMS / f"{name}.jpg").read_bytes())
    assert main(["eval", "waste", "--images", str(tmp_path), "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    asked = [
        "images",
        "accuracy",
        "macro_f1",
        "per_class",
        "category_accuracy",
        "abstained",
        "accuracy_when_answering",
        "ms_per_image",
    ]
    assert set(asked) <= set(result)
    assert (result["images"], result["accuracy"]) == (2, 1.0)
    assert main(["eval", "waste", "--images", str(tmp_path)]) == 0
    assert "per_class:" in capsys.readouterr().out


def test_another_citys_rules_need_every_class(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rules = tmp_path / "city.toml"
    rules.write_text('format = 1\nname = "elsewhere"\n[classes]\npaper = "other"\n')
    assert main(["eval", "waste", "--images", str(tmp_path), "--rules", str(rules)]) == 2
    assert "lacks background" in capsys.readouterr().err
