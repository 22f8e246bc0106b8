"""What can be configured of card reader and keypad: one class per driver."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from edge.cards import read_card
from edge.config.check import Between, Check, Key, Problems
from edge.config.kinds import Pin
from edge.errors import DataError

Baud = Annotated[int, Between(1200, 1_000_000)]
_ROWS = 4
_FIXED_PULL_UPS = (2, 3)  # 1.8 kΩ on every board, for I²C


def _card_problem(name: str) -> str:
    try:
        return "" if read_card(name) == name else f"{name!r} should be written like w26:17-12345"
    except DataError as error:
        return f"{name!r}: {error.message}"


CardName = Annotated[str, Check(_card_problem)]


@dataclass(frozen=True, slots=True)
class LineReaderConfig:
    """A reader that prints each id to a serial port. `frame`: `lines`, or `stx` with a checksum. `digits`: how many an
    id has in a line; ten in a frame.
    """

    driver: Literal["line"]
    port: Path
    baud: Baud = 9600
    frame: Literal["lines", "stx"] = "stx"
    digits: Annotated[int, Between(4, 20)] = 10


@dataclass(frozen=True, slots=True)
class WiegandReaderConfig:
    """A Wiegand reader behind a serial bridge. `frame`: bits as `lines` of 0 and 1, or `frames` with a checksum."""

    driver: Literal["wiegand"]
    port: Path
    baud: Baud = 9600
    frame: Literal["lines", "frames"] = "frames"


@dataclass(frozen=True, slots=True)
class Pn532ReaderConfig:
    """NXP's PN532, switched to its serial port."""

    driver: Literal["pn532"]
    port: Path
    baud: Baud = 115200


@dataclass(frozen=True, slots=True)
class OsdpReaderConfig:
    """An OSDP v2 reader on RS-485. `key_file`: its Secure Channel Base Key, 32 hexadecimal digits."""

    driver: Literal["osdp"]
    port: Path
    key_file: Path
    baud: Literal[9600, 19200, 38400, 57600, 115200, 230400] = 9600
    address: Annotated[int, Between(0, 126)] = 0


@dataclass(frozen=True, slots=True)
class SimulatedReaderConfig:
    """The Wiegand driver at a pseudo-terminal, where `cards` are shown one after the other, each for a second."""

    driver: Literal["simulated"]
    cards: tuple[CardName, ...] = ()
    every_s: Annotated[float, Between(2.0, 3600.0)] = 15.0


CardConfig = LineReaderConfig | WiegandReaderConfig | Pn532ReaderConfig | OsdpReaderConfig | SimulatedReaderConfig


@dataclass(frozen=True, slots=True)
class MatrixKeypad:
    """A keypad of wires that cross: four rows of three or four keys, from above and from the left. BCM numbers."""

    driver: Literal["matrix"]
    row_pins: tuple[Pin, ...]
    column_pins: tuple[Pin, ...]


@dataclass(frozen=True, slots=True)
class SerialKeypad:
    """A keypad on a serial port. `frame`: the keys as `ascii`, or Wiegand messages of a bridge as for a reader."""

    driver: Literal["serial"]
    port: Path
    baud: Baud = 9600
    frame: Literal["ascii", "lines", "frames"] = "ascii"


@dataclass(frozen=True, slots=True)
class ReaderKeypad:
    """The keys of the card reader."""

    driver: Literal["reader"]


@dataclass(frozen=True, slots=True)
class SimulatedKeypad:
    """The serial driver at a pseudo-terminal, on which nobody types unless a program does."""

    driver: Literal["simulated"]


KeypadConfig = MatrixKeypad | SerialKeypad | ReaderKeypad | SimulatedKeypad


Readers = Mapping[str, CardConfig]
"""The card readers by the name of their table."""


def credential_problems(readers: Readers, keypad: KeypadConfig | None) -> Problems:
    """What no single value of the tables can tell."""
    problems: Problems = []
    if isinstance(keypad, MatrixKeypad):
        if len(keypad.row_pins) != _ROWS:
            problems.append((("keypad", "row_pins"), f"should be {_ROWS} pins, from above"))
        problems += [
            (("keypad", "row_pins", str(place)), f"pin {pin} has a fixed pull-up, and a row has to float")
            for place, pin in enumerate(keypad.row_pins)
            if pin in _FIXED_PULL_UPS
        ]
        if len(keypad.column_pins) not in (3, 4):
            problems.append((("keypad", "column_pins"), "should be 3 or 4 pins, from the left"))
    if isinstance(keypad, ReaderKeypad) and isinstance(
        readers.get("card"), LineReaderConfig | Pn532ReaderConfig | None
    ):
        problems.append((("keypad", "driver"), "this needs a [card] whose reader has keys: wiegand or osdp"))
    taken: dict[Path, str] = {}
    for key, port in ports_of(readers, keypad):
        if port in taken:
            told = f"is that of {taken[port]} already"
            problems.append((key, f"{told}; a reader with keys takes driver = 'reader'" if "keypad" in key else told))
        taken[port] = key[0]
    return problems


def ports_of(readers: Readers, keypad: KeypadConfig | None) -> Iterator[tuple[Key, Path]]:
    """The serial ports of them all."""
    for name, reader in readers.items():
        if not isinstance(reader, SimulatedReaderConfig):
            yield (name, "port"), reader.port
    if isinstance(keypad, SerialKeypad):
        yield ("keypad", "port"), keypad.port
