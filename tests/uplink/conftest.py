from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.broker import MOSQUITTO, NO_MOSQUITTO, PrivateBroker, Subscriber, private_broker


@pytest.fixture(autouse=True)
def _needs_mosquitto() -> None:
    if MOSQUITTO is None:
        pytest.skip(NO_MOSQUITTO)


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[PrivateBroker]:
    with private_broker(tmp_path) as running:
        yield running


@pytest.fixture
def office(broker: PrivateBroker) -> Iterator[Subscriber]:
    """The property office: subscribed to everything."""
    subscriber = Subscriber(broker.port).start()
    yield subscriber
    subscriber.close()
