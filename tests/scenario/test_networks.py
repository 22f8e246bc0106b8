"""Enrol, recognise, refuse, measure: with the shipped embedding network, and with the optional one where it is there.

The optional network is converted from ../shared/data/face-models by `edge models add mobilefacenet FILE --state
.cache/test-models --accept-licence`, which needs the extra `models`; .ci/run does so.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from edge import resources
from edge.config.schema import Face
from edge.measure.faces import identify, verify
from edge.vision.faces import FaceFinder
from edge.vision.manifest import Manifest, load_manifest
from edge.vision.picture_file import load_picture
from edge.vision.recognition import Recognition

ROOT = Path(__file__).parents[2]
ADDED = ROOT / ".cache" / "test-models"
FACES = ROOT.parent / "shared" / "data" / "faces"
PEOPLE = 60


@pytest.fixture(scope="module", params=["dlib-resnet-v1", "mobilefacenet"])
def recognition(request: pytest.FixtureRequest) -> Recognition:
    manifest: Manifest = load_manifest(*resources.manifests(ADDED))
    if request.param not in manifest.models:
        pytest.skip("the optional network was not converted: see the head of this file")
    return Recognition(manifest, replace(Face(), network=request.param))


@pytest.fixture(scope="module")
def finder(recognition: Recognition) -> FaceFinder:
    return recognition.open()


def test_a_resident_is_recognised_in_another_picture_and_strangers_are_not(
    recognition: Recognition, finder: FaceFinder
) -> None:
    pictures = resources.demo_pictures()

    def probe(name: str) -> np.ndarray:
        return finder.embed(finder.find(load_picture(pictures / name))[0])

    template = probe("obama.jpg") + probe("obama2.jpg")
    rows = np.stack([template / np.linalg.norm(template), probe("biden.jpg")])
    recognition.deliver(rows, ["a", "b"])
    threshold = recognition.points.threshold(2, fused=False)
    found = recognition.gallery.match(probe("obama3.jpg"))
    assert found.person == "a"
    assert found.score >= threshold
    for stranger in ("astronaut.jpg", "grace_hopper.jpg"):
        assert recognition.gallery.match(probe(stranger)).score < threshold - 0.05


@pytest.mark.skipif(not FACES.is_dir(), reason=f"{FACES} is not there")
def test_the_measured_rates_are_those_of_the_network(
    recognition: Recognition, finder: FaceFinder, tmp_path: Path
) -> None:
    """A sample of people, so that it is quick; bounds far enough out that chance does not reach them."""
    folders = sorted((FACES / "images").iterdir())
    several = [folder for folder in folders if len(list(folder.iterdir())) > 1][:PEOPLE]
    single = [folder for folder in folders if len(list(folder.iterdir())) == 1][:PEOPLE]
    images = tmp_path / "images"
    images.mkdir()
    for folder in (*several, *single):
        (images / folder.name).symlink_to(folder)
    pairs = ["a,b,same"]
    for place, folder in enumerate(several):
        own, other = sorted(folder.iterdir()), sorted(several[place - 1].iterdir())
        pairs.append(f"{folder.name}/{own[0].name},{folder.name}/{own[1].name},1")
        pairs += [f"{folder.name}/{own[0].name},{other[0].parent.name}/{file.name},0" for file in other]
    listing = tmp_path / "pairs.csv"
    listing.write_text("\n".join(pairs) + "\n")
    verified = verify(finder, recognition.points, images, listing)
    assert verified["auc"] > 0.985
    assert verified["failures_to_enrol"] == 0
    assert verified["fmr"] < 0.02
    identified = identify(finder, recognition.points, images)
    assert identified["gallery"] == PEOPLE
    assert identified["rank1"] > 0.9
    assert identified["fpir"] < 3 / PEOPLE
    assert set(identified) >= {"probes", "strangers", "fnir", "fnir_ci", "fpir_ci"}
