"""People for the tests of the roster."""

from __future__ import annotations

import numpy as np

from edge.store.keys import DeviceKey
from edge.store.roster_records import Consent, Profile, Template

KEY = DeviceKey(bytes(range(32)))
CONSENT = Consent("signed form 2026-11-22", "edge-1", "office", 1_000)


def profile(name: str = "Lin Daiyu", **more: object) -> Profile:
    return Profile(name, CONSENT, **more)  # type: ignore[arg-type]


def template(seed: int, model: str = "net-a", added_us: int = 5, dimension: int = 16) -> Template:
    vector = np.random.default_rng(seed).standard_normal(dimension).astype(np.float32)
    return Template(model, vector / np.float32(np.linalg.norm(vector)), added_us)
