from __future__ import annotations

import pytest
from vision_samples import MANIFEST

from edge.vision.faces import FaceFinder, open_face_finder
from edge.vision.manifest import Manifest, load_manifest


@pytest.fixture(scope="session")
def manifest() -> Manifest:
    return load_manifest(MANIFEST)


@pytest.fixture(scope="session")
def finder(manifest: Manifest) -> FaceFinder:
    return open_face_finder(manifest)
