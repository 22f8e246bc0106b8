"""The page in a real browser: what an installer does with a phone, and the office at a desk."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ViewportSize
from playwright.sync_api import Page as Tab

from edge.config.effective import load_effective
from tests.scenario.rig import Daemon, configure
from tests.web.conftest import SHOTS
from tests.web.rig import Page, page

BUSY = 3.0
"""Processes that want a processor, for each there is. Rendering people and following them takes most of one."""
PHONE, DESK = ViewportSize(width=360, height=740), ViewportSize(width=1280, height=800)


class Eyes:
    """A tab that notes what a browser complains of and whom it asks for anything."""

    def __init__(self, tab: Tab, address: str) -> None:
        self.tab = tab
        self.complaints: list[str] = []
        self.elsewhere: list[str] = []
        tab.on("console", lambda told: self.complaints.append(told.text) if told.type in ("error", "warning") else None)
        tab.on("pageerror", lambda error: self.complaints.append(str(error)))
        tab.on("request", lambda asked: None if asked.url.startswith(address) else self.elsewhere.append(asked.url))

    def look(self, name: str) -> None:
        """Keep a picture of the page on a phone and on a desk, and hold it against what axe-core calls serious."""
        SHOTS.mkdir(parents=True, exist_ok=True)
        for kind, size in (("desk", DESK), ("phone", PHONE)):
            self.tab.set_viewport_size(size)
            self.tab.screenshot(path=SHOTS / f"{kind}-{name}.png", full_page=True)
            wide = self.tab.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert wide <= 0, f"{name}: {wide} pixels wider than a {kind}"
        found = Axe().run(self.tab).response["violations"]
        serious = [(one["id"], one["nodes"][0]["html"]) for one in found if one["impact"] in ("serious", "critical")]
        assert not serious, f"{name}: {serious}"


@contextmanager
def eyes(browser: Browser, address: str, expected: tuple[str, ...] = ()) -> Iterator[Eyes]:
    """A phone. `expected`: parts of complaints that belong to what the test does."""
    context = browser.new_context(viewport=PHONE, ignore_https_errors=True, locale="en-GB", accept_downloads=True)
    context.set_default_timeout(60_000)
    try:
        seen = Eyes(context.new_page(), address)
        yield seen
        assert not [text for text in seen.complaints if not any(part in text for part in expected)], seen.complaints
        assert not seen.elsewhere
    finally:
        context.close()


def pair(tab: Tab, site: Page) -> None:
    """As the label's QR code does."""
    tab.goto(f"{site.address}/#pair={site.code}&device=gate-1")
    tab.get_by_role("button", name="Pair").click()
    tab.get_by_role("heading", name="Overview").wait_for()


def test_pairing(chromium: Browser, site: Page) -> None:
    with eyes(chromium, site.address) as seen:
        seen.tab.goto(f"{site.address}/")
        seen.look("pair")
        pair(seen.tab, site)
        seen.look("overview")


def test_five_wrong_codes_lock_their_sender_out(chromium: Browser, tmp_path: Path) -> None:
    config = configure(tmp_path)
    with page(config, tmp_path / "state") as site, eyes(chromium, site.address, ("403", "429")) as seen:
        seen.tab.goto(f"{site.address}/pair")
        for left in (4, 3, 2, 1):
            seen.tab.get_by_label("The code from the label").fill("AAAA-BBBB-CCCC")
            seen.tab.get_by_role("button", name="Pair").click()
            seen.tab.get_by_text(f"Tries left: {left}").wait_for()
        seen.tab.get_by_label("The code from the label").fill("AAAA-BBBB-CCCC")
        seen.tab.get_by_role("button", name="Pair").click()
        seen.tab.get_by_text("No code is taken from here for so many minutes: 15").wait_for()
        seen.look("locked-out")
        seen.tab.get_by_label("The code from the label").fill(site.code)  # now the right one is no use either
        seen.tab.get_by_role("button", name="Pair").click()
        seen.tab.get_by_text("No code is taken from here for so many minutes: 15").wait_for()


