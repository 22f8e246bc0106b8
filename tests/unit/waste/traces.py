"""Twelve traces of level sensors, synthesised from a seed: what a bin, its lid, the weather and its visitors do.

Each is a list of `Row`, as `read_trace` gives them. The bin is straight, 1000 mm to 150 mm; a ranger reads every ten
seconds (a minute in the long ones) with two millimetres of noise. Percentages in here are what truly is in the bin.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime

from edge.config.station import Bin
from edge.measure.level_traces import Row
from edge.waste.geometry import distance_of_percent

BIN = Bin("other")
START = datetime.fromisoformat("2026-11-23T08:00:00+08:00")  # a Monday
HOUR = 3600.0
NOISE_MM = 2.0
LID_MM = 60.0


class Story:
    """A trace as it is written: time goes on with what is told."""

    def __init__(self, seed: int, period_s: float = 10.0, sensors: tuple[str, ...] = ("top",)) -> None:
        self.rows: list[Row] = []
        self.chance = random.Random(seed)
        self.period_s = period_s
        self.sensors = sensors
        self.time_s = 100.0
        self.temperature_c = 18.0

    def measured(self, percent: float) -> float:
        return round(distance_of_percent(BIN, percent) + self.chance.gauss(0.0, NOISE_MM), 0)

    def read(self, distance_mm: float | None, *sensors: str) -> None:
        for sensor in sensors or self.sensors:
            self.rows.append(Row(self.time_s, sensor, distance_mm, temperature_c=self.temperature_c))

    def tell(self, event: str, sensor: str = "level") -> None:
        self.rows.append(Row(self.time_s, sensor, event=event))

    def stay(self, seconds: float, percent: float | Callable[[float], float], *sensors: str) -> None:
        """The bin is so full, or as full as a function of the share of the time that has passed says."""
        count = round(seconds / self.period_s)
        for number in range(count):
            self.time_s += self.period_s
            level = percent(number / count) if callable(percent) else percent
            for sensor in sensors or self.sensors:
                self.read(self.measured(level), sensor)

    def drop(self) -> None:
        self.tell("drop")

    def fill(self, hours: float, start: float, end: float, bags: int) -> None:
        """Bags come at equal distances, each raising the level alike."""
        for bag in range(bags):
            self.drop()
            self.stay(hours * HOUR / bags, start + (end - start) * (bag + 1) / bags)


def steady_fill() -> list[Row]:
    """From empty to 100 % in twenty hours by fifty bags."""
    story = Story(1)
    story.stay(600, 0)
    story.fill(20, 0, 100, 50)
    return story.rows


def bag_swing() -> list[Row]:
    """At 40 % somebody lets a bag swing in the opening for half a minute, three times, and takes it away again."""
    story = Story(2)
    story.stay(HOUR, 40)
    for _ in range(3):
        for _ in range(3):
            story.time_s += 10.0
            story.read(story.chance.uniform(150, 500))
        story.stay(300, 40)
    return story.rows


def lid_slam() -> list[Row]:
    """At 55 % the lid stands half open, is slammed and bounces: its own echo, nothing, the sky, by turns; and single
    wrong echoes afterwards.
    """
    story = Story(3)
    story.stay(HOUR, 55)
    for distance in (LID_MM, None, LID_MM + 30, 1900.0, LID_MM, None, 300.0, LID_MM):
        story.time_s += 4.0
        story.read(distance)
    for _ in range(30):
        story.stay(50, 55)
        story.time_s += 10.0
        story.read(story.chance.choice((LID_MM, 700.0, 990.0)))
    return story.rows


def emptied() -> list[Row]:
    """From 60 % to 93 %, then the lorry: a minute and a half of tipping; 2 % are left."""
    story = Story(4)
    story.stay(600, 60)
    story.fill(8, 60, 93, 20)
    for _ in range(9):
        story.time_s += 10.0
        story.read(story.chance.choice((None, 2500.0, 700.0, 300.0, 1300.0)))
    story.stay(HOUR, 2)
    return story.rows


def compaction() -> list[Row]:
    """Somebody stamps 82 % down to 58 %."""
    story = Story(5)
    story.stay(HOUR, 82)
    story.stay(HOUR, 58)
    return story.rows


def ice() -> list[Row]:
    """At 30 % the night turns cold and rime closes the ranger's face, all at once; the sun thaws it in the morning."""
    story = Story(6)
    story.temperature_c = 4.0
    story.fill(2, 20, 30, 5)
    story.stay(2 * HOUR, 30)
    story.temperature_c = -3.0
    for _ in range(6 * 360):
        story.time_s += 10.0
        story.read(31.0)
    story.temperature_c = 5.0
    story.stay(2 * HOUR, 30)
    return story.rows


