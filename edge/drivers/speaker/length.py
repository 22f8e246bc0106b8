"""How long a WAV file plays."""

from __future__ import annotations

import wave
from pathlib import Path

from edge.errors import HardwareError


def duration_s(wav: Path) -> float:
    """Seconds by the file's header; raises HardwareError for a file that is missing or no WAV."""
    try:
        with wave.open(str(wav), "rb") as stream:
            return stream.getnframes() / stream.getframerate()
    # Beyond its own error, `wave` raises RuntimeError and ZeroDivisionError on some damaged headers.
    except (OSError, EOFError, wave.Error, RuntimeError, ZeroDivisionError) as error:
        raise HardwareError(
            f"{wav.name} cannot be played: {error!r}", hint="delete it, it is rendered again"
        ) from error
