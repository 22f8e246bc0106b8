from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.broker import MOSQUITTO, NO_MOSQUITTO, PrivateBroker, private_broker


@pytest.fixture
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrivateBroker]:
    if MOSQUITTO is None:
        pytest.skip(NO_MOSQUITTO)
    with private_broker(tmp_path_factory.mktemp("broker")) as running:
        yield running
