from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.scenario.rig import Daemon, configure, running, visitors
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


@pytest.fixture(scope="session")
def gate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    """A whole gate in simulation: somebody walks up alive and stays, so that they can be enrolled."""
    folder = tmp_path_factory.mktemp("page")
    shown = visitors(folder, "obama.jpg", every_s=600.0, stays_s=590.0, rounds=1)
    with running(configure(folder, camera=shown, access="[access.groups]\nresidents = []")) as daemon:
        yield daemon


@pytest.fixture(scope="session")
def site(gate: Daemon) -> Iterator[Page]:
    """Its page."""
    with page(gate.config, gate.config.parent / "state") as running_page:
        yield running_page


@pytest.fixture(scope="session")
def installer(site: Page) -> Client:
    """Somebody who has paired with the label's code."""
    return site.client()
