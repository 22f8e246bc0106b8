from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from edge.sink.storage import Storage, open_storage
from tests.broker import MOSQUITTO, NO_MOSQUITTO, PrivateBroker, private_broker
from tests.sink.postgres import NO_POSTGRES, available, private_postgres

TABLES = "sink, chains, events, covered, evicted, conflicts, refused, keys"


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    if not available():
        pytest.skip(NO_POSTGRES)
    pytest.importorskip("psycopg", reason="the extra `postgresql` is not installed")
    with private_postgres() as url:
        yield url


@pytest.fixture
def postgres(postgres_server: str) -> str:
    """The URL of an empty database."""
    import psycopg

    with psycopg.connect(postgres_server, autocommit=True) as conn:
        conn.execute(f"DROP TABLE IF EXISTS {TABLES}")
    return postgres_server


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Each kind in turn, empty."""
    if request.param == "sqlite":
        return str(tmp_path / "sink.db")
    url: str = request.getfixturevalue("postgres")
    return url


@pytest.fixture
def opened(database: str) -> Iterator[Callable[[], Storage]]:
    """Opens the database again and again; all of it is closed at the end."""
    storages: list[Storage] = []

    def opening() -> Storage:
        for storage in storages:
            storage.close()
        storages[:] = [open_storage(database, writing=True)]
        return storages[0]

    yield opening
    for storage in storages:
        storage.close()


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[PrivateBroker]:
    if MOSQUITTO is None:
        pytest.skip(NO_MOSQUITTO)
    with private_broker(tmp_path) as running:
        yield running
