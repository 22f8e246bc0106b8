"""What a simulated visitor hears: the lines that the simulated loudspeaker leaves when it speaks."""

from __future__ import annotations

import json
from pathlib import Path

from edge.events import Gesture

_MOST_BYTES = 1 << 16  # of new lines, read at one time


class Hearing:
    """Follows a `spoken.jsonl`, see edge.drivers.speaker.simulated. A file that is not there yet is silence."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._read = 0

    def skip(self) -> None:
        """What was said until now was not for who comes later."""
        if self._file.exists():
            self._read = self._file.stat().st_size

    def asked(self) -> list[tuple[float, Gesture]]:
        """The gestures that were asked for since the last call, each with the monotonic second at which the sentence
        ends. A phrase asks for the gesture whose name is in its own. Lines that say nothing like that are passed over.
        """
        if not self._file.exists() or self._file.stat().st_size <= self._read:
            return []
        with self._file.open("rb") as stream:
            stream.seek(self._read)
            lines, _, _ = stream.read(_MOST_BYTES).rpartition(b"\n")  # the last one may not be whole yet
        self._read += len(lines) + bool(lines)
        return [asked for line in lines.splitlines() if (asked := _asked(line))]


def _asked(line: bytes) -> tuple[float, Gesture] | None:
    try:
        told = json.loads(line)
        phrase, ends_s = str(told["phrase"]), float(told["mono_s"]) + float(told["duration_s"])
    except (ValueError, TypeError, KeyError):  # not a line of the loudspeaker: nothing that could be understood
        return None
    return next(((ends_s, gesture) for gesture in Gesture if gesture.value in phrase), None)
