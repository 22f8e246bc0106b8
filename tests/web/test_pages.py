"""What the pages do, without a browser: people, settings, zones, the office, and when nobody is let in."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from edge.clock import boot_id
from edge.config.effective import load_effective
from edge.runtime.status import read_status
from edge.store.roster import Roster
from edge.store.roster_records import Consent, Profile, Template
from edge.web.routes import LIST
from tests.scenario.rig import Daemon, configure
from tests.web.rig import LIMIT_S, Client, Page, page


@pytest.fixture(scope="module")
def station(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Page, Client]]:
    """A page whose daemon does not run, of a device with bins and a person on its roster."""
    folder = tmp_path_factory.mktemp("station")
    config = configure(
        folder,
        device='id = "gate-1"\nsite = "riverside"\nroles = ["gate", "bin"]',
        station="[station.wiring]\nsimulated = true",
        bins='[bins.kitchen]\ncategory = "kitchen"\nsensors.top = {driver = "simulated", fills_in_s = 900}',
    )
    embedding = np.full(128, 128**-0.5, np.float32)
    profile = Profile("Ann <b>Lee</b>", Consent("signed form", "edge-1", "office", 0), groups=("residents",))
    with Roster.open(folder / "state", create=True) as roster:
        roster.add(profile, [Template("model", embedding, 0)], 0)
    with page(config, folder / "state") as running:
        yield running, running.client()


def test_every_page_shows_something_while_the_daemon_is_down(station: tuple[Page, Client]) -> None:
    site, client = station
    for route in LIST:
        if route.get is None or route.path in ("/changes", "/people/one", "/live/frame.jpg", "/live/found"):
            continue
        status, text = client.get(route.path)
        assert status in (200, 303) or (route.path == "/doctor/report" and status == 404), (route.path, text)
    assert client.get("/live/frame.jpg")[0] == 409
    assert "Traceback" not in site.log


def test_a_person_is_found_revoked_admitted_and_erased(station: tuple[Page, Client]) -> None:
    _, client = station
    text = client.get("/people?find=RESIDENTS")[1]
    assert "Ann &lt;b&gt;Lee" in text and "Nobody." in client.get("/people?find=bob")[1]
    person = text.partition("/people/one?id=")[2][:16]
    assert "signed form" in client.get(f"/people/one?id={person}")[1]
    client.send("/people/revoke", id=person, reason="moved out")
    assert "moved out" in client.get(f"/people/one?id={person}")[1]
    client.send("/people/revoke", id=person, undo="yes")
    assert "moved out" not in client.get(f"/people/one?id={person}")[1]
    client.send("/people/erase", id=person)  # without the tick
    assert client.get(f"/people/one?id={person}")[0] == 200
    status, _, proof = client.send("/people/erase", id=person, sure="yes")
    assert status == 200 and person in proof and "<dt>Found after</dt><dd>0</dd>" in proof
    assert client.get(f"/people/one?id={person}")[0] == 409


def test_a_reboot_is_asked_for_and_only_on_purpose(station: tuple[Page, Client]) -> None:
    _, client = station
    client.send("/system/reboot")
    assert "Tick the box first." in client.get("/system")[1]
    client.send("/system/reboot", sure="yes")
    assert "nobody has seen to it" in client.get("/system")[1]


def test_a_setting_is_judged_by_the_schema_and_then_holds(gate: Daemon, installer: Client) -> None:
    def form() -> dict[str, str]:
        return {"unlock_s": "4", "wide_unlock_s": "20", "held_warning_s": "30", "held_alarm_s": "60"}

    status, _, text = installer.send("/settings", table="lock", **form() | {"unlock_s": "99"})
    assert status == 422 and "lock.unlock_s" in text and 'value="99"' in text
    status, headers, _ = installer.send("/settings", table="lock", **form())
    assert (status, headers["location"]) == (303, "/settings?table=lock")
    assert load_effective(gate.config, starting=False).config.lock.unlock_s == 4.0
    text = installer.get("/settings?table=lock")[1]
    assert "trial" in text and 'name="unlock_s" value="4"' in text
    installer.send("/settings", table="lock", **form())
    assert "Nothing was changed." in installer.get("/settings?table=lock")[1]
    assert installer.send("/settings", table="office", two_person="yes")[0] == 404
    assert installer.send("/settings", table="door", relay_active="low")[0] == 404


def test_a_zone_that_is_none_is_refused(installer: Client) -> None:
    for left, right in (("60", "40"), ("-1", "50"), ("0", "101"), ("nan", "50"), ("50", "50")):
        sides = {"left": left, "top": "0", "right": right, "bottom": "100"}
        status, _, text = installer.send("/aim", camera="people", area="face.zone", **sides)
        assert status == 422 and re.search(rf'name="left"[^>]* value="{left}"', text)
    assert installer.send("/aim", camera="people", area="face.zone", left="x")[0] == 400
    assert installer.send("/aim", camera="people", area="face.zone", none="yes")[0] == 400  # there must be one
    for camera, area in (("station", ""), ("people", "station.item_zone"), ("people", "bins.paper.opening"), ("", "")):
        assert installer.get(f"/aim?camera={camera}&area={area}")[0] == 404
        assert installer.send("/aim", camera=camera, area=area, left="1", top="1", right="2", bottom="2")[0] == 404


def test_openings_and_rims_of_bins_are_typed_and_hold_beside_what_was_set_before(bins: tuple[Daemon, Page]) -> None:
    def opened() -> dict[str, tuple[float, ...]]:
        config = load_effective(daemon.config, starting=False).config
        return {name: one.opening for name, one in config.bins.items()}

    daemon, site = bins
    client = site.client()
    text = client.get("/aim")[1]
    for key in ("item_zone", "floor_zone"):
        assert f"/aim?camera=station&amp;area=station.{key}" in text
    for bin_name in ("paper", "other"):
        assert f"area=bins.{bin_name}.opening" in text and f"area=bins.{bin_name}.rim_zone" in text
    text = client.get("/aim?camera=station&area=bins.paper.opening")[1]
    assert re.search('name="left"[^>]* value="5"', text)
    assert "Take it away" in text and "edge station reference" not in text
    text = client.get("/aim?camera=station&area=bins.other.rim_zone")[1]
    assert "Take it away" not in text and "edge station reference" in text
    sides = {"left": "30.5", "top": "70", "right": "50", "bottom": "95"}
    assert client.send("/aim", camera="station", area="bins.glass.opening", **sides)[0] == 404
    status, headers, _ = client.send("/aim", camera="station", area="bins.other.opening", **sides)
    assert (status, headers["location"]) == (303, "/aim?camera=station&area=bins.other.opening")
    assert opened() == {"paper": (0.05, 0.7, 0.25, 0.95), "other": (0.305, 0.7, 0.5, 0.95)}
    daemon.wait("ready", 2)  # it has begun anew with them
    client.send("/aim", camera="station", area="bins.other.opening", **sides)
    assert "Nothing was changed." in client.get("/aim?camera=station")[1]
    assert client.send("/aim", camera="station", area="bins.paper.opening", none="yes")[0] == 303
    assert opened() == {"paper": (), "other": (0.305, 0.7, 0.5, 0.95)}


def test_what_changes_is_told_as_it_happens(gate: Daemon, installer: Client) -> None:
    listening = Client(installer.port)
    listening.cookie = installer.cookie
    told = listening.stream("/changes")
    begun_s = time.monotonic()
    while not json.loads(next(told))["door"].startswith("locked"):  # whoever was enrolled before may just pass
        assert time.monotonic() - begun_s < LIMIT_S
    assert installer.send("/try", part="relay")[0] == 303
    while "unlocked" not in json.loads(next(told))["door"]:
        assert time.monotonic() - begun_s < LIMIT_S
    listening.close()
    assert read_status(gate.config.parent / "runtime")["door"]["figures"]["relay_on"] >= 1


def test_the_overview_shows_the_ways_in_and_how_long_people_wait(installer: Client) -> None:
    begun_s = time.monotonic()
    while '<dd data-now="ways">Face, Pass</dd>' not in (text := installer.get("/")[1]):
        assert time.monotonic() - begun_s < LIMIT_S, text
    assert '<dt>Pass</dt><dd data-now="waited-pass">nobody yet</dd>' in text
    assert 'data-now="waited-face"' in text and "waited-card" not in text


def test_a_commissioned_device_answers_nobody_until_its_button_is_pressed(tmp_path: Path) -> None:
    config = configure(tmp_path)
    state, runtime = tmp_path / "state", tmp_path / "runtime"
    state.mkdir()
    runtime.mkdir()
    (state / "commissioned.json").write_text("{}")
    with page(config, state) as site:
        stranger = site.stranger()
        for route in LIST:
            shut = route.access != "open" or route.post is not None
            assert stranger.get(route.path)[0] == (403 if shut else 303 if route.path == "/language" else 200), (
                route.path
            )
        assert stranger.send("/pair", code=site.code)[0] == 403
        now_s = time.monotonic()
        window = {"opened_monotonic": now_s, "bootid": boot_id(), "until_monotonic": now_s + 600.0}
        (runtime / "service-window.json").write_text(json.dumps(window))
        installer = site.client()
        assert "This page closes in 10 minutes" in installer.get("/")[1]
        (runtime / "service-window.json").unlink()
        assert installer.get("/")[0] == 403
        (runtime / "service-window.json").write_text(json.dumps(window))
        assert installer.get("/")[0] == 303  # who was paired before has to pair again
