"""The script of a simulated gate camera: who comes, when, alive or with what in his hands. TOML, one table each:

[[visitor]]
picture = "obama3.jpg"    # beside the script
begins_s = 3.0            # seconds after the camera was opened
stays_s = 5.0
kind = "live"             # or print, bent, cutout, screen, replay: the portrait in that form; pass: the picture on
                          # a sheet, held up close
answers = true            # does what the voice asks for
gestures = [{ at_s = 2.0, does = "turn_left" }]    # seconds after it came
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from edge.config.check import Between, Problems, read_table
from edge.errors import DataError
from edge.events import Gesture

_HINT = "one table [[visitor]] for each who comes"
_MOST = 200
_CAN_MOVE = ("live", "replay")

Kind = Literal["live", "print", "bent", "cutout", "screen", "replay", "pass"]
Does = Literal["blink", "turn_left", "turn_right", "open_mouth", "look_up"]


@dataclass(frozen=True, slots=True)
class Move:
    """A gesture, `at_s` after its visitor came."""

    at_s: Annotated[float, Between(0.0, 600.0)]
    does: Does

    @property
    def gesture(self) -> Gesture:
        return Gesture(self.does)


@dataclass(frozen=True, slots=True)
class Visitor:
    """One table of the script."""

    picture: str
    begins_s: Annotated[float, Between(0.0, 86400.0)]
    stays_s: Annotated[float, Between(0.5, 600.0)] = 5.0
    kind: Kind = "live"
    answers: bool = False
    gestures: tuple[Move, ...] = ()

    @property
    def ends_s(self) -> float:
        """When it is out of sight."""
        return self.begins_s + self.stays_s


@dataclass(frozen=True, slots=True)
class _Script:
    visitor: tuple[Visitor, ...]


def read_visitors(path: Path) -> tuple[Visitor, ...]:
    """The visitors, in the order in which they come. Raises DataError."""
    try:
        table: dict[str, Any] = tomllib.loads(path.read_text())
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}", hint="see [camera] path") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise DataError(f"{path} is no TOML: {error}", hint=_HINT) from error
    problems: Problems = []
    script = read_table(_Script, table, (), problems)
    if not problems:
        problems = [
            (("visitor", str(place)), problem)
            for place, visitor in enumerate(script.visitor)
            if (problem := _problem(visitor))
        ]
        if len(script.visitor) > _MOST:
            problems.append((("visitor",), f"there are {len(script.visitor)}, at most {_MOST} can be shown"))
    if problems:
        told = "; ".join(f"{'.'.join(key) or 'script'}: {what}" for key, what in problems)
        raise DataError(f"{path}: {told}", hint=_HINT)
    return tuple(sorted(script.visitor, key=lambda visitor: visitor.begins_s))


def _problem(visitor: Visitor) -> str:
    if visitor.answers and visitor.kind != "live":
        return "only somebody alive answers"
    if visitor.gestures and visitor.kind not in _CAN_MOVE:
        return f"a {visitor.kind} makes no gestures"
    return ""
