"""Loudspeakers: a `Speaker` plays finished WAV files. Rendering text is the voice's matter (`edge.voice`)."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol


class Speaker(Protocol):
    """Plays one WAV file at a time. Every call returns within its bound."""

    def open(self) -> None:
        """Find the card; raises HardwareError with a hint when there is none."""
        ...

    def start(self, wav: Path, phrase: str, volume_percent: int = 100) -> None:
        """Begin playing; whatever is playing is cut off. Returns at once. `volume_percent`: of the file's own, in
        amplitude. Raises HardwareError.
        """
        ...

    def poll(self) -> bool:
        """Whether a file is still being played; raises HardwareError when playing failed."""
        ...

    def stop(self) -> None:
        """Fall silent now."""
        ...

    def close(self) -> None: ...
