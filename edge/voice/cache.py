"""The rendered prompts on disk: one WAV file per utterance and engine, with a note beside it.

A file is named after everything that shapes its sound, so a change of wording, rate or lead-in renders anew.
The engine's version stands apart at the end of the name: after an upgrade the old rendering serves until the
new one is there. The note holds the checksum; nothing is synced to the card, a torn file is found by it.
"""

from __future__ import annotations

import hashlib
import json
import logging
import re
import zlib
from collections.abc import Collection
from pathlib import Path

from edge.errors import HardwareError
from edge.voice import wav
from edge.voice.utterance import Utterance, spoken_rate

log = logging.getLogger(__name__)

_REVISION = 2  # of everything that shapes the sound and has no name of its own: voices, pinyin, trimming, loudness
_OURS = re.compile(r"(\.tmp-)?[a-z]+-[0-9a-f]{16}(-[\w.-]+)?\.(wav|json)")


class VoiceCache:
    """The directory is the cache's own. `rate_wpm`: words a minute; `lead_in_s`: silence before the first sound."""

    def __init__(self, directory: Path, rate_wpm: int, lead_in_s: float) -> None:
        self._directory = directory
        self._rate_wpm = rate_wpm
        self._lead_in_s = lead_in_s

    def find(self, said: Utterance, renderer: str | None = None) -> Path | None:
        """An undamaged file for the utterance: made by `renderer`, or by any when that is not known."""
        stem = self._stem(said)
        if renderer is not None:
            files = [self._directory / f"{stem}-{renderer}.wav"]
        else:
            files = sorted(self._directory.glob(f"{stem}-*.wav"), key=_written_ns, reverse=True)
        return next((file for file in files if _undamaged(file)), None)

    def scratch(self, said: Utterance) -> Path:
        """Where to render to, in the same directory; raises HardwareError when that cannot be made."""
        try:
            self._directory.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise HardwareError(
                f"the voice's cache {self._directory} cannot be made: {error.strerror}",
                hint="check that its parent is a directory the service may write to",
            ) from error
        return self._directory / f".tmp-{self._stem(said)}.wav"

    def store(self, said: Utterance, scratch: Path, renderer: str) -> Path:
        """Check what was rendered and give it its name; raises DataError, or HardwareError on a full disk."""
        sound = wav.read(scratch)
        wav.check_speech(sound, said.text)
        file = self._directory / f"{self._stem(said)}-{renderer}.wav"
        note = {
            "text": said.text,
            "language": said.language,
            "renderer": renderer,
            "duration_s": round(sound.duration_s, 3),
        }
        try:
            note["crc32"] = zlib.crc32(scratch.read_bytes())
            file.with_suffix(".json").write_text(json.dumps(note, ensure_ascii=False), encoding="utf-8")
            scratch.replace(file)
        except OSError as error:
            raise HardwareError(f"{file} cannot be written: {error.strerror}", hint="is the disk full?") from error
        return file

    def prune(self, keep: Collection[Utterance], renderer: str) -> int:
        """Delete what no utterance of `keep` needs any more; returns how many files. No rendering may be on.

        By name: a damaged file that is needed is found out, and replaced, when it is asked for.
        """
        kept = {f"{self._stem(said)}-{renderer}" for said in keep}
        gone = 0
        try:
            for file in self._directory.iterdir():
                if _OURS.fullmatch(file.name) and file.name.rsplit(".", 1)[0] not in kept:
                    file.unlink()
                    gone += 1
        except OSError as error:
            log.warning("old prompts in %s cannot be deleted: %s", self._directory, error.strerror)
        return gone

    def _stem(self, said: Utterance) -> str:
        shape = json.dumps([_REVISION, said.text, spoken_rate(self._rate_wpm, slow=said.slow), self._lead_in_s])
        return f"{said.language}-{hashlib.sha256(shape.encode()).hexdigest()[:16]}"


def _undamaged(file: Path) -> bool:
    try:
        note = json.loads(file.with_suffix(".json").read_bytes())
        return bool(note["crc32"] == zlib.crc32(file.read_bytes()))
    except (OSError, ValueError, LookupError, TypeError):
        return False


def _written_ns(file: Path) -> int:
    try:
        return file.stat().st_mtime_ns
    except OSError:
        return 0
