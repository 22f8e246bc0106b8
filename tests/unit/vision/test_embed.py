from __future__ import annotations

from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from vision_samples import MANIFEST, portrait, unit_rows

from edge.errors import DataError
from edge.vision.embed import Embedder, fuse, unit
from edge.vision.faces import FaceFinder, open_face_finder
from edge.vision.manifest import Manifest, ModelEntry, load_manifest, open_network
from edge.vision.pixels import Normaliser

SAME = ("obama", "obama2", "obama3")
OTHERS = ("biden", "astronaut", "grace_hopper")
ADDED = sorted(Path(MANIFEST).parent.glob("*/entry.toml"))


def finders() -> list[str]:
    return ["", *(name for file in ADDED for name in load_manifest(MANIFEST, file).models if name not in SHIPPED)]


SHIPPED = set(load_manifest(MANIFEST).models)


@pytest.mark.parametrize("network", finders())
def test_one_person_is_nearer_than_any_two_people(network: str) -> None:
    finder = open_face_finder(load_manifest(MANIFEST, *ADDED), embedder=network)
    vectors = {name: finder.embed(finder.find(portrait(name))[0]) for name in SAME + OTHERS}
    for vector in vectors.values():
        assert vector.shape == (finder.embedder.spec.dimension,)
        assert vector.dtype == np.float32
        assert np.linalg.norm(vector) == pytest.approx(1.0, abs=1e-5)
    same = [float(vectors[a] @ vectors[b]) for a, b in combinations(SAME, 2)]
    different = [float(vectors[a] @ vectors[b]) for a, b in combinations(SAME + OTHERS, 2) if not {a, b} <= set(SAME)]
    assert min(same) > max(different) + 0.05


def test_the_chip_has_the_face_on_its_canonical_points(finder: FaceFinder) -> None:
    face = finder.find(portrait("obama2"))[0]
    chip = finder.embedder.chip(face.picture, face.points)
    assert chip.shape == (150, 150, 3)
    (again,) = finder.find(np.pad(chip, ((60, 60), (60, 60), (0, 0)), mode="edge"))
    spec = finder.embedder.spec
    assert np.abs(spec.of_mesh(again.points) - 60 - spec.canonical()).max() < 4.0


def test_a_face_and_its_mirror_image_have_the_same_embedding(finder: FaceFinder) -> None:
    face = finder.find(portrait("obama"))[0]
    chip = finder.embedder.chip(face.picture, face.points)
    mirrored = np.ascontiguousarray(chip[:, ::-1])
    np.testing.assert_allclose(finder.embedder.embed(chip), finder.embedder.embed(mirrored), atol=1e-6)


def test_an_embedding_does_not_depend_on_the_pictures_size_or_frame(finder: FaceFinder) -> None:
    picture = portrait("grace_hopper")
    whole = finder.embed(finder.find(picture)[0])
    framed = np.pad(picture, ((90, 10), (200, 40), (0, 0)))
    assert float(whole @ finder.embed(finder.find(framed)[0])) > 0.99


def test_a_network_of_another_dimension_is_refused(manifest: Manifest) -> None:
    entry = manifest.default("face-embedder")
    with pytest.raises(DataError, match="the manifest says dimension 128"):
        Embedder(open_network(manifest.default("face-mesh")), entry)


def entry_with(manifest: Manifest, **more: object) -> ModelEntry:
    base = manifest.default("face-embedder")
    fields = {name: getattr(base, name) for name in base.__dataclass_fields__}
    return ModelEntry(**{**fields, "input_px": 8, **more})


@pytest.mark.parametrize("order", ["RGB", "BGR"])
def test_pixels_become_what_the_manifest_states(manifest: Manifest, order: str) -> None:
    entry = entry_with(manifest, channel_order=order, mean=(10.0, 20.0, 30.0), std=(2.0, 4.0, 8.0))
    square = np.random.default_rng(0).integers(0, 256, (8, 8, 3), np.uint8)
    channels = square if order == "RGB" else square[..., ::-1]
    expected = (channels.astype(np.float64) - [10, 20, 30]) / [2, 4, 8]
    batch = Normaliser(entry)(square)
    assert batch.dtype == np.float32
    np.testing.assert_allclose(batch[0], expected, atol=1e-4)


def test_raw_pixels_stay_bytes(manifest: Manifest) -> None:
    square = np.random.default_rng(0).integers(0, 256, (8, 8, 3), np.uint8)
    batch = Normaliser(entry_with(manifest, mean=(0.0, 0.0, 0.0), std=(1.0, 1.0, 1.0)))(square)
    assert batch.dtype == np.uint8
    np.testing.assert_array_equal(batch[0], square)
    swapped = Normaliser(entry_with(manifest, channel_order="BGR", mean=(0.0,) * 3, std=(1.0,) * 3))(square)
    np.testing.assert_array_equal(swapped[0], square[..., ::-1])


def test_fusing_is_the_weighted_mean_at_length_one() -> None:
    a, b = unit_rows(2, 16)
    np.testing.assert_allclose(fuse([a, b]), (a + b) / np.linalg.norm(a + b), atol=1e-6)
    np.testing.assert_allclose(fuse([a, b], [3.0, 1.0]), (3 * a + b) / np.linalg.norm(3 * a + b), atol=1e-6)
    np.testing.assert_allclose(fuse([a]), a, atol=1e-6)


@pytest.mark.parametrize("vector", [np.zeros(4), np.full(4, np.nan), np.full(4, np.inf)])
def test_what_has_no_direction_is_refused(vector: np.ndarray) -> None:
    with pytest.raises(DataError, match="no direction"):
        unit(vector.astype(np.float32))


def test_nothing_and_what_cancels_cannot_be_fused() -> None:
    with pytest.raises(DataError, match="no embedding to fuse"):
        fuse([])
    row = unit_rows(1, 8)[0]
    with pytest.raises(DataError, match="no direction"):
        fuse([row, -row])
