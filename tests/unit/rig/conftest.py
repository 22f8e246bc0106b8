from __future__ import annotations

import pytest
from rig_samples import MANIFEST, PORTRAITS

from edge.rig.portrait import Fit, Portrait, load_portrait, open_fit
from edge.vision.faces import FaceFinder, open_face_finder
from edge.vision.manifest import load_manifest


@pytest.fixture(scope="session")
def fit() -> Fit:
    return open_fit(load_manifest(MANIFEST))


@pytest.fixture(scope="session")
def finder() -> FaceFinder:
    return open_face_finder(load_manifest(MANIFEST))


@pytest.fixture(scope="session")
def astronaut(fit: Fit) -> Portrait:
    return load_portrait(PORTRAITS / "astronaut.jpg", fit)


@pytest.fixture(scope="session")
def president(fit: Fit) -> Portrait:
    return load_portrait(PORTRAITS / "obama.jpg", fit)
