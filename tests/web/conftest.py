from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from playwright.sync_api import Browser, sync_playwright

from tests.broker import MOSQUITTO, NO_MOSQUITTO, private_broker
from tests.scenario.rig import TABLES, Daemon, configure, running, visitors
from tests.web.rig import Client, Page, page

CHROMIUM = shutil.which("chromium")
NO_CHROMIUM = "chromium is not installed (apt install chromium)"
SHOTS = Path(__file__).parents[2] / "var" / "screenshots"
"""Where the pictures of the pages are kept to be looked at; git ignores it."""


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The distribution's browser, for all tests."""
    if CHROMIUM is None:
        pytest.skip(NO_CHROMIUM)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        )
        yield browser
        browser.close()


def office(folder: Path) -> str:
    """A table [office.keys] with one key, for configurations below this folder."""
    key = Ed25519PrivateKey.generate().public_key()
    (folder / "anna.pem").write_bytes(key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    return '[office.keys]\nanna = "anna.pem"'


@pytest.fixture(scope="session")
def gate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    """A whole gate in simulation, with a broker and an office: somebody walks up alive again and again, so that they
    can be enrolled.
    """
    if MOSQUITTO is None:
        pytest.skip(NO_MOSQUITTO)
    folder = tmp_path_factory.mktemp("page")
    with private_broker(folder) as broker:
        config = configure(
            folder,
            camera=visitors(folder, "obama.jpg", every_s=9.0, stays_s=8.0, rounds=100),
            access="[access.groups]\nresidents = []",
            office=office(folder),
            uplink=f'host = "127.0.0.1"\nport = {broker.port}\ntls = false',
        )
        with running(config) as daemon:
            daemon.wait("connected to 127.0.0.1")
            yield daemon


@pytest.fixture
def bins(tmp_path: Path) -> Iterator[tuple[Daemon, Page]]:
    """A whole waste station in simulation, with a camera and an office, and its page."""
    config = configure(
        tmp_path,
        device='id = "bin-1"\nsite = "riverside"\nroles = ["bin"]',
        station="item_zone = [0.0, 0.0, 1.0, 0.7]\nwiring = {simulated = true}",
        **{
            "station.camera": TABLES["camera"],
            "bins.paper": 'category = "recyclable"\nopening = [0.05, 0.7, 0.25, 0.95]',
            "bins.other": 'category = "other"',
        },
        office=office(tmp_path),
    )
    text = config.read_text()
    for name in ("camera", "door"):  # those of a gate
        text = text.replace(f"[{name}]\n{TABLES[name]}\n", "", 1)
    config.write_text(text)
    with running(config) as daemon:
        daemon.wait("ready")
        with page(config, tmp_path / "state") as running_page:
            yield daemon, running_page


@pytest.fixture(scope="session")
def site(gate: Daemon) -> Iterator[Page]:
    """Its page."""
    with page(gate.config, gate.config.parent / "state") as running_page:
        yield running_page


@pytest.fixture(scope="session")
def installer(site: Page) -> Client:
    """Somebody who has paired with the label's code."""
    return site.client()
