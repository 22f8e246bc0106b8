"""A sound card, played on by ALSA's `aplay` in a process of its own: a card that hangs takes nobody with it."""

from __future__ import annotations

import contextlib
import io
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO

from edge.drivers.speaker.length import duration_s
from edge.drivers.speaker.volume import at_volume
from edge.errors import ConfigError, HardwareError

_BY_INDEX = re.compile(r"(hw|plughw|default|sysdefault|dmix|front|hdmi|iec958):\d|CARD=\d+(,|$)")
_OPEN_LIMIT_S = 2.0
_GRACE_S = 3.0  # beyond the file's own length: opening, and what the card has buffered
_TERMINATE_S = 0.1
_KILL_S = 0.5
_INSTALL = "apt-get install alsa-utils"
_LIST = "`aplay -L` lists the cards; take one with CARD=<name>, e.g. plughw:CARD=Device"


class AplaySpeaker:
    """`card` is an ALSA device by name (`plughw:CARD=Device`): indices change when a plug does.

    Raises ConfigError for a card by index. `monotonic` gives seconds, to notice a player that never ends.
    """

    def __init__(self, card: str, *, monotonic: Callable[[], float] = time.monotonic, program: str = "aplay") -> None:
        if not card or _BY_INDEX.search(card):
            raise ConfigError(f"the sound card has to be given by name, not as {card!r}", hint=_LIST)
        self._card = card
        self._now = monotonic
        self._program = program
        self._playing: subprocess.Popen[bytes] | None = None
        self._complaints: IO[bytes] = io.BytesIO()
        self._give_up_s = 0.0

    def open(self) -> None:
        """Open the card once, playing nothing; raises HardwareError when that cannot be done in two seconds."""
        if shutil.which(self._program) is None:
            raise HardwareError(f"{self._program} is not installed", hint=_INSTALL)
        form = ("-t", "raw", "-f", "S16_LE", "-r", "22050", "-c", "1", "/dev/null")
        try:
            done = subprocess.run(
                (self._program, "-q", "-D", self._card, *form),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                timeout=_OPEN_LIMIT_S,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise HardwareError(f"sound card {self._card} does not answer", hint=_LIST) from error
        except OSError as error:
            raise HardwareError(f"{self._program} cannot be started: {error}", hint=_INSTALL) from error
        if done.returncode != 0:
            raise self._failure(done.returncode, done.stderr)

    def start(self, wav: Path, phrase: str, volume_percent: int = 100) -> None:  # noqa: ARG002 - the phrase: no card needs it
        self.stop()
        give_up_s = self._now() + duration_s(wav) + _GRACE_S
        sound = at_volume(wav, volume_percent)
        with contextlib.ExitStack() as undo:
            try:
                # In memory, not through a pipe: that could be full, or held open by what the player started.
                complaints = undo.enter_context(os.fdopen(os.memfd_create("complaints"), "w+b"))
                played = undo.enter_context(os.fdopen(os.memfd_create("played"), "w+b"))
                played.write(sound)
                played.seek(0)
                self._playing = subprocess.Popen(
                    (self._program, "-q", "-D", self._card, "-t", "wav"),
                    stdin=played,
                    stdout=subprocess.DEVNULL,
                    stderr=complaints,
                    start_new_session=True,  # Ctrl-C on a terminal is for the daemon alone
                )
            except OSError as error:
                raise HardwareError(f"{self._program} cannot be started: {error}", hint=_INSTALL) from error
            played.close()  # the player has it
            undo.pop_all()
        self._complaints, self._give_up_s = complaints, give_up_s

    def poll(self) -> bool:
        player = self._playing
        if player is None:
            return False
        status = player.poll()
        if status is None:
            if self._now() < self._give_up_s:
                return True
            self.stop()
            raise HardwareError(f"sound card {self._card} hangs", hint="check the card and its cable")
        self._playing = None
        with self._complaints as complaints:
            complaints.seek(0)
            said = complaints.read()
        if status != 0:
            raise self._failure(status, said)
        return False

    def stop(self) -> None:
        player, self._playing = self._playing, None
        if player is None:
            return
        self._complaints.close()
        for sign, limit_s in ((signal.SIGTERM, _TERMINATE_S), (signal.SIGKILL, _KILL_S)):
            if player.poll() is not None:
                return
            with contextlib.suppress(ProcessLookupError):
                os.killpg(player.pid, sign)
            # One that outlives SIGKILL is stuck in the card's driver, and dies when the kernel lets go of it.
            with contextlib.suppress(subprocess.TimeoutExpired):
                player.wait(limit_s)

    def close(self) -> None:
        self.stop()

    def _failure(self, status: int, said: bytes) -> HardwareError:
        lines = said.decode(errors="replace").strip().splitlines()
        why = lines[-1] if lines else f"aplay ended with status {status}"
        return HardwareError(f"sound card {self._card} does not play: {why}", hint=_LIST)
