"""A rendered prompt as sound: whether it can be what was asked for, and its silences cut to measure.

Everything here is 16-bit mono PCM in a RIFF file, as espeak-ng makes it.
"""

from __future__ import annotations

import array
import sys
import wave
from dataclasses import dataclass
from pathlib import Path

from edge.errors import DataError

QUIETEST_PEAK = 2000
"""Of 32767. espeak-ng's speech peaks above 15,000; a file below this is silence or noise."""

_SILENCE = 300  # of 32767, about -41 dB: softer is not heard beside a road
_LOUDEST = 32000  # of 32767: a card's own filter overshoots a little
_ATTACK_S = 0.005  # kept before the first loud sample, so that a soft consonant is not cut
_TAIL_S = 0.15  # kept after the last one: a card that stops a period early cuts silence, not speech
_LEAST_S, _LEAST_S_PER_CHARACTER = 0.15, 0.02
_MOST_S, _MOST_S_PER_CHARACTER = 2.0, 0.6


@dataclass(frozen=True, slots=True)
class Sound:
    """`samples` in [-32768, 32767] at `rate` per second."""

    samples: array.array[int]
    rate: int

    @property
    def duration_s(self) -> float:
        return len(self.samples) / self.rate

    @property
    def peak(self) -> int:
        return max(max(self.samples), -min(self.samples)) if self.samples else 0


def read(path: Path) -> Sound:
    """The whole file; raises DataError when it is no complete 16-bit mono WAV file."""
    try:
        with wave.open(str(path), "rb") as stream:
            shape = (stream.getnchannels(), stream.getsampwidth())
            frames, rate = stream.getnframes(), stream.getframerate()
            data = stream.readframes(frames)
    # Beyond its own error, `wave` raises RuntimeError and ZeroDivisionError on some damaged headers.
    except (OSError, EOFError, wave.Error, RuntimeError, ZeroDivisionError) as error:
        raise DataError(f"{path.name} is no readable WAV file: {error!r}", hint="it is rendered again") from error
    if shape != (1, 2) or rate <= 0:
        raise DataError(f"{path.name} is not 16-bit mono sound", hint="it is rendered again")
    if len(data) != 2 * frames:
        raise DataError(f"{path.name} is cut short", hint="it is rendered again")
    samples = array.array("h", data)
    if sys.byteorder == "big":
        samples.byteswap()
    return Sound(samples, rate)


def check_speech(sound: Sound, text: str) -> None:
    """Raise DataError unless `sound` can be `text` spoken: loud enough, and of a length that fits the text."""
    if sound.peak < QUIETEST_PEAK:
        raise DataError(f"the voice rendered silence (peak {sound.peak})", hint="check espeak-ng by hand")
    least = max(_LEAST_S, _LEAST_S_PER_CHARACTER * len(text))
    most = _MOST_S + _MOST_S_PER_CHARACTER * len(text)
    if not least <= sound.duration_s <= most:
        raise DataError(
            f"the voice rendered {sound.duration_s:.1f} s for {len(text)} characters",
            hint="check espeak-ng by hand",
        )


def trimmed(sound: Sound, lead_in_s: float) -> Sound:
    """The same speech after exactly `lead_in_s` of silence, and with a short silence behind it."""
    loud = [number for number, sample in enumerate(sound.samples) if abs(sample) > _SILENCE]
    if not loud:
        return sound
    first = max(0, loud[0] - round(_ATTACK_S * sound.rate))
    speech = sound.samples[first : loud[-1] + 1]
    silence = array.array("h", [0])
    lead, tail = silence * round(lead_in_s * sound.rate), silence * round(_TAIL_S * sound.rate)
    return Sound(lead + speech + tail, sound.rate)


def levelled(sound: Sound) -> Sound:
    """The same speech as loud as the form allows, so that a volume means the same for every prompt."""
    gain = _LOUDEST / max(sound.peak, 1)
    return Sound(array.array("h", [int(sample * gain) for sample in sound.samples]), sound.rate)


def write(path: Path, sound: Sound) -> None:
    """Write the file; raises OSError."""
    samples = sound.samples
    if sys.byteorder == "big":
        samples = samples[:]
        samples.byteswap()
    with wave.open(str(path), "wb") as stream:
        stream.setnchannels(1)
        stream.setsampwidth(2)
        stream.setframerate(sound.rate)
        stream.writeframes(samples.tobytes())
