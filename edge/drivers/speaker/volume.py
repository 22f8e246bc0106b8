"""A WAV file louder or softer. Done to the samples: many cards have no mixer, and no two call it the same."""

from __future__ import annotations

import io
import wave
from pathlib import Path

import numpy as np

from edge.errors import HardwareError

_FULL_PERCENT = 100


def at_volume(wav: Path, volume_percent: int) -> bytes:
    """The whole file, its samples scaled to the percentage (0 to 100).

    Raises HardwareError for a file that is missing, or is not 16-bit sound.
    """
    try:
        data = wav.read_bytes()
        return data if volume_percent == _FULL_PERCENT else _scaled(data, volume_percent)
    # Beyond its own error, `wave` raises RuntimeError and ZeroDivisionError on some damaged headers.
    except (OSError, EOFError, wave.Error, RuntimeError, ZeroDivisionError, ValueError) as error:
        raise HardwareError(
            f"{wav.name} cannot be played: {error!r}", hint="delete it, it is rendered again"
        ) from error


def _scaled(data: bytes, volume_percent: int) -> bytes:
    with wave.open(io.BytesIO(data), "rb") as source:
        shape, frames = source.getparams(), source.readframes(source.getnframes())
    if shape.sampwidth != 2:
        raise ValueError(f"{8 * shape.sampwidth}-bit sound")
    samples = np.frombuffer(frames, "<i2").astype(np.int32) * volume_percent // _FULL_PERCENT
    out = io.BytesIO()
    with wave.open(out, "wb") as target:
        target.setparams(shape)
        target.writeframes(samples.astype("<i2").tobytes())
    return out.getvalue()
