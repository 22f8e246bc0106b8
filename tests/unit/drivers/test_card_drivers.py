"""The card readers' drivers at real pseudo-terminals, with simulated readers at the far end."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from line_bench import Bench

from edge.config.credentials import (
    LineReaderConfig,
    OsdpReaderConfig,
    Pn532ReaderConfig,
    SimulatedReaderConfig,
    WiegandReaderConfig,
)
from edge.drivers.card import Card, CardReader, Keys, Shown
from edge.drivers.card.instruments import SimulatedBridge, SimulatedPn532, Talker, bits_of_card, stx_frame
from edge.drivers.card.line import LineReader
from edge.drivers.card.osdp import OsdpReader
from edge.drivers.card.pn532 import Pn532Reader
from edge.drivers.card.simulated import SimulatedReader
from edge.drivers.card.wiegand import WiegandReader
from edge.drivers.level.pseudo_terminal import Instrument
from edge.errors import HardwareError
from edge.parts.card import make_card_reader

READ_S = 0.25
TRIES = 60
"""Of READ_S each; one is enough on a machine that is not busy."""
NUMBER = bytes.fromhex("0400A1B2C3")


def shown_at(reader: CardReader, wanted: int = 1) -> list[Shown]:
    """The next `wanted` things that are shown; fails when they do not come in TRIES."""
    found: list[Shown] = []
    for _ in range(TRIES):
        found += reader.read(READ_S)
        if len(found) >= wanted:
            return found
    raise AssertionError(f"only {found}")


def test_a_reader_with_a_checksum(bench: Bench) -> None:
    talker = Talker()
    reader = bench.opened(LineReader(LineReaderConfig("line", bench.line(talker).path)))
    talker.say(b"noise\xff" + stx_frame(NUMBER))
    assert shown_at(reader) == [Card("em:0400A1B2C3")]
    assert reader.refused == 6
    assert not reader.secured


def test_a_reader_that_prints_lines_cut_in_two(bench: Bench) -> None:
    talker = Talker()
    settings = LineReaderConfig("line", bench.line(talker).path, frame="lines", digits=8)
    reader = bench.opened(LineReader(settings))
    talker.say(b"00AB")
    talker.say(b"CDEF\r\n")
    assert shown_at(reader) == [Card("id:00ABCDEF")]


@pytest.mark.parametrize("frame", ["lines", "frames"])
def test_a_bridge_with_cards_and_keys(bench: Bench, frame: Any) -> None:
    bridge = SimulatedBridge() if frame == "frames" else Talker()
    reader = bench.opened(WiegandReader(WiegandReaderConfig("wiegand", bench.line(bridge).path, frame=frame)))
    if isinstance(bridge, SimulatedBridge):
        bridge.show("w26:17-12345")
        bridge.press("4#")
    else:
        for bits in (bits_of_card("w26:17-12345"), "10110100", "1011"):
            bridge.say(f"\n{bits}\r\n".encode())
    assert shown_at(reader, 3) == [Card("w26:17-12345"), Keys("4"), Keys("#")]


def test_wrong_parity_is_no_card_and_counted(bench: Bench) -> None:
    bridge = Talker()
    reader = bench.opened(WiegandReader(WiegandReaderConfig("wiegand", bench.line(bridge).path, frame="lines")))
    bridge.say(b"\n" + b"1" * 26 + b"\r\n" + bits_of_card("w34:1-2").encode() + b"\r\n")
    assert shown_at(reader) == [Card("w34:1-2")]
    assert reader.refused == 26


@pytest.mark.parametrize("uid", ["04A1B2C3", "04A1B2C3D4E5F6", "04A1B2C3D4E5F6071829"])
def test_a_pn532_tells_a_card_as_long_as_it_is_there(bench: Bench, uid: str) -> None:
    chip = SimulatedPn532()
    reader = bench.opened(Pn532Reader(Pn532ReaderConfig("pn532", bench.line(chip).path)))
    assert reader.read(READ_S) == ()
    chip.uid = bytes.fromhex(uid)
    assert shown_at(reader, 2)[:2] == [Card(f"uid:{uid}")] * 2
    chip.uid = b""
    assert reader.read(READ_S) == ()


def test_a_pn532_that_is_not_there_or_falls_silent(bench: Bench) -> None:
    chip = SimulatedPn532()
    path = bench.line(chip).path
    chip.dead = True
    with pytest.raises(HardwareError, match="does not answer"):
        Pn532Reader(Pn532ReaderConfig("pn532", path)).open()
    chip.dead = False
    reader = bench.opened(Pn532Reader(Pn532ReaderConfig("pn532", path)))
    chip.dead = True
    with pytest.raises(HardwareError, match="unanswered"):
        for _ in range(TRIES):
            reader.read(READ_S)


def test_a_pn532_is_asked_again_when_it_has_not_understood(bench: Bench) -> None:
    class Deaf(SimulatedPn532):
        nacks = 0

        def hear(self, data: bytes, mono_s: float) -> bytes:
            answer = super().hear(data, mono_s)
            if answer and self.nacks < 1:
                self.nacks += 1
                return b"\x00\x00\xff\xff\x00\x00"
            return answer

    chip = Deaf()
    bench.opened(Pn532Reader(Pn532ReaderConfig("pn532", bench.line(chip).path)))
    assert chip.nacks == 1


def unplugged(bench: Bench, make: Callable[[Path], CardReader], instrument: Instrument) -> None:
    line = bench.line(instrument)
    reader = bench.opened(make(line.path))
    line.unplug()
    with pytest.raises(HardwareError):
        for _ in range(TRIES):
            reader.read(READ_S)
    reader.close()
    with pytest.raises(HardwareError):
        reader.open()


def test_a_reader_that_is_unplugged_is_gone(bench: Bench) -> None:
    unplugged(bench, lambda path: LineReader(LineReaderConfig("line", path)), Talker())
    unplugged(bench, lambda path: WiegandReader(WiegandReaderConfig("wiegand", path)), Talker())
    unplugged(bench, lambda path: Pn532Reader(Pn532ReaderConfig("pn532", path)), SimulatedPn532())


def test_the_simulated_reader_shows_its_cards_and_what_it_is_told_to(bench: Bench) -> None:
    now = [100.0]
    bridge = SimulatedBridge()
    settings = SimulatedReaderConfig("simulated", cards=("w26:1-2", "w34:3-4"), every_s=10.0)
    reader = bench.opened(SimulatedReader(settings, bridge, lambda: now[0]))
    bridge.show("w26:9-9")
    found: list[Shown] = []
    for _ in range(TRIES):
        now[0] += 5.0
        found += reader.read(READ_S)
        if len(found) >= 3:
            break
    assert set(found) >= {Card("w26:9-9"), Card("w26:1-2"), Card("w34:3-4")}


def test_each_table_makes_its_reader(tmp_path: Path) -> None:
    port = tmp_path / "tty"
    made = [
        (LineReaderConfig("line", port), LineReader),
        (WiegandReaderConfig("wiegand", port), WiegandReader),
        (Pn532ReaderConfig("pn532", port), Pn532Reader),
        (OsdpReaderConfig("osdp", port, tmp_path / "key"), OsdpReader),
        (SimulatedReaderConfig("simulated"), SimulatedReader),
    ]
    for settings, kind in made:
        reader = make_card_reader(settings)  # type: ignore[arg-type]
        assert type(reader) is kind
        assert reader.secured == (kind is OsdpReader)
