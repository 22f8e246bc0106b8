"""No loudspeaker: for gates without one."""

from __future__ import annotations

from pathlib import Path


class SilentSpeaker:
    """Every prompt is over at once. Give the voice no languages with it, and nothing is rendered either."""

    def open(self) -> None:
        """Nothing to find."""

    def start(self, wav: Path, phrase: str, volume_percent: int = 100) -> None:
        """Nothing to be heard."""

    def poll(self) -> bool:
        return False

    def stop(self) -> None:
        """Silent already."""

    def close(self) -> None:
        """Nothing to let go of."""