def test_an_installer_sees_the_camera_and_opens_the_door(chromium: Browser, site: Page) -> None:
    with eyes(chromium, site.address) as seen:
        tab = seen.tab
        pair(tab, site)
        tab.get_by_text("Menu").click()
        tab.get_by_role("link", name="Camera").click()
        picture = tab.get_by_alt_text("What the camera sees")
        first = picture.get_attribute("src")
        tab.wait_for_function(
            "first => document.querySelector('img[data-live]').getAttribute('src') !== first", arg=first
        )
        assert tab.evaluate("document.querySelector('img[data-live]').naturalWidth") == 640
        seen.look("live")
        tab.goto(f"{site.address}/try")
        seen.look("try")
        tab.get_by_role("button", name="Unlock for 3 seconds").click()
        tab.get_by_text("Done: relay").wait_for()
        tab.locator("[data-now=door]", has_text="unlocked").wait_for()


def test_an_opening_is_drawn_with_a_finger_and_typed(chromium: Browser, bins: tuple[Daemon, Page]) -> None:
    daemon, site = bins
    with eyes(chromium, site.address, ("409",)) as seen:  # no picture comes while the daemon begins anew
        tab = seen.tab
        pair(tab, site)
        tab.get_by_text("Menu").click()
        tab.get_by_role("link", name="Camera").click()
        tab.get_by_role("link", name="Aim and zone").click()
        tab.get_by_role("link", name="Opening: other").click()
        tab.get_by_role("heading", name="Opening: other").wait_for()
        seen.look("aim-opening")
        tab.set_viewport_size(PHONE)
        frame = tab.locator("[data-zone]").bounding_box()
        assert frame is not None and frame["width"] <= PHONE["width"]
        screen = tab.context.new_cdp_session(tab)

        def drag(*places: tuple[float, float]) -> None:
            touches = [{"x": frame["x"] + x * frame["width"], "y": frame["y"] + y * frame["height"]} for x, y in places]
            for kind, touch in zip(("touchStart", *["touchMove"] * (len(touches) - 1)), touches, strict=True):
                screen.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [touch]})
            screen.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})

        def sides() -> list[float]:
            return [
                float(tab.get_by_label(name, exact=True).input_value()) for name in ("left", "top", "right", "bottom")
            ]

        drag((0.6, 0.9), (0.5, 0.8), (0.3, 0.7))  # from the lower right to the upper left
        assert sides() == pytest.approx([30.0, 70.0, 60.0, 90.0], abs=0.3)
        drag((0.6, 0.9), (0.55, 0.95))  # its lower right corner
        assert sides() == pytest.approx([30.0, 70.0, 55.0, 95.0], abs=0.3)
        tab.get_by_label("left", exact=True).fill("31")
        tab.get_by_label("left", exact=True).press("ArrowUp")
        drawn, drawn_sides = tab.locator("[data-zone] .chosen"), sides()
        assert drawn_sides[0] == 32.0 and drawn.get_attribute("x") == "32%"
        seen.look("aim-opening-drawn")
        tab.get_by_role("button", name="Apply").click()
        tab.get_by_text("It is being applied.").wait_for()
        assert sides() == drawn_sides
        opening = load_effective(daemon.config, starting=False).config.bins["other"].opening
        assert opening == pytest.approx([one / 100.0 for one in drawn_sides])
        seen.look("aim-opening-applied")


