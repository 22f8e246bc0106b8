from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from edge.drivers.station.thermometer import STALE_S, Thermometers, read_one_wire
from edge.errors import DataError


@pytest.mark.parametrize(("text", "celsius"), [("21062\n", 21.062), ("-5500\n", -5.5), ("0\n", 0.0), ("85062", 85.062)])
def test_thousandths_of_a_degree(tmp_path: Path, text: str, celsius: float) -> None:
    file = tmp_path / "temperature"
    file.write_text(text)
    assert read_one_wire(file) == celsius


@pytest.mark.parametrize(
    "text",
    [
        "",
        "85000\n",
        "127937",
        "-99000",
        "warm",
        "50 05 4b 46 7f ff 0c 10 1c : crc=1c YES",
        "\xff" * 100,
        "1e3",
        "9" * 40,
    ],
)
def test_what_is_no_measurement(tmp_path: Path, text: str) -> None:
    file = tmp_path / "temperature"
    file.write_bytes(text.encode("latin-1"))
    with pytest.raises(DataError):
        read_one_wire(file)


class Bench:
    def __init__(self) -> None:
        self.now_s = 100.0
        self.celsius: dict[str, float | None] = {"a": 20.0, "b": 30.0}
        self.meters = Thermometers({"a": Path("a"), "b": Path("b")}, self.read, lambda: self.now_s)

    def read(self, path: Path) -> float:
        celsius = self.celsius[str(path)]
        if celsius is None:
            raise OSError("no such device")
        return celsius


def test_each_bin_has_its_own() -> None:
    bench = Bench()
    bench.meters.look()
    assert (bench.meters.now("a"), bench.meters.now("b"), bench.meters.now("c")) == ((20.0, ""), (30.0, ""), (None, ""))


def test_one_that_does_not_answer_is_a_fault_when_it_is_stale() -> None:
    bench = Bench()
    bench.meters.look()
    bench.celsius["a"] = None
    bench.now_s += STALE_S - 1.0
    bench.meters.look()
    assert bench.meters.now("a") == (20.0, "")  # one reading that failed says nothing
    bench.now_s += 1.0
    assert bench.meters.now("a") == (None, "no such device")
    assert bench.meters.now("b") == (30.0, "")
    bench.celsius["a"] = 25.0
    bench.meters.look()
    assert bench.meters.now("a") == (25.0, "")


def test_a_read_that_hangs_in_the_kernel_holds_up_nobody(tmp_path: Path) -> None:
    fifo = tmp_path / "temperature"
    os.mkfifo(fifo)  # to open it waits for a writer
    now_s, looked = 100.0, threading.Event()
    meters = Thermometers({"a": fifo}, clock=lambda: now_s)

    def look() -> None:
        meters.look()
        looked.set()

    hanging = threading.Thread(target=look)
    hanging.start()
    assert meters.now("a") == (None, "does not answer")
    assert not looked.is_set()
    fifo.write_text("21000\n")
    hanging.join(10.0)
    assert meters.now("a") == (21.0, "")


def test_it_stops_between_two_readings() -> None:
    bench = Bench()
    bench.meters.stop()
    bench.meters.look()
    assert bench.meters.now("a") == (None, "does not answer")
