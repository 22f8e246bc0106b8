"""Codes, the lock-out that outlives restarts, sessions, and when the page is open at all."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from edge.clock import Now
from edge.errors import HardwareError
from edge.install.provision.pairing import hashed, new_code
from edge.web.lockout import FREE, LOCK_S
from edge.web.pairing import LABEL, Pairing, new_label_code
from edge.web.sessions import IDLE_S, LIFE_S, MOST, Sessions
from edge.web.window import COMMISSIONED, LONGEST_S, WINDOW, ServiceWindow


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


def pairing(state: Path, clock: Clock, boot: str = "one") -> Pairing:
    return Pairing(state, state / "web", boot, clock)


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
    first = desk.new_office_code()
    assert desk.attempt(first).role == "office"
    second = desk.new_office_code()
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


def test_a_session_ends_by_itself() -> None:
    sessions = Sessions()
    secret = sessions.begin("office", 0.0)
    assert sessions.find(secret[:-1], 1.0, touch=True) is None
    assert sessions.find(secret, IDLE_S, touch=True) is not None
    assert sessions.find(secret, 2 * IDLE_S, touch=False) is not None  # a picture that is fetched shows nobody
    assert sessions.find(secret, 2 * IDLE_S + 1.0, touch=True) is None
    busy = sessions.begin("office", 0.0)
    for now in range(0, int(LIFE_S) + 1, int(IDLE_S)):
        assert sessions.find(busy, float(now), touch=True) is not None
    assert sessions.find(busy, LIFE_S + 1.0, touch=True) is None


def test_there_are_only_so_many_sessions_and_the_idlest_goes() -> None:
    sessions = Sessions()
    secrets = [sessions.begin("office", float(number)) for number in range(MOST)]
    assert sessions.find(secrets[0], 50.0, touch=True) is not None
    sessions.begin("installer", 60.0)
    assert sessions.find(secrets[1], 61.0, touch=True) is None
    assert all(sessions.find(secret, 61.0, touch=True) for secret in (secrets[0], *secrets[2:]))
    sessions.end_all()
    assert sessions.find(secrets[0], 62.0, touch=True) is None


def window(folder: Path, clock: Clock) -> ServiceWindow:
    return ServiceWindow(folder, folder, "one", clock)


def press(folder: Path, clock: Clock, **other: object) -> None:
    now_s = clock().mono_s
    told = {"opened_monotonic": now_s, "bootid": "one", "until_monotonic": now_s + LONGEST_S} | other
    (folder / WINDOW).write_text(json.dumps(told))


def test_the_page_is_open_until_the_device_is_commissioned_and_for_ten_minutes_after_the_button(
    tmp_path: Path, clock: Clock
) -> None:
    assert window(tmp_path, clock).open()
    (tmp_path / COMMISSIONED).write_text("{}")
    assert not window(tmp_path, clock).open()
    press(tmp_path, clock)
    assert window(tmp_path, clock).open()
    clock.pass_s(LONGEST_S - 1.0)
    assert window(tmp_path, clock).left_s() == pytest.approx(1.0)
    clock.pass_s(1.0)
    assert not window(tmp_path, clock).open()


def test_who_has_just_commissioned_it_may_still_take_the_report(tmp_path: Path, clock: Clock) -> None:
    page = window(tmp_path, clock)
    assert page.open()
    (tmp_path / COMMISSIONED).write_text("{}")
    clock.pass_s(LONGEST_S - 1.0)
    assert page.open() and not window(tmp_path, clock).open()  # another process has not seen it open
    clock.pass_s(1.0)
    assert not page.open()


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
    assert not window(tmp_path, clock).open()


@pytest.mark.parametrize("content", ["", "[]", "{}", "null", "{" * 9999, "\x00"])
def test_a_damaged_window_is_shut(tmp_path: Path, clock: Clock, content: str) -> None:
    (tmp_path / COMMISSIONED).write_text("")  # whatever stands in it
    (tmp_path / WINDOW).write_text(content)
    assert not window(tmp_path, clock).open()
