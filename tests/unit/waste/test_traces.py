"""The twelve traces, each with what has to be told of it, and what must not."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import traces
from traces import BIN, HOUR, START

from edge.measure.level_traces import Row
from edge.measure.levels import Replay
from edge.waste.levels import LevelRules


def replay(trace: Callable[[], list[Row]], holidays: tuple[str, ...] = ()) -> Replay:
    told = Replay(LevelRules("other", BIN, "Asia/Shanghai", holidays), START)
    told.play(trace())
    return told


def kinds(told: Replay) -> list[str]:
    """The types of the events in order, faults with what they are, without the mere levels."""
    return [
        f"{one.report.type}:{one.report.data['what']}" if one.report.type == "sensor.fault" else one.report.type
        for one in told.told
        if one.report.type != "bin.level"
    ]


def told_levels(told: Replay) -> list[float]:
    return [one.report.data["percent"] for one in told.told if one.report.type == "bin.level"]


def percent(told: Replay) -> float:
    level = told.result()["percent"]
    assert isinstance(level, float)
    return level


EXPECTED = [
    (traces.steady_fill, ["bin.nearlyfull", "bin.full", "bin.overflow"], 100),
    (traces.bag_swing, [], 40),
    (traces.lid_slam, [], 55),
    (traces.emptied, ["bin.nearlyfull", "bin.full", "bin.emptied"], 2),
    (traces.compaction, ["bin.nearlyfull"], 58),
    (traces.ice, ["sensor.fault:iced", "sensor.recovered"], 30),
    (traces.dead_sensor, ["sensor.fault:absent", "sensor.recovered"], 45),
    (traces.garbage, ["sensor.fault:erratic", "sensor.recovered"], 50),
    (traces.clock_jump, [], 60),
    (traces.disagreement, ["sensor.fault:disagrees", "sensor.recovered"], 30),
    (traces.foam, ["sensor.fault:creeping", "sensor.recovered"], 30),
]


@pytest.mark.parametrize(("trace", "events", "level"), EXPECTED, ids=lambda one: getattr(one, "__name__", ""))
def test_what_is_told_of_a_trace(trace: Callable[[], list[Row]], events: list[str], level: float) -> None:
    told = replay(trace)
    assert [kind for kind in kinds(told) if kind != "bin.nearlyfull" or "bin.nearlyfull" in events] == events
    assert percent(told) == pytest.approx(level, abs=1.5)


def test_a_steady_fill_is_told_in_steps_upwards() -> None:
    levels = told_levels(replay(traces.steady_fill))
    assert levels == sorted(levels)
    assert 18 <= len(levels) <= 26


@pytest.mark.parametrize(("trace", "level"), [(traces.bag_swing, 40), (traces.lid_slam, 55)])
def test_what_swings_past_never_becomes_a_level(trace: Callable[[], list[Row]], level: float) -> None:
    told = replay(trace)
    assert told_levels(told) == [pytest.approx(level, abs=1.0)]
    assert all(one is None or abs(one - level) < 1.5 for _, one in told.levels)


def test_emptying_tells_from_where_to_where() -> None:
    told = replay(traces.emptied)
    (report,) = [one.report for one in told.told if one.report.type == "bin.emptied"]
    assert report.data["before"] == pytest.approx(93, abs=1.5)
    assert report.data["percent"] == pytest.approx(2, abs=1.5)
    assert report.data["stage"] == "room"


def test_a_compaction_is_told_as_one_and_is_no_emptying() -> None:
    told = replay(traces.compaction)
    changes = [one.report.data["percent"] for one in told.told if one.report.data.get("change") == "compacted"]
    assert changes == [pytest.approx(58, abs=1.5)]


def test_ice_is_never_taken_for_a_full_bin() -> None:
    told = replay(traces.ice)
    assert all(level is None or level < 35 for _, level in told.levels)


def test_the_level_is_unknown_while_its_only_sensor_is_absent() -> None:
    levels = [level for _, level in replay(traces.dead_sensor).levels]
    gone = levels.index(None)
    assert levels[gone - 1] == pytest.approx(45, abs=1.5)
    assert levels[gone + 1] == pytest.approx(45, abs=1.5)


def test_garbage_in_every_fourth_reading_changes_nothing() -> None:
    before_the_worst = [level for at, level in replay(traces.garbage).levels if at < 100 + 2 * HOUR]
    assert all(level is None or abs(level - 50) < 1.5 for level in before_the_worst)
    assert None not in before_the_worst[1:]


def test_of_two_that_disagree_the_fuller_is_told_as_doubtful() -> None:
    told = replay(traces.disagreement)
    assert max(level for _, level in told.levels if level is not None) == pytest.approx(75, abs=1.5)
    fault = next(one for one in told.told if one.report.type == "sensor.fault")
    assert fault.report.data["component"] == "other"
    assert fault.report.data["detail"].startswith("left, right")


def test_foam_is_told_as_a_level_in_doubt() -> None:
    told = replay(traces.foam)
    doubtful = [one.report.data["percent"] for one in told.told if one.report.data.get("doubtful")]
    assert doubtful
    assert max(doubtful) > 75
    assert "bin.emptied" not in kinds(told)


def test_a_jump_of_the_wall_clock_and_a_restart_change_no_level() -> None:
    levels = told_levels(replay(traces.clock_jump))
    assert levels == sorted(levels)  # out of order and repeated readings included; told once more after the restart
    assert levels[0] == pytest.approx(20, abs=1.5)


def test_a_holiday_week_is_quiet_and_no_fault() -> None:
    told = replay(traces.holiday_week)
    assert not any(kind.startswith("sensor") for kind in kinds(told))
    assert kinds(told).count("bin.emptied") >= 7


def test_the_forecast_follows_a_holiday_whether_configured_or_not() -> None:
    days = tuple(f"2026-12-{day}" for day in range(21, 28))
    told = replay(traces.holiday_week)
    configured = replay(traces.holiday_week, days).result()["forecast"]
    found = told.result()["forecast"]
    # At a fifth of six percent a day the room that is left lasts for more days than it would at thirty.
    usual_h = (BIN.full_percent - percent(told)) / 30 * 24
    assert found is not None
    assert found["basis"] == "pattern"
    assert found["full_in_h"] > usual_h
    assert configured is None or configured["full_in_h"] > usual_h
