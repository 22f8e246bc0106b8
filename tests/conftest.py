from __future__ import annotations

import logging
import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

# As `edge` does for itself: on a busy machine OpenBLAS's threads wait for each other, many times as long as one takes.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

# A busy machine takes seconds for what takes milliseconds, and that is no failure of what is tested.
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")


@pytest.fixture(autouse=True)
def no_log_handler_is_left() -> Iterator[None]:
    """What a command sets up for its process would go on writing to the stream of a test that is long over."""
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    yield
    root.setLevel(level)
    for handler in list(root.handlers):
        if type(handler) is logging.StreamHandler and handler not in before:
            root.removeHandler(handler)
