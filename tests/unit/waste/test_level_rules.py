"""The rules of one bin: tables, and what must hold whatever the sensors say."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from traces import BIN, START

from edge.actions import Report
from edge.bin_events import LevelRead, Reading
from edge.clock import Now
from edge.config.station import Bin
from edge.errors import ConfigError
from edge.waste.geometry import distance_of_percent
from edge.waste.levels import BinLevel, LevelRules

HOUR = 3600.0


class Teller:
    """A bin whose sensors are read, and what was told of it."""

    def __init__(self, bin: Bin = BIN) -> None:
        self.bin = bin
        self.rules = LevelRules("other", bin)
        self.state = BinLevel()
        self.now_s = 1000.0
        self.told: list[Report] = []

    def now(self) -> Now:
        return Now(self.now_s, round((START.timestamp() + self.now_s) * 1e6))

    def read(
        self, reading: Reading | None, sensor: str = "a", *, dropped: bool = False, lid_open: bool = False
    ) -> None:
        event = LevelRead("other", sensor, reading)
        outcome = self.rules.read(self.state, event, self.now(), dropped=dropped, lid_open=lid_open)
        self.state = outcome[0]
        self.told += [action for action in outcome[1] if isinstance(action, Report)]

    def tick(self) -> None:
        self.state, actions = self.rules.tick(self.state, self.now())
        self.told += [action for action in actions if isinstance(action, Report)]

    def stay(self, seconds: float, flutter: float = 2.0, period_s: float = 10.0, **percents: float) -> None:
        for number in range(round(seconds / period_s)):
            self.now_s += period_s
            for sensor, percent in percents.items():
                distance = distance_of_percent(self.bin, percent) + flutter * (number % 3 - 1)
                self.read(Reading(distance), sensor)

    def faults(self) -> dict[str, str]:
        return {component: what for component, (what, _) in self.state.faults.reported.items()}

    def kinds(self) -> list[str]:
        return [report.type for report in self.told]


def test_stages_have_hysteresis_and_the_worst_is_told() -> None:
    bin = Teller()
    for level in (70, 76, 74, 76, 71, 76, 60, 76, 99):
        bin.stay(120, a=level)
    rises = [kind for kind in bin.kinds() if kind not in ("bin.level",)]
    assert rises == ["bin.nearlyfull", "bin.nearlyfull", "bin.overflow"]


@pytest.mark.parametrize("period_s", [0.2, 1.0, 10.0, 60.0])
def test_a_level_settles_by_time_however_often_the_sensor_is_read(period_s: float) -> None:
    bin = Teller()
    bin.stay(600, a=20, period_s=period_s)
    bin.stay(15, a=60, period_s=min(period_s, 15.0))
    assert bin.rules.percent(bin.state) == pytest.approx(20, abs=1)
    bin.stay(600, a=60, period_s=period_s)
    assert bin.rules.percent(bin.state) == pytest.approx(60, abs=1)


def test_three_sensors_outvote_one_and_it_is_named() -> None:
    bin = Teller()
    bin.stay(HOUR, a=30, b=32, c=90)
    assert bin.rules.percent(bin.state) == pytest.approx(32, abs=1)
    assert bin.faults() == {"other.c": "disagrees"}


def test_a_sensor_that_fails_is_no_emptying() -> None:
    bin = Teller()
    bin.stay(600, a=85, b=3)
    bin.now_s += 1
    bin.read(None, "a")
    bin.stay(600, b=3)
    assert bin.rules.percent(bin.state) == pytest.approx(3, abs=1)
    assert "bin.emptied" not in bin.kinds()


def test_who_was_absent_while_the_bin_was_emptied_tells_it_afterwards() -> None:
    bin = Teller()
    bin.stay(600, a=85)
    bin.now_s += 1
    bin.read(None)
    bin.now_s += HOUR
    bin.stay(600, a=2)
    assert bin.kinds().count("bin.emptied") == 1


def test_an_emptying_in_steps_is_one_emptying() -> None:
    bin = Teller()
    for level in (90, 70, 50, 25, 12, 2):
        bin.stay(120, a=level)
    bin.stay(HOUR, a=2)
    assert bin.kinds().count("bin.emptied") == 1
    assert not any(report.data.get("change") for report in bin.told)


def test_a_quiet_night_is_no_fault_and_a_number_that_survives_twenty_drops_is() -> None:
    bin = Teller()
    bin.stay(14 * HOUR, a=50, flutter=0.0, period_s=60)
    assert bin.faults() == {}
    for _ in range(25):
        bin.now_s += 60
        bin.read(Reading(distance_of_percent(BIN, 50)), dropped=True)
    assert bin.faults() == {"other.a": "stuck"}
    bin.now_s += 60
    bin.read(Reading(distance_of_percent(BIN, 50) - 3))
    assert bin.faults() == {}


def test_a_sensor_that_stays_while_another_moves_is_stuck() -> None:
    bin = Teller()
    for hour in range(8):
        for _ in range(60):
            bin.now_s += 60
            bin.read(Reading(distance_of_percent(BIN, 30)), "a")
            bin.read(Reading(distance_of_percent(BIN, 30 + 2.4 * hour) + hour % 2), "b")
    assert bin.faults() == {"other.a": "stuck"}


def test_a_sensor_that_used_to_flutter_is_stuck_after_two_days_without() -> None:
    bin = Teller()
    bin.stay(HOUR, a=50, period_s=60)
    bin.stay(49 * HOUR, a=50, flutter=0.0, period_s=120)
    assert bin.faults() == {"other.a": "stuck"}


def test_a_sensor_that_says_nothing_is_told_by_its_deadline() -> None:
    bin = Teller()
    bin.stay(600, a=50)
    due_s = bin.rules.next_deadline(bin.state)
    assert due_s is not None
    bin.now_s = due_s
    bin.tick()
    assert list(bin.faults()) == ["other.a"]
    assert bin.rules.percent(bin.state) is None


def test_no_echo_for_ten_minutes_is_a_fault_and_in_the_frost_it_is_ice() -> None:
    for temperature_c, what in ((20.0, "no echo"), (-4.0, "iced")):
        bin = Teller()
        bin.stay(600, a=50)
        for _ in range(70):
            bin.now_s += 10
            bin.read(Reading(temperature_c=temperature_c))
        assert bin.faults() == {"other.a": what}


def test_a_bag_that_was_dropped_in_the_frost_fills_the_bin() -> None:
    bin = Teller()
    bin.stay(600, a=60)
    for number in range(20):
        bin.now_s += 10
        bin.read(Reading(100.0, temperature_c=-4.0), dropped=number == 0)
    assert bin.state.stage.value == "overflow"
    assert bin.faults() == {}


def test_what_a_sensor_in_an_open_lid_sees_is_no_level_and_no_fault() -> None:
    bin = Teller()
    bin.stay(600, a=40)
    for _ in range(200):
        bin.now_s += 10
        bin.read(Reading(200.0), lid_open=True)
    assert bin.rules.percent(bin.state) == pytest.approx(40, abs=1)
    assert bin.faults() == {}


def test_a_bin_too_heavy_is_full_though_it_is_low_and_that_is_no_disagreement() -> None:
    bin = Teller()
    for _ in range(400):
        bin.now_s += 10
        bin.read(Reading(distance_of_percent(BIN, 30)), "ranger")
        bin.read(Reading(load_g=95_000.0), "scale")
    assert bin.rules.percent(bin.state) == pytest.approx(95)
    assert bin.faults() == {}


def test_a_level_that_does_not_change_is_told_every_six_hours() -> None:
    bin = Teller()
    bin.stay(13 * HOUR, a=50, period_s=60)
    assert bin.kinds() == ["bin.level"] * 3


def test_measures_that_contradict_one_another_are_refused() -> None:
    with pytest.raises(ConfigError, match="empty_mm"):
        LevelRules("other", replace(BIN, empty_mm=100.0))


def test_without_a_trusted_clock_nothing_is_learnt() -> None:
    rules, state = LevelRules("other", BIN), BinLevel()
    for number in range(2000):
        now = Now(number * 60.0, round(START.timestamp() * 1e6), quality="unsynced", trusted=False)
        reading = Reading(distance_of_percent(BIN, min(80.0, number / 20)))
        state, _ = rules.read(state, LevelRead("other", "a", reading), now)
    assert state.forecast.seen_h == 0.0
    assert rules.outlook(state, now) is None


NUMBERS = st.none() | st.floats(allow_nan=True, allow_infinity=True) | st.sampled_from([31.0, 150.0, 500.0, 999.0])
READINGS = st.none() | st.builds(Reading, NUMBERS, st.none() | st.floats(-1e5, 2e5), st.none() | st.floats(-40, 60))
STEPS = st.tuples(
    st.floats(-4000, 4000) | st.sampled_from([0.0, 1.0, 10.0, 60.0]),
    st.sampled_from(["a", "b", "c"]),
    READINGS,
    st.integers(0, 40),
    st.booleans(),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(STEPS, max_size=25))
def test_whatever_sensors_and_clocks_do_the_state_stays_bounded_and_deadlines_are_met(
    steps: list[tuple[float, str, Reading | None, int, bool]],
) -> None:
    bin = Teller()
    newest_s = bin.now_s
    for later_s, sensor, reading, repeats, flag in steps:
        for _ in range(repeats):
            bin.now_s += later_s
            newest_s = max(newest_s, bin.now_s)
            bin.read(reading, sensor, dropped=flag, lid_open=flag and repeats % 3 == 0)
        bin.now_s = newest_s
        for _ in range(20):
            due_s = bin.rules.next_deadline(bin.state)
            if due_s is None or due_s > bin.now_s:
                break
            bin.tick()
        else:
            pytest.fail("a deadline that has passed is not met by a tick")
        percent = bin.rules.percent(bin.state)
        assert percent is None or 0.0 <= percent <= 100.0
        assert all(len(one.window.samples) <= 100 for one in bin.state.sensors.values())
    told: dict[str, int] = {}
    for report in bin.told:
        if report.type.startswith("sensor."):
            component = report.data["component"]
            told[component] = told.get(component, 0) + (1 if report.type == "sensor.fault" else -1)
            assert told[component] >= 0


def test_the_local_day_decides_which_hours_are_learnt() -> None:
    rules, state = LevelRules("other", BIN, "Asia/Shanghai"), BinLevel()
    at = datetime.fromisoformat("2026-11-23T00:30:00+08:00").timestamp()
    for number in range(600):
        now = Now(number * 60.0, round((at + number * 60) * 1e6))
        reading = Reading(distance_of_percent(BIN, number / 10) + number % 2)
        state, _ = rules.read(state, LevelRead("other", "a", reading), now)
    assert sum(state.forecast.hours[:24]) == pytest.approx(sum(state.forecast.hours))
    assert state.forecast.hours[5] == pytest.approx(1.0, abs=0.1)
