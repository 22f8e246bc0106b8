"""The service button: what a press means, the window that it opens, and who must not be able to keep it open."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from gpiozero.pins.mock import MockFactory
from hypothesis import given
from hypothesis import strategies as st

from edge.actions import Priority, Report
from edge.config.service import Service
from edge.drivers.debounce import STABLE_S
from edge.drivers.service.gpio import GpioServiceButton
from edge.drivers.service.press import LONG_S, Press, PressWatch
from edge.drivers.service.simulated import SimulatedServiceButton
from edge.drivers.service.worker import MOST_OPENINGS, RETRY_S, WITHIN_S, ServiceButtonWorker, ServiceWindow
from edge.errors import HardwareError
from edge.events import ComponentFailed, ComponentRecovered, Event
from edge.runtime.faults import FaultDesk
from edge.runtime.service_window import ACCESS_POINT_FILE, OPEN_S, WINDOW_FILE, open_until, open_window

LOOK_S = 0.02
BOOT = "boot-1"

# --- what a press means


def presses(*levels: tuple[bool, float]) -> list[Press]:
    """What comes of a button that is down or up for so many seconds, one after the other."""
    watch, found, now_s = PressWatch(), list[Press](), 0.0
    for down, lasts_s in levels:
        for _ in range(round(lasts_s / LOOK_S)):
            if (press := watch.look(down, now_s)) is not None:
                found.append(press)
            now_s += LOOK_S
    return found


REST = (False, 1.0)


@pytest.mark.parametrize(
    ("levels", "found"),
    [
        ([REST, (True, 0.3), REST], [Press.SHORT]),
        ([REST, (True, LONG_S - 0.2), REST], [Press.SHORT]),
        ([REST, (True, LONG_S + 0.2), REST], [Press.LONG]),
        ([REST, (True, 0.3), REST, (True, 6.0), REST], [Press.SHORT, Press.LONG]),
        ([REST, (True, STABLE_S / 2), REST], []),  # a spike on the wire
        ([REST, (True, 6.0)], []),  # held, and not let go
        ([REST, (True, 3600.0)], [Press.STUCK]),
        ([REST, (True, 3600.0), REST, (True, 0.3), REST], [Press.STUCK, Press.FREED, Press.SHORT]),
        ([(True, 6.0), REST], []),  # down before anybody looked
        ([(True, 6.0), REST, (True, 0.3), REST], [Press.SHORT]),
        ([(True, 40.0), REST], [Press.STUCK, Press.FREED]),
    ],
)
def test_what_a_press_means(levels: list[tuple[bool, float]], found: list[Press]) -> None:
    assert presses(*levels) == found


def test_a_contact_that_bounces_is_one_press() -> None:
    bounce = [(down, 0.02) for down in (True, False, True, False)]
    assert presses(REST, *bounce, (True, 0.3), *bounce, REST) == [Press.SHORT]


@given(st.lists(st.tuples(st.booleans(), st.floats(0.02, 40.0)), max_size=12))
def test_a_button_that_never_comes_up_opens_nothing(levels: list[tuple[bool, float]]) -> None:
    down = [(True, lasts_s) for _, lasts_s in levels]
    assert not {Press.SHORT, Press.LONG} & set(presses(REST, *down))
    opened = [press for press in presses(REST, *levels, (True, 1.0)) if press in (Press.SHORT, Press.LONG)]
    assert len(opened) <= sum(1 for is_down, _ in levels if is_down)


# --- the file


def test_the_file_holds_for_ten_minutes_of_its_own_boot(tmp_path: Path) -> None:
    path = tmp_path / WINDOW_FILE
    assert open_until(path, BOOT, 100.0) is None
    assert open_window(path, BOOT, 100.0) == 700.0
    assert json.loads(path.read_text()) == {"opened_monotonic": 100.0, "bootid": BOOT, "until_monotonic": 700.0}
    assert [open_until(path, BOOT, now_s) for now_s in (99.0, 100.0, 699.9, 700.0)] == [None, 700.0, 700.0, None]
    assert open_until(path, "boot-2", 100.0) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[]",
        "null",
        '{"opened_monotonic": 100, "bootid": "boot-1", "until_monotonic": 1e9}',  # longer than anybody may open it
        '{"opened_monotonic": NaN, "bootid": "boot-1", "until_monotonic": 700}',
        '{"opened_monotonic": 100, "bootid": "boot-1", "until_monotonic": NaN}',
        '{"opened_monotonic": 100, "bootid": "boot-1", "until_monotonic": "x"}',
        '{"opened_monotonic": 100, "until_monotonic": 700}',
    ],
)
def test_a_file_that_cannot_be_trusted_is_a_shut_window(tmp_path: Path, text: str) -> None:
    (tmp_path / WINDOW_FILE).write_text(text)
    assert open_until(tmp_path / WINDOW_FILE, BOOT, 200.0) is None


def test_what_is_no_file_is_a_shut_window_and_nobody_waits_for_it(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / WINDOW_FILE)
    assert open_until(tmp_path / WINDOW_FILE, BOOT, 200.0) is None
    (tmp_path / "zeros").symlink_to("/dev/zero")
    assert open_until(tmp_path / "zeros", BOOT, 200.0) is None


# --- the button on its pin


@pytest.mark.parametrize("pressed", ["high", "low"])
def test_levels_and_a_cut_wire_reads_as_a_button_at_rest(pressed: Any) -> None:
    factory = MockFactory()
    button = GpioServiceButton(Service(button_pin=4, button_pressed=pressed), lambda: (factory, ()))
    button.open()
    assert not button.pressed()
    pin = factory.pin(4)
    (pin.drive_high if pressed == "high" else pin.drive_low)()
    assert button.pressed()
    button.close()
    button.close()
    with pytest.raises(HardwareError):
        button.pressed()


# --- the worker


class Bench:
    """A worker at a simulated button, and a clock that stands still until it is moved."""

    def __init__(self, folder: Path, button: Any = None, now_s: float = 1000.0) -> None:
        self.now_s, self.folder = now_s, folder
        self.reports: list[Report] = []
        self.events: list[Event] = []
        self.button = button or SimulatedServiceButton()
        self.faults = FaultDesk(self._post, lambda: self.now_s)
        self.window = ServiceWindow(folder, BOOT, lambda: self.now_s)
        self.worker = ServiceButtonWorker(
            self.button, self.window, self.reports.append, self.faults, lambda: self.now_s
        )
        self.look(1.0)

    def _post(self, event: Event) -> bool:
        self.events.append(event)
        return True

    def look(self, lasts_s: float) -> None:
        """At a slower beat where nothing is to be told apart."""
        step_s = LOOK_S if lasts_s < 60.0 else lasts_s / 100
        for _ in range(round(lasts_s / step_s)):
            self.now_s += step_s
            self.worker.look()

    def press(self, held_s: float = 0.3) -> None:
        self.button.hold(down=True)
        self.look(held_s)
        self.button.hold(down=False)
        self.look(0.5)

    def told(self) -> list[str]:
        told, self.reports[:] = [report.type for report in self.reports], []
        return told

    def open(self) -> bool:
        return open_until(self.folder / WINDOW_FILE, BOOT, self.now_s) is not None


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def test_a_press_opens_the_window_and_ten_minutes_later_it_is_shut(bench: Bench) -> None:
    assert not bench.open() and bench.events == []
    bench.press()
    opened = Report("service.opened", {"open_s": OPEN_S, "access_point": False}, priority=Priority.ALARM)
    assert bench.reports == [opened]
    assert bench.open() and bench.worker.status() == {"open": True, "working": True}
    assert not (bench.folder / ACCESS_POINT_FILE).exists()
    bench.look(OPEN_S)
    assert bench.told() == ["service.opened", "service.closed"]
    assert not bench.open() and not (bench.folder / WINDOW_FILE).exists()
    assert bench.worker.status() == {"open": False, "working": True}


def test_a_long_press_asks_for_the_access_point_too(bench: Bench) -> None:
    bench.press(LONG_S + 0.5)
    assert bench.reports[0].data == {"open_s": OPEN_S, "access_point": True}
    assert open_until(bench.folder / ACCESS_POINT_FILE, BOOT, bench.now_s) is not None


def test_another_press_begins_the_ten_minutes_anew(bench: Bench) -> None:
    bench.press()
    bench.look(OPEN_S / 2)
    bench.press()
    bench.look(OPEN_S / 2 + 10.0)
    assert bench.open()
    bench.look(OPEN_S / 2)
    assert bench.told() == ["service.opened", "service.opened", "service.closed"]


def test_a_stuck_button_opens_nothing_and_is_told(bench: Bench) -> None:
    bench.button.hold(down=True)
    bench.look(3600.0)
    assert not bench.open() and bench.told() == []
    assert bench.events == [
        ComponentFailed(
            "service-button", "stuck", "it is held down, and opens nothing; dry it, or look for a bridged wire"
        )
    ]
    bench.button.hold(down=False)
    bench.look(1.0)
    assert isinstance(bench.events[-1], ComponentRecovered) and not bench.open()
    bench.press()
    assert bench.open()


def test_whoever_presses_again_and_again_gets_an_hour_in_three(bench: Bench) -> None:
    began_s, open_s = bench.now_s, 0.0
    while bench.now_s - began_s < WITHIN_S - 60.0:
        bench.press()
        before_s = bench.now_s
        bench.look(OPEN_S - 1.0)
        open_s += (bench.now_s - before_s) * bench.open()
    assert bench.told().count("service.opened") == MOST_OPENINGS
    assert open_s <= MOST_OPENINGS * OPEN_S
    assert [event.what for event in bench.events if isinstance(event, ComponentFailed)] == ["pressed too often"]
    bench.look(OPEN_S)  # the first of them was three hours ago
    assert isinstance(bench.events[-1], ComponentRecovered)
    bench.press()
    assert bench.open()


def test_the_window_outlives_the_daemon_that_opened_it_and_still_ends(bench: Bench, tmp_path: Path) -> None:
    bench.press()
    after = Bench(tmp_path, now_s=bench.now_s + 5.0)
    assert after.worker.status()["open"]
    after.look(OPEN_S)
    assert after.told() == ["service.closed"] and not after.open()


class Missing:
    """A button whose pin cannot be had, until it can."""

    def __init__(self) -> None:
        self.there, self.closed = False, 0

    def open(self) -> None:
        if not self.there:
            raise HardwareError("no such chip", hint="plug it in")

    def pressed(self) -> bool:
        if not self.there:
            raise HardwareError("gone", hint="plug it in")
        return False

    def close(self) -> None:
        self.closed += 1


def test_a_missing_button_is_a_fault_that_recovers(tmp_path: Path) -> None:
    bench = Bench(tmp_path, button := Missing())
    bench.look(3 * RETRY_S)
    failed = [event for event in bench.events if isinstance(event, ComponentFailed)]
    assert [(event.what, event.detail) for event in failed] == [("unreadable", "no such chip (plug it in)")]
    button.there = True
    bench.look(RETRY_S)
    assert isinstance(bench.events[-1], ComponentRecovered)
    button.there = False
    bench.look(1.0)
    assert isinstance(bench.events[-1], ComponentFailed) and not bench.worker.status()["working"]
    bench.worker.stop()
    assert button.closed >= 3


def test_a_window_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "gone")
    bench.press()
    assert bench.reports == []
    assert [event.what for event in bench.events if isinstance(event, ComponentFailed)] == [
        "the window cannot be opened"
    ]
    (tmp_path / "gone").mkdir()
    bench.press()
    assert bench.open() and isinstance(bench.events[-1], ComponentRecovered)
