from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

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
