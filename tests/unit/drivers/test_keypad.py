"""Keypads: what keys mean together, the matrix, serial ones, and the worker."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from gpiozero.pins.mock import MockFactory
from hypothesis import given
from hypothesis import strategies as st

from edge.config.credentials import (
    MatrixKeypad as MatrixSettings,
)
from edge.config.credentials import (
    ReaderKeypad,
    SerialKeypad,
)
from edge.config.credentials import (
    SimulatedKeypad as SimulatedSettings,
)
from edge.drivers.card.instruments import SimulatedBridge, Talker
from edge.drivers.keypad import Keypad
from edge.drivers.keypad.entry import KEY_S, Entry
from edge.drivers.keypad.line import LineKeypad
from edge.drivers.keypad.matrix import MatrixKeypad
from edge.drivers.keypad.of_reader import ReaderKeys
from edge.drivers.keypad.scan import Scanner
from edge.drivers.keypad.simulated import SimulatedKeypad
from edge.drivers.keypad.worker import RETRY_S, KeypadWorker
from edge.drivers.level.pseudo_terminal import PseudoTerminal
from edge.errors import HardwareError
from edge.events import ComponentFailed, ComponentRecovered, Event, PinTyped
from edge.parts.keypad import make_keypad
from edge.runtime.faults import FaultDesk

TRIES = 60

# --- what keys mean together


def typed(keys: str, by_s: float = 0.5) -> list[PinTyped]:
    entry = Entry()
    found = [entry.press(key, number * by_s) for number, key in enumerate(keys)]
    return [one for one in found if one is not None]


@pytest.mark.parametrize(
    ("keys", "found"),
    [
        ("4711#", [("", "4711")]),
        ("123*4711#", [("123", "4711")]),
        ("1#2#", [("", "1"), ("", "2")]),
        ("#", []),
        ("##4711#", [("", "4711")]),
        ("*4711#", [("", "4711")]),
        ("123*#", []),
        ("123*#4711#", [("", "4711")]),
        ("99**4711#", [("", "4711")]),
        ("123*47*4711#", [("", "4711")]),  # the second * takes everything back
        ("123**4711#", [("", "4711")]),
        ("4711", []),
        ("1234567890123#", [("", "123456789")]),  # too long, and still wrong
        ("12345678901234*1#", [("123456789", "1")]),
    ],
)
def test_entries(keys: str, found: list[tuple[str, str]]) -> None:
    assert typed(keys) == [PinTyped(number, pin) for number, pin in found]


def test_waiting_takes_everything_back() -> None:
    assert typed("4711#", KEY_S) == [PinTyped("", "4711")]
    assert typed("4711#", KEY_S + 0.1) == []
    entry = Entry()
    for key in "123*47":
        entry.press(key, 0.0)
    entry.lapse(KEY_S + 0.1)
    assert entry.press("#", KEY_S + 0.2) is None


@given(st.text("0123456789*#", max_size=200))
def test_lengths_are_bounded_and_nothing_shows_the_digits(keys: str) -> None:
    entry = Entry()
    for key in keys:
        one = entry.press(key, 0.0)
        assert repr(entry) == "Entry()"
        if one is not None:
            assert 1 <= len(one.pin) <= 9
            assert len(one.number) <= 9
            assert repr(one) == f"PinTyped(number={one.number!r})"


# --- the matrix


def scanned(scanner: Scanner, *pictures: set[tuple[int, int]]) -> str:
    """Each picture stands for a tenth of a second, looked at ten times."""
    found = ""
    for number, picture in enumerate(pictures):
        for look in range(10):
            found += scanner.see(frozenset(picture), number * 0.1 + look * 0.01)
    return found


def test_each_press_is_one_key_however_long() -> None:
    assert scanned(Scanner(), {(0, 0)}, {(0, 0)}, set(), {(3, 1)}, set(), {(3, 0)}, set(), {(3, 2)}) == "10*#"


def test_bouncing_is_no_press() -> None:
    scanner = Scanner()
    seen = [scanner.see(frozenset({(1, 1)} if look % 2 else set()), look * 0.02) for look in range(40)]
    assert "".join(seen) == ""


def test_with_more_than_one_key_nothing_counts_until_all_are_released() -> None:
    """Three keys of a rectangle look like four; two that follow each other are one too few."""
    scanner = Scanner()
    ghosts = {(0, 0), (0, 1), (1, 0), (1, 1)}
    assert scanned(scanner, ghosts, {(1, 1)}, set()) == ""
    assert scanner.refused == 1
    assert scanned(scanner, {(0, 0)}, {(0, 0), (0, 1)}, {(0, 1)}, set()) == "1"


def test_letters_of_a_keypad_with_four_columns_mean_nothing() -> None:
    assert scanned(Scanner(), {(0, 3)}, set(), {(2, 2)}) == "9"


class Wires:
    """Mock pins with keys between them that conduct, also around corners."""

    ROWS, COLUMNS = (5, 6, 13, 19), (16, 20, 21)

    def __init__(self) -> None:
        self.factory: Any = MockFactory()
        self.pressed: set[tuple[int, int]] = set()
        self.now = 0.0
        self.shorted = False
        rows = [self.factory.pin(pin) for pin in self.ROWS]
        self.columns = [self.factory.pin(pin) for pin in self.COLUMNS]
        self.rows = rows

    def make(self) -> tuple[Any, tuple[type[Exception], ...]]:
        return self.factory, ()

    def settle(self) -> None:
        low_rows = {place for place, pin in enumerate(self.rows) if pin.function == "output" and not pin.state}
        self.shorted |= any(pin.function == "output" and pin.state for pin in self.rows)
        low_columns: set[int] = set()
        while True:
            columns = {column for row, column in self.pressed if row in low_rows} | low_columns
            rows = low_rows | {row for row, column in self.pressed if column in columns}
            if (columns, rows) == (low_columns, low_rows):
                break
            low_columns, low_rows = columns, rows
        for place, pin in enumerate(self.columns):
            pin.drive_low() if place in low_columns else pin.drive_high()

    def pause(self, seconds: float) -> None:
        self.now += seconds
        self.settle()

    def tick(self) -> float:
        self.now += 0.001
        return self.now


@pytest.fixture
def wires() -> Iterator[Wires]:
    wires = Wires()
    yield wires
    wires.factory.reset()


@pytest.fixture
def matrix(wires: Wires) -> Iterator[MatrixKeypad]:
    settings = MatrixSettings("matrix", Wires.ROWS, Wires.COLUMNS)
    keypad = MatrixKeypad(settings, wires.make, settle=wires.settle, pause=wires.pause, clock=wires.tick)
    keypad.open()
    wires.settle()
    yield keypad
    keypad.close()


def test_every_key_of_the_matrix(wires: Wires, matrix: MatrixKeypad) -> None:
    found = ""
    for row in range(4):
        for column in range(3):
            wires.pressed = {(row, column)}
            found += matrix.read(0.25)
            wires.pressed = set()
            found += matrix.read(0.25)
    assert found == "123456789*0#"
    assert not wires.shorted  # no row is ever driven high: two keys of one column join two rows


def test_three_keys_of_a_rectangle_are_none(wires: Wires, matrix: MatrixKeypad) -> None:
    wires.pressed = {(0, 0), (0, 1), (1, 0)}
    assert matrix.read(0.5) == ""
    assert matrix.refused == 1
    wires.pressed = {(1, 0)}
    assert matrix.read(0.5) == ""
    wires.pressed = set()
    assert matrix.read(0.5) == ""
    wires.pressed = {(1, 0)}
    assert matrix.read(0.5) == "4"
    assert not wires.shorted


def test_a_matrix_without_gpio_says_so() -> None:
    def missing() -> tuple[Any, tuple[type[Exception], ...]]:
        raise HardwareError("GPIO is not available", hint="install it")

    with pytest.raises(HardwareError):
        MatrixKeypad(MatrixSettings("matrix", Wires.ROWS, Wires.COLUMNS), missing).open()


# --- serial ones


def keys_of(keypad: Keypad, wanted: str) -> str:
    found = ""
    for _ in range(TRIES):
        found += keypad.read(0.25)
        if len(found) >= len(wanted):
            break
    return found


def test_a_serial_keypad_in_letters() -> None:
    with ExitStack() as stack:
        talker = Talker()
        line = PseudoTerminal(talker)
        stack.callback(line.unplug)
        line.start()
        keypad = LineKeypad(SerialKeypad("serial", line.path))
        stack.callback(keypad.close)
        keypad.open()
        for piece in (b"12\xffA", b"3*\r\n", b"47#"):
            talker.say(piece)
        assert keys_of(keypad, "123*47#") == "123*47#"
        assert keypad.refused == 2
        line.unplug()
        with pytest.raises(HardwareError):
            for _ in range(TRIES):
                keypad.read(0.25)


def test_a_serial_keypad_behind_a_bridge() -> None:
    with ExitStack() as stack:
        bridge = SimulatedBridge()
        line = PseudoTerminal(bridge)
        stack.callback(line.unplug)
        line.start()
        keypad = LineKeypad(SerialKeypad("serial", line.path, frame="frames"))
        stack.callback(keypad.close)
        keypad.open()
        bridge.show("w26:17-12345")  # a card is no key
        bridge.press("5#")
        assert keys_of(keypad, "5#") == "5#"
        assert keypad.refused == 26


def test_the_keys_of_the_card_reader() -> None:
    keys = ReaderKeys()
    keys.offer("old")
    keys.open()
    keys.offer("12")
    keys.offer("3#")
    assert keys.read(0.0) == "123#"
    assert keys.read(0.0) == ""
    keys.offer("1" * 100)
    assert (len(keys.read(0.0)), keys.refused) == (64, 36)
    keys.close()


def test_the_simulated_keypad_and_what_each_table_makes() -> None:
    keys = ReaderKeys()
    assert make_keypad(ReaderKeypad("reader"), keys) is keys
    assert isinstance(make_keypad(MatrixSettings("matrix", Wires.ROWS, Wires.COLUMNS), keys), MatrixKeypad)
    keypad = make_keypad(SimulatedSettings("simulated"), keys)
    assert isinstance(keypad, SimulatedKeypad)
    with pytest.raises(HardwareError):
        keypad.read(0.0)
    keypad.open()
    try:
        keypad.visitor.press("12#")
        assert keys_of(keypad, "12#") == "12#"
    finally:
        keypad.close()


# --- the worker


class Script:
    """A keypad on which is pressed what the test says."""

    refused = 0

    def __init__(self, answers: list[str | Exception], opens: Exception | None = None) -> None:
        self.answers, self.opens, self.closed = answers, opens, False

    def open(self) -> None:
        if self.opens:
            raise self.opens

    def read(self, timeout_s: float) -> str:
        assert timeout_s <= 0.25
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def close(self) -> None:
        self.closed = True


class Rig:
    def __init__(self, *keypads: Script) -> None:
        self.now, self.full = 100.0, False
        self.posted: list[Event] = []
        queue = list(keypads)
        desk = FaultDesk(self.post, lambda: self.now)
        self.worker = KeypadWorker(lambda: queue.pop(0), self.post, desk, lambda: self.now)

    def post(self, event: Event) -> bool:
        if self.full:
            return False
        self.posted.append(event)
        return True

    def step(self, times: int = 1, by_s: float = 0.3) -> None:
        for _ in range(times):
            self.now += by_s
            self.worker.step()


def test_what_was_typed_is_posted_and_nothing_else_tells_of_it(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    rig = Rig(Script(["12*47", "11#", "", "9", "9#"]))
    rig.step(5)
    assert rig.posted == [PinTyped("12", "4711"), PinTyped("", "99")]
    assert "47" not in caplog.text + repr(rig.posted) + str(rig.worker.status())


def test_a_fault_is_told_once_and_takes_back_what_was_begun() -> None:
    gone = HardwareError("gone", hint="")
    rig = Rig(Script(["47", gone]), *[Script([], gone) for _ in range(9)], Script(["11#"]))
    rig.step(2)
    rig.step(10, by_s=max(RETRY_S))
    assert [type(event) for event in rig.posted] == [ComponentFailed, ComponentRecovered, PinTyped]
    assert rig.posted[-1] == PinTyped("", "11")


def test_without_room_an_entry_is_dropped_and_counted() -> None:
    rig = Rig(Script(["47#", "48#"]))
    rig.full = True
    rig.step()
    rig.full = False
    rig.step()
    assert rig.posted == [PinTyped("", "48")]
    assert rig.worker.dropped == 1


def test_a_run_that_was_given_up_says_nothing_more_and_closes() -> None:
    script = Script(["47#"])
    rig = Rig(script)
    rig.worker.wake()
    rig.step()
    rig.worker.stop()
    assert rig.posted == []
    assert script.closed
