"""Folders laid out like the kernel's, of a Raspberry Pi 4, a Pi 5 and a laptop."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.drivers import board
from edge.drivers.board import Power, Trouble
from edge.drivers.board.watch import ASK_S, BoardWatch


class Kernel:
    def __init__(self, root: Path, firmware: str = "soc/soc:firmware") -> None:
        self.root = root
        self._firmware = firmware

    def _write(self, name: str, text: str) -> None:
        file = self.root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text + "\n")

    def zone(self, number: int, kind: str, milli: str) -> None:
        self._write(f"class/thermal/thermal_zone{number}/type", kind)
        self._write(f"class/thermal/thermal_zone{number}/temp", milli)

    def throttled(self, bits: str) -> None:
        self._write(f"devices/platform/{self._firmware}/get_throttled", bits)

    def alarm(self, text: str, name: str = "rpi_volt") -> None:
        self._write("class/hwmon/hwmon2/name", name)
        self._write("class/hwmon/hwmon2/in0_lcrit_alarm", text)


@pytest.fixture
def kernel(tmp_path: Path) -> Kernel:
    return Kernel(tmp_path)


def test_the_temperature_is_the_processors(kernel: Kernel) -> None:
    kernel.zone(0, "acpitz", "27800")
    assert board.temperature_c(kernel.root) == 27.8
    kernel.zone(1, "x86_pkg_temp", "51000")
    assert board.temperature_c(kernel.root) == 51.0
    kernel.zone(2, "cpu-thermal", "not now")
    assert board.temperature_c(kernel.root) == 51.0


def test_what_is_not_there_is_unknown(kernel: Kernel) -> None:
    assert board.temperature_c(kernel.root) is None
    assert board.power(kernel.root) == Power()
    assert board.disk(kernel.root / "missing") is None


@pytest.mark.parametrize("firmware", ["soc/soc:firmware", "soc@107c000000/soc@107c000000:firmware"])
@pytest.mark.parametrize(
    ("bits", "under_voltage", "throttled"),
    [
        ("0", (False, False), (False, False)),
        ("50005", (True, True), (True, True)),
        ("50000", (False, True), (False, True)),
        ("80008", (False, False), (True, True)),
        ("20000", (False, False), (False, True)),
        ("1", (True, True), (False, False)),
    ],
)
def test_the_firmwares_bits(
    tmp_path: Path, firmware: str, bits: str, under_voltage: tuple[bool, bool], throttled: tuple[bool, bool]
) -> None:
    kernel = Kernel(tmp_path, firmware)
    kernel.throttled(bits)
    assert board.power(tmp_path) == Power(Trouble(*under_voltage), Trouble(*throttled))


def test_the_sensor_of_the_supply_counts_too(kernel: Kernel) -> None:
    kernel.alarm("1")
    assert board.power(kernel.root) == Power(Trouble(True, None))
    kernel.throttled("0")
    assert board.power(kernel.root) == Power(Trouble(True, True), Trouble(False, False))
    kernel.alarm("1", name="k10temp")
    assert board.power(kernel.root).under_voltage == Trouble(False, False)


@pytest.mark.parametrize("text", ["", "garbage", "\xff"])
def test_a_sensor_that_says_nonsense_is_no_sensor(kernel: Kernel, text: str) -> None:
    kernel.throttled(text)
    kernel.alarm(text)
    kernel.zone(0, "cpu-thermal", text)
    assert board.power(kernel.root) == Power()
    assert board.temperature_c(kernel.root) is None


class Watched:
    def __init__(self, folder: Path) -> None:
        self.kernel = Kernel(folder / "sys")
        self.now_s = 0.0
        self.store = folder / "events.db"
        self.watch = BoardWatch(folder, self.store, quota_mb=10, sys=self.kernel.root, monotonic=lambda: self.now_s)

    def at(self, milli: int) -> object:
        self.kernel.zone(0, "cpu-thermal", str(milli))
        self.now_s += ASK_S
        return self.watch.status()["temperature_c"]


def test_the_temperature_shown_changes_seldom_and_the_hottest_is_kept(tmp_path: Path) -> None:
    watched = Watched(tmp_path)
    assert [watched.at(milli) for milli in (47_400, 48_000, 52_000, 48_500)] == [45.0, 45.0, 50.0, 50.0]
    assert watched.watch.status()["figures"] == {"temperature_c": 48.5}
    assert watched.watch.hottest_c() == 52.0
    watched.at(41_000)
    assert watched.watch.hottest_c() == 48.5  # what it was when asked last


def test_the_sensors_are_asked_now_and_then(tmp_path: Path) -> None:
    watched = Watched(tmp_path)
    watched.at(40_000)
    watched.kernel.zone(0, "cpu-thermal", "90000")
    watched.now_s += ASK_S - 0.1
    assert watched.watch.status()["figures"]["temperature_c"] == 40.0


def test_a_laptop_says_null(tmp_path: Path) -> None:
    unknown = {"now": None, "since_boot": None}
    assert Watched(tmp_path).watch.status() == {
        "temperature_c": None,
        "under_voltage": unknown,
        "throttled": unknown,
        "figures": {"temperature_c": None},
    }


def test_the_disk_and_the_share_of_the_quota(tmp_path: Path) -> None:
    watched = Watched(tmp_path)
    watched.store.write_bytes(bytes(2_000_000))
    watched.store.with_name("events.db-wal").write_bytes(bytes(1_100_000))
    told = watched.watch.disk()
    assert told["quota_share"] == 0.3
    assert (told["figures"]["store_mb"], told["figures"]["quota_mb"]) == (3.1, 10)
    found = board.disk(tmp_path)
    assert found is not None
    assert abs(told["free_mb"] - found.free / 1e6) <= 0.05 * found.total / 1e6
    assert told["figures"]["free_mb"] > 0