def dead_sensor() -> list[Row]:
    """At 45 % the cable comes off; after three hours it is put back."""
    story = Story(7)
    story.stay(HOUR, 45)
    story.time_s += 10.0
    story.tell("absent", "top")
    story.time_s += 3 * HOUR
    story.stay(HOUR, 45)
    return story.rows


def garbage() -> list[Row]:
    """At 50 % every fourth reading is any number for an hour, then for another all are; then it is well again."""
    story = Story(8)
    story.stay(HOUR, 50)
    for number in range(360):
        story.time_s += 10.0
        story.read(float(story.chance.randrange(65536)) if number % 4 == 0 else story.measured(50))
    for _ in range(360):
        story.time_s += 10.0
        story.read(float(story.chance.randrange(1100)))
    story.stay(HOUR, 50)
    return story.rows


def clock_jump() -> list[Row]:
    """The wall clock jumps by years, back and forth, while the bin fills from 20 to 60 %; readings come twice and out
    of order; then the device restarts and its monotonic clock begins anew.
    """
    story = Story(9)
    story.stay(HOUR, 20)
    for number, year in enumerate((2031, 1999, 2026)):
        jump = round(datetime.fromisoformat(f"{year}-11-23T09:30:00+08:00").timestamp() * 1e6)
        story.time_s += 10.0
        story.rows.append(Row(story.time_s, "top", story.measured(20 + number), wall_us=jump))
        story.fill(1, 20 + number * 13, 33 + number * 13, 5)
        story.rows += [story.rows[-1], Row(story.time_s - 55, "top", 880.0), Row(story.time_s - 3000, "top", 160.0)]
    story.time_s = 15.0
    story.tell("reboot")
    story.stay(HOUR, 60)
    return story.rows


def disagreement() -> list[Row]:
    """Two rangers see 30 %; then one of them sags on its bracket and shows 75 %, for two hours, until it is fixed."""
    story = Story(10, sensors=("left", "right"))
    story.stay(HOUR, 30)
    for _ in range(720):
        story.time_s += 10.0
        story.read(story.measured(30), "left")
        story.read(story.measured(75), "right")
    story.stay(HOUR, 30)
    return story.rows


def foam() -> list[Row]:
    """Drops until 30 %; then foam rises for ten hours to 80 % with nothing dropped, and collapses overnight."""
    story = Story(11)
    story.fill(3, 10, 30, 10)
    story.stay(10 * HOUR, lambda share: 30 + 50 * share)
    story.stay(3 * HOUR, lambda share: 80 - 50 * share)
    story.stay(HOUR, 30)
    return story.rows


def holiday_week() -> list[Row]:
    """Four weeks as usual (30 % a day in twenty bags by day, emptied at six in the morning when over 70 %), then a
    week's holiday with a fifth of it. One reading in five minutes.
    """
    story = Story(12, period_s=300.0)
    level = 0.0
    for hour in range(24 * 35):
        clock, day = (hour + 8) % 24, (hour + 8) // 24
        if clock == 6 and level > 70:
            level = 1.0
        for _ in range(12):
            share = 0.2 if day >= 28 else 1.0
            if 7 <= clock < 22 and story.chance.random() < share * 20 / (15 * 12):
                story.drop()
                level = min(100.0, level + story.chance.uniform(0.5, 2.5))
            story.stay(300, level)
    return story.rows