def test_somebody_is_enrolled_and_shows_among_the_people(chromium: Browser, site: Page) -> None:
    with eyes(chromium, site.address) as seen:
        tab = seen.tab
        pair(tab, site)
        tab.goto(f"{site.address}/enrol")
        seen.look("enrol")
        came = tab.get_by_text("Enrolled:")
        for _ in range(3):  # a busy machine may see too little of how they move, as a person may stand too still
            tab.get_by_label("Name").fill("Barack Obama")
            tab.get_by_label("residents").check()
            tab.get_by_label("How the person agreed").fill("signed form of today")
            tab.get_by_label("The person has read this and agreed").check()
            tab.get_by_role("button", name="To the camera").click()
            tab.get_by_role("button", name="Break off").wait_for()
            seen.look("enrolling")
            came.or_(tab.get_by_text("Not enrolled:")).wait_for(timeout=160_000)
            seen.look("enrolled")
            if came.is_visible():
                break
            tab.get_by_role("button", name="Next").click()
        else:
            if os.getloadavg()[0] > BUSY * (os.cpu_count() or 1):
                pytest.skip("this machine is too busy to show and to look at somebody who moves")
        tab.get_by_role("link", name="Barack Obama").click()
        tab.get_by_text("signed form of today").wait_for()
        seen.look("person")


def test_the_office_exports_events_and_changes_the_language(chromium: Browser, site: Page) -> None:
    with eyes(chromium, site.address) as seen:
        tab = seen.tab
        pair(tab, site)
        tab.goto(f"{site.address}/events")
        tab.get_by_label("Type").select_option("device")
        tab.get_by_role("button", name="Filter").click()
        tab.locator("ol.events b", has_text="device.started").first.wait_for()
        seen.look("events")
        with tab.expect_download() as saved:
            tab.get_by_role("link", name="Save as a table (CSV)").click()
        rows = Path(saved.value.path()).read_text().splitlines()
        assert rows[0] == "time,corrected,type,subject,seq,id,clock,delivered,data"
        assert rows[1:] and all(",device." in row for row in rows[1:])
        tab.get_by_role("link", name="中文").click()
        tab.get_by_role("heading", name="事件").wait_for()
        assert tab.locator("html").get_attribute("lang") == "zh-Hans"
        seen.look("events-cmn")


def test_every_other_page_fits_a_phone_and_is_accessible(chromium: Browser, site: Page) -> None:
    with eyes(chromium, site.address) as seen:
        pair(seen.tab, site)
        seen.tab.get_by_text("Menu").click()
        seen.look("menu")
        for path in ("/aim", "/settings?table=access", "/system", "/people", "/outbox", "/prompts", "/levels"):
            seen.tab.goto(site.address + path)
            seen.look(f"{path[1:].partition('?')[0]}")


def test_the_self_test_is_walked_to_the_signed_report(chromium: Browser, site: Page, gate: Daemon) -> None:
    with eyes(chromium, site.address) as seen:
        tab = seen.tab
        pair(tab, site)
        tab.goto(f"{site.address}/doctor")
        seen.look("doctor")
        tab.get_by_role("button", name="Begin").click()
        at_the_end = tab.get_by_role("button", name="Sign the report")
        told = tab.locator("main form[action='/doctor'] button:not([class])")
        asked = 0
        for _ in range(20):
            at_the_end.or_(told.first).wait_for(timeout=120_000)
            if at_the_end.is_visible():
                break
            asked += 1
            if asked == 1:
                seen.look("doctor-asks")
            with tab.expect_navigation():
                told.first.click()
        assert asked >= 3  # the door, the lamps, the voice
        tab.get_by_label("Your name").fill("Anna Li")
        tab.get_by_label("I accept the device; it goes into service").check()
        seen.look("doctor-over")
        at_the_end.click()
        tab.get_by_text("Signed and accepted.").wait_for()
        seen.look("doctor-signed")
        with tab.expect_download() as saved:
            tab.get_by_role("link", name="Save the report (JSON)").click()
        report = json.loads(Path(saved.value.path()).read_text())
        assert report["accepted"] and report["installer"] == "Anna Li" and report["failed"] == 0
        tab.goto(f"{site.address}/")
        tab.get_by_text("This page closes in 10 minutes").wait_for()
    state = gate.config.parent / "state"
    assert json.loads((state / "commissioned.json").read_text())["installer"] == "Anna Li"
