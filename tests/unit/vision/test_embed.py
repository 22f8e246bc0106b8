from __future__ import annotations

import importlib.util
from dataclasses import replace
from itertools import combinations
from typing import Any

import numpy as np
import pytest
from vision_samples import MANIFEST, ROOT, portrait, unit_rows

from edge.errors import DataError
from edge.install.optional_models import add
from edge.vision.embed import Embedder, fuse, unit
from edge.vision.embedding_spec import CanonicalPoint, EmbeddingSpec
from edge.vision.faces import FaceFinder, open_face_finder
from edge.vision.manifest import Manifest, ModelEntry, load_manifest, open_network
from edge.vision.pixels import Normaliser

SAME = ("obama", "obama2", "obama3")
OTHERS = ("biden", "astronaut", "grace_hopper")
ONNX = ROOT.parent / "shared" / "data" / "face-models" / "MobileFaceNet.onnx"


@pytest.fixture(scope="module")
def optional(tmp_path_factory: pytest.TempPathFactory) -> Manifest:
    """The shipped manifest with the optional embedding network added, as an installer would."""
    for needed in ("tensorflow", "onnx"):
        if importlib.util.find_spec(needed) is None:
            pytest.skip(f"converting the optional network needs {needed}: pip install edge[models]")
    if not ONNX.exists():
        pytest.skip(f"{ONNX} is not there")
    folder = add(lambda _: ONNX, tmp_path_factory.mktemp("state"))
    return load_manifest(MANIFEST, folder / "manifest.toml")


@pytest.mark.parametrize("network", ["", "mobilefacenet"])
def test_one_person_is_nearer_than_any_two_people(request: pytest.FixtureRequest, network: str) -> None:
    manifest: Manifest = request.getfixturevalue("optional" if network else "manifest")
    finder = open_face_finder(manifest, embedder=network)
    vectors = {name: finder.embed(finder.find(portrait(name))[0]) for name in SAME + OTHERS}
    for vector in vectors.values():
        assert vector.shape == (finder.embedder.spec.dimension,)
        assert vector.dtype == np.float32
        assert np.linalg.norm(vector) == pytest.approx(1.0, abs=1e-5)
    same = [float(vectors[a] @ vectors[b]) for a, b in combinations(SAME, 2)]
    different = [float(vectors[a] @ vectors[b]) for a, b in combinations(SAME + OTHERS, 2) if not {a, b} <= set(SAME)]
    assert min(same) > max(different) + 0.05


class Squares:
    """A network of another size and dimension that answers with the brightness of its input's 16 squares."""

    input_shape = (1, 64, 64, 3)
    output_shapes = ((1, 16),)

    def run(self, batch: np.ndarray) -> list[np.ndarray]:
        assert batch.shape == self.input_shape
        return [batch.astype(np.float32).reshape(4, 16, 4, 48).mean(axis=(1, 3)).reshape(1, 16)]


def test_size_points_and_mirroring_are_the_manifests_own(manifest: Manifest) -> None:
    points = (CanonicalPoint((33,), (16.0, 24.0)), CanonicalPoint((263,), (48.0, 24.0)))
    spec = EmbeddingSpec(dimension=16, metric="cosine", mirror=False, points=points)
    entry = entry_with(manifest, input_px=64, embedding=spec, mean=(0.0,) * 3, std=(1.0,) * 3)
    embedder = Embedder(Squares(), entry)
    mesh = np.zeros((468, 3), np.float32)
    mesh[33, :2], mesh[263, :2] = (100, 80), (164, 80)  # twice the distance in the chip
    picture = np.zeros((200, 300, 3), np.uint8)
    picture[32:64, 68:100] = 255  # the chip's first square: x from 100 - 2·16, y from 80 - 2·24
    chip = embedder.chip(picture, mesh)
    assert chip.shape == (64, 64, 3)
    alone = embedder.embed(chip)
    assert alone.argmax() == 0
    assert alone[0] > 0.99
    both = Embedder(Squares(), replace(entry, embedding=replace(spec, mirror=True))).embed(chip)
    assert both[[0, 3]] == pytest.approx([0.5**0.5] * 2, abs=0.02)


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


def entry_with(manifest: Manifest, **more: Any) -> ModelEntry:
    return replace(manifest.default("face-embedder"), **{"input_px": 8, **more})


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
