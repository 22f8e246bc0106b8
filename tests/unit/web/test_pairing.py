"""Codes, the lock-out that outlives restarts, sessions, and when the page is open at all."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from edge.clock import Now
from edge.errors import HardwareError
from edge.install.provision.pairing import hashed, new_code
from edge.web.lockout import FREE, FREE_ALL, LOCK_S
from edge.web.pairing import LABEL, Pairing, Tried, new_label_code
from edge.web.sessions import IDLE_S, LIFE_S, MOST, Sessions
from edge.web.window import COMMISSIONED, LONGEST_S, WINDOW, Opening, ServiceWindow


class Clock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.now = Now(1000.0, 1_790_000_000_000_000)

    def __call__(self) -> Now:
        return self.now

    def pass_s(self, seconds: float) -> None:
        self.now = replace(self.now, mono_s=self.now.mono_s + seconds)


@pytest.fixture
def clock() -> Clock:
    return Clock()


class Visitor:
    """Somebody at one address, while the page is open for one press of the button, or for none."""

    def __init__(self, desk: Pairing, address: str, press: str) -> None:
        self.desk = desk
        self._from = (address, press)

    def attempt(self, code: str) -> Tried:
        return self.desk.attempt(code, *self._from)

    def locked_s(self) -> float:
        return self.desk.locked_s(*self._from)


def pairing(state: Path, clock: Clock, boot: str = "one", address: str = "10.0.0.5", press: str = "") -> Visitor:
    return Visitor(Pairing(state, state / "web", boot, clock), address, press)


def lock(state: Path, clock: Clock) -> str:
    """Five wrong codes; the right one."""
    code = new_label_code(state)
    desk = pairing(state, clock)
    assert [desk.attempt("WRONG").left for _ in range(FREE)] == [4, 3, 2, 1, 0]
    return code


def test_the_labels_code_pairs_however_it_is_typed(tmp_path: Path, clock: Clock) -> None:
    code = new_code()
    (tmp_path / LABEL).write_text(json.dumps({"pairing": hashed(code)}))
    for typed in (code, code.replace("-", ""), code.lower(), f" {code.replace('-', ' ')} "):
        assert pairing(tmp_path, clock).attempt(typed).role == "installer"
    assert pairing(tmp_path, clock).attempt(code[:-1]).role is None


def test_without_a_code_nobody_pairs(tmp_path: Path, clock: Clock) -> None:
    with pytest.raises(HardwareError, match="no pairing code"):
        pairing(tmp_path, clock).attempt("")
    (tmp_path / LABEL).write_text(json.dumps({"pairing": "$argon2id$v=19$m=8,t=1,p=1$AAAA$AAAA"}))
    with pytest.raises(HardwareError, match="no pairing code"):
        pairing(tmp_path, clock).attempt("")


def test_an_installer_lets_the_office_in_until_there_is_a_newer_code(tmp_path: Path, clock: Clock) -> None:
    new_label_code(tmp_path)
    desk = pairing(tmp_path, clock)
    first = desk.desk.new_office_code()
    assert desk.attempt(first).role == "office"
    second = desk.desk.new_office_code()
    assert desk.attempt(first).role is None and desk.attempt(second).role == "office"


def test_after_five_wrong_codes_not_even_the_right_one_is_taken(tmp_path: Path, clock: Clock) -> None:
    code = lock(tmp_path, clock)
    assert pairing(tmp_path, clock).attempt(code).locked_s == pytest.approx(LOCK_S)
    clock.pass_s(LOCK_S - 1)
    assert pairing(tmp_path, clock).attempt(code).role is None
    clock.pass_s(1)
    assert pairing(tmp_path, clock).attempt("WRONG").locked_s == LOCK_S  # one try, and it was the wrong one
    clock.pass_s(LOCK_S)
    assert pairing(tmp_path, clock).attempt(code).role == "installer"
    assert pairing(tmp_path, clock).attempt("WRONG").left == FREE - 1  # from the beginning


def test_who_gives_wrong_codes_locks_out_nobody_else(tmp_path: Path, clock: Clock) -> None:
    code = lock(tmp_path, clock)
    assert pairing(tmp_path, clock).attempt(code).locked_s > 0.0
    for _ in range(4):  # for ever: one wrong code after each quarter of an hour
        clock.pass_s(LOCK_S)
        assert pairing(tmp_path, clock).attempt("WRONG").locked_s == LOCK_S
        assert pairing(tmp_path, clock, address="10.0.0.6").locked_s() == 0.0
    assert pairing(tmp_path, clock, address="10.0.0.6").attempt(code).role == "installer"


def test_many_addresses_together_have_thirty_tries(tmp_path: Path, clock: Clock) -> None:
    code = new_label_code(tmp_path)
    left = [pairing(tmp_path, clock, address=f"fe80::{number}").attempt("WRONG").left for number in range(FREE_ALL)]
    assert left[-3:] == [2, 1, 0]
    late = pairing(tmp_path, clock, address="10.0.0.6")
    assert late.attempt(code).locked_s == pytest.approx(LOCK_S)
    clock.pass_s(LOCK_S)
    assert late.attempt("WRONG").locked_s == LOCK_S
    assert len((tmp_path / "web/failures.json").read_bytes()) < 4096
    assert pairing(tmp_path, clock, address="10.0.0.6", press="one 2800.0").attempt(code).role == "installer"


def test_a_fresh_press_of_the_button_ends_a_lock_out_and_an_old_one_does_not(tmp_path: Path, clock: Clock) -> None:
    code = lock(tmp_path, clock)
    pressed = pairing(tmp_path, clock, press="one 1000.0")
    assert [pressed.attempt("WRONG").left for _ in range(FREE)] == [4, 3, 2, 1, 0]
    assert pressed.attempt(code).locked_s == pytest.approx(LOCK_S)
    assert pairing(tmp_path, clock, press="").attempt(code).locked_s == pytest.approx(LOCK_S)  # it has shut
    assert pairing(tmp_path, clock, press="one 1600.0").attempt(code).role == "installer"


def test_who_makes_another_code_at_the_device_ends_a_lock_out(tmp_path: Path, clock: Clock) -> None:
    lock(tmp_path, clock)
    assert pairing(tmp_path, clock).attempt(new_label_code(tmp_path)).role == "installer"


def test_a_reboot_does_not_shorten_the_lock_out(tmp_path: Path, clock: Clock) -> None:
    code = lock(tmp_path, clock)
    clock.now = replace(clock.now, mono_s=5.0)  # the monotonic clock begins anew with the boot
    assert pairing(tmp_path, clock, "two").locked_s() == pytest.approx(LOCK_S)
    clock.pass_s(LOCK_S / 2)
    assert pairing(tmp_path, clock, "two").attempt(code).locked_s == pytest.approx(LOCK_S / 2)
    clock.pass_s(LOCK_S / 2)
    assert pairing(tmp_path, clock, "two").attempt(code).role == "installer"


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"failures": "x"}', '{"failures": null, "boot": 1}', "{" * 9999])
def test_a_damaged_count_is_the_worst_one(tmp_path: Path, clock: Clock, content: str) -> None:
    code = new_label_code(tmp_path)
    (tmp_path / "web").mkdir()
    (tmp_path / "web/failures.json").write_text(content)
    assert pairing(tmp_path, clock).attempt(code).locked_s == pytest.approx(LOCK_S)


def test_a_try_that_cannot_be_counted_is_none(tmp_path: Path, clock: Clock) -> None:
    code = new_label_code(tmp_path)
    (tmp_path / "web").write_text("in the way")
    with pytest.raises(HardwareError, match="cannot be"):
        pairing(tmp_path, clock).attempt(code)


OPEN = Opening(float("-inf"), 600.0)
"""Of a device that is not commissioned."""


def test_a_session_ends_by_itself() -> None:
    sessions = Sessions()
    secret = sessions.begin("office", 0.0, OPEN)
    assert sessions.find(secret[:-1], 1.0, OPEN, touch=True) is None
    assert sessions.find(secret, IDLE_S, OPEN, touch=True) is not None
    assert sessions.find(secret, 2 * IDLE_S, OPEN, touch=False) is not None  # a picture that is fetched shows nobody
    assert sessions.find(secret, 2 * IDLE_S + 1.0, OPEN, touch=True) is None
    busy = sessions.begin("office", 0.0, OPEN)
    for now in range(0, int(LIFE_S) + 1, int(IDLE_S)):
        assert sessions.find(busy, float(now), OPEN, touch=True) is not None
    assert sessions.find(busy, LIFE_S + 1.0, OPEN, touch=True) is None


def test_there_are_only_so_many_sessions_and_the_idlest_goes() -> None:
    sessions = Sessions()
    secrets = [sessions.begin("office", float(number), OPEN) for number in range(MOST)]
    assert sessions.find(secrets[0], 50.0, OPEN, touch=True) is not None
    sessions.begin("installer", 60.0, OPEN)
    assert sessions.find(secrets[1], 61.0, OPEN, touch=True) is None
    assert all(sessions.find(secret, 61.0, OPEN, touch=True) for secret in (secrets[0], *secrets[2:]))
    sessions.end_all()
    assert sessions.find(secrets[0], 62.0, OPEN, touch=True) is None


def test_a_session_ends_with_the_opening_it_was_begun_in_also_when_nobody_asked_meanwhile() -> None:
    sessions = Sessions()
    first, second, bare = Opening(100.0, 700.0), Opening(701.0, 1301.0), Opening(float("-inf"), 650.0)
    secret, kept = sessions.begin("installer", 100.0, first), sessions.begin("installer", 50.0, bare)
    assert sessions.find(secret, 699.0, first, touch=True) is not None
    assert sessions.find(secret, 702.0, second, touch=True) is None
    assert sessions.find(kept, 702.0, second, touch=True) is None
    again = Opening(1300.0, 1900.0)  # pressed before it shut
    secret = sessions.begin("installer", 702.0, second)
    assert sessions.find(secret, 1310.0, again, touch=True) is not None
    assert sessions.find(secret, 1905.0, Opening(1899.0, 2499.0), touch=True) is not None


def window(folder: Path, clock: Clock) -> ServiceWindow:
    return ServiceWindow(folder, folder, "one", clock)


def press(folder: Path, clock: Clock, **other: object) -> None:
    now_s = clock().mono_s
    told = {"opened_monotonic": now_s, "bootid": "one", "until_monotonic": now_s + LONGEST_S} | other
    (folder / WINDOW).write_text(json.dumps(told))


def test_the_page_is_open_until_the_device_is_commissioned_and_for_ten_minutes_after_the_button(
    tmp_path: Path, clock: Clock
) -> None:
    assert window(tmp_path, clock).opening()
    (tmp_path / COMMISSIONED).write_text("{}")
    assert not window(tmp_path, clock).opening()
    press(tmp_path, clock)
    assert window(tmp_path, clock).opening()
    first = window(tmp_path, clock).press()
    clock.pass_s(LONGEST_S - 1.0)
    assert window(tmp_path, clock).left_s() == pytest.approx(1.0)
    assert first and window(tmp_path, clock).press() == first
    press(tmp_path, clock)
    assert window(tmp_path, clock).press() not in ("", first)
    clock.pass_s(LONGEST_S - 1.0)
    assert window(tmp_path, clock).opening()
    clock.pass_s(1.0)
    assert not window(tmp_path, clock).opening() and not window(tmp_path, clock).press()


def test_who_has_just_commissioned_it_may_still_take_the_report(tmp_path: Path, clock: Clock) -> None:
    page = window(tmp_path, clock)
    assert page.opening()
    (tmp_path / COMMISSIONED).write_text("{}")
    clock.pass_s(LONGEST_S - 1.0)
    assert page.opening() and not window(tmp_path, clock).opening()  # another process has not seen it open
    clock.pass_s(1.0)
    assert not page.opening()


@pytest.mark.parametrize(
    "other",
    [
        {"bootid": "another boot"},
        {"opened_monotonic": 2000.0},
        {"until_monotonic": 900.0},
        {"until_monotonic": "soon"},
        {"opened_monotonic": None},
        {"opened_monotonic": 1.0, "until_monotonic": 1e12},
    ],
)
def test_what_is_no_press_of_the_button_opens_nothing(tmp_path: Path, clock: Clock, other: dict[str, object]) -> None:
    (tmp_path / COMMISSIONED).write_text("{}")
    press(tmp_path, clock, **other)
    assert not window(tmp_path, clock).opening()


@pytest.mark.parametrize("content", ["", "[]", "{}", "null", "{" * 9999, "\x00"])
def test_a_damaged_window_is_shut(tmp_path: Path, clock: Clock, content: str) -> None:
    (tmp_path / COMMISSIONED).write_text("")  # whatever stands in it
    (tmp_path / WINDOW).write_text(content)
    assert not window(tmp_path, clock).opening()
