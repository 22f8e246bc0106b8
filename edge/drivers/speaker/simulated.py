"""A loudspeaker that leaves what it played in a folder, and takes as long over it as a real one."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

from edge.drivers.speaker.length import duration_s
from edge.drivers.speaker.volume import at_volume
from edge.errors import HardwareError

_HINT = "check that the simulated speaker's directory can be written to"


class SimulatedSpeaker:
    """Leaves each prompt in `directory` as `0001-granted.wav`, as loud as it would be heard, and adds a line to
    `spoken.jsonl`.

    A line has `phrase`, `text` and `language` (from the note that the voice keeps beside a rendering; empty
    without one), `file`, `mono_s` (`monotonic` at the start), `duration_s` and `volume_percent`. No sound is made
    and no time is slept away: it plays until `monotonic` has passed the end.
    """

    def __init__(self, directory: Path, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._directory = directory
        self._now = monotonic
        self._number = 0
        self._until_s = float("-inf")

    def open(self) -> None:
        try:
            self._directory.mkdir(parents=True, exist_ok=True)
            numbers = [file.name.partition("-")[0] for file in self._directory.glob("*-*.wav")]
        except OSError as error:
            raise HardwareError(f"{self._directory} cannot be used: {error.strerror}", hint=_HINT) from error
        self._number = max((int(number) for number in numbers if number.isdecimal()), default=0)

    def start(self, wav: Path, phrase: str, volume_percent: int = 100) -> None:
        now_s, length_s = self._now(), duration_s(wav)
        try:
            text, language = _note(wav.with_suffix(".json"))
            target = self._directory / f"{self._number + 1:04d}-{phrase}.wav"
            target.write_bytes(at_volume(wav, volume_percent))
            line = {
                "phrase": phrase,
                "text": text,
                "language": language,
                "file": target.name,
                "mono_s": round(now_s, 6),
                "duration_s": round(length_s, 3),
                "volume_percent": volume_percent,
            }
            with (self._directory / "spoken.jsonl").open("a", encoding="utf-8") as log:
                log.write(json.dumps(line, ensure_ascii=False) + "\n")
        except (OSError, ValueError) as error:
            raise HardwareError(f"{wav.name} cannot be played: {error}", hint=_HINT) from error
        self._number += 1
        self._until_s = now_s + length_s

    def poll(self) -> bool:
        return self._now() < self._until_s

    def stop(self) -> None:
        self._until_s = float("-inf")

    def close(self) -> None:
        self.stop()


def _note(file: Path) -> tuple[str, str]:
    if not file.exists():
        return "", ""
    note = json.loads(file.read_text(encoding="utf-8"))
    return str(note.get("text", "")), str(note.get("language", ""))
