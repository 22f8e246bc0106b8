"""Asking the running daemon, from another program on the same machine. Needs nothing but the standard library."""

from __future__ import annotations

import json
import socket
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from edge.errors import DataError, EdgeError, HardwareError
from edge.local import wire

ANSWER_S = 5.0
Part = Literal["relay", "lamp", "lid", "say"]


class RefusedError(EdgeError, PermissionError):
    """The daemon heard what it was asked and did not do it; `reason` is a word: lockdown, fire, tamper, busy, …"""

    def __init__(self, reason: str, message: str, *, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.reason = reason


class NotAllowedError(HardwareError):
    """There may be a daemon, but it is not for this user."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A picture of a camera. `about`: what was found in it, as docs/local-desk.md says; `data`: JPEG, or RGB rows."""

    about: dict[str, Any]
    data: bytes


class Desk:
    """The daemon whose runtime directory this is. `by`: who asks, for the events and the log; a program and a role, as
    "page installer", and nobody's name. Each call is a connection of its own, and may be made from any thread. All
    raise HardwareError when no daemon answers, RefusedError when it does not do it, DataError when one end does not
    understand the other.
    """

    def __init__(self, runtime_dir: Path, by: str, answer_s: float = ANSWER_S) -> None:
        self._folder = runtime_dir
        self._by = by
        self._answer_s = answer_s

    def answers(self) -> bool:
        """Whether a daemon is there. Raises NotAllowedError where this user cannot know."""
        try:
            self.ask("service")
        except NotAllowedError:
            raise
        except HardwareError:
            return False
        return True

    def state(self) -> dict[str, Any]:
        """The status board, as `edge status` and the retained state show it; empty in a daemon's first second."""
        told: dict[str, Any] = self.ask("state")[0]["state"]
        return told

    def frame(self, camera: str = "", *, width_px: int = 640, draw: bool = True) -> Shown:
        """What a camera (`people`, `second` or `station`; the only one without a name) sees now, as JPEG at most so
        wide, with what was found drawn in if asked. At most ten new pictures a second are made, whoever asks.
        """
        return Shown(*self.ask("frame", camera=camera, width_px=width_px, draw=draw))

    def picture(self, camera: str = "", after: int = -1) -> Shown:
        """The camera's newest frame in full, or the next one where that is number `after`: `about` has `size_px`
        (width, height), `mono_s`, `number`; `data` is height × width × 3 bytes, RGB.
        """
        return Shown(*self.ask("picture", camera=camera, after=after))

    def levels(self) -> dict[str, Any]:
        """By bin: what its sensors last read, and what the station makes of it."""
        told: dict[str, Any] = self.ask("levels")[0]["bins"]
        return told

    def seen(self) -> dict[str, Any]:
        """The last reading of each input by name, each with `ago_s`: contacts, buttons, card, keypad, pass, lids."""
        told: dict[str, Any] = self.ask("seen")[0]["seen"]
        return told

    def service(self) -> dict[str, Any]:
        """Whether the page may be open: `commissioned`, `window_open`, `left_s`."""
        return self.ask("service")[0]

    def drive(self, part: Part, **what: Any) -> dict[str, Any]:
        """Try a part out, once the brain agrees: `relay` (`seconds`, 1 to 10), `lamp` (`lamp`; with `bin` that bin's),
        `lid` (`bin`, `seconds`), `say` (`phrase`, one without variables). Recorded as the event `device.tested`.
        """
        return self.ask("drive", part=part, **what)[0]

    def cut(self, seconds: float) -> None:
        """Lose the broker for 1 to 120 seconds, as when the cable is pulled. Recorded as `device.tested`."""
        self.ask("cut", seconds=seconds)

    def sign(self, sha256: dict[str, str], *, accepted: bool, counts: dict[str, int]) -> str:
        """The device's signature (a token of kind `edge-acceptance`) under files by their hashes, with how many checks
        `passed`, gave `warnings`, `failed` or were `skipped`. One that was accepted becomes `device.commissioned`.
        """
        return str(self.ask("sign", sha256=sha256, accepted=accepted, **counts)[0]["token"])

    def broker(self, *, begin: bool = False) -> dict[str, Any] | None:
        """What the broker lets the device do: `begin` to ask, then again until there is an answer
        (`edge.uplink.probe`).
        """
        answer: dict[str, Any] | None = self.ask("broker", begin=begin)[0]["answer"]
        return answer

    def ask(self, op: str, **args: Any) -> tuple[dict[str, Any], bytes]:
        """One operation: the answer, and the bytes that came after it."""
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
                return self._converse(connection, json.dumps({"op": op, "by": self._by, **args}).encode() + b"\n")
        except TimeoutError as error:
            message = f"the daemon did not answer in {self._answer_s:g} s"
            raise HardwareError(message, hint="see journalctl -u edge") from error
        except (FileNotFoundError, ConnectionRefusedError, NotADirectoryError) as error:
            raise HardwareError(
                f"no daemon is running here (nobody at {self._folder / wire.SOCKET})",
                hint="start it with: edge run --config FILE",
            ) from error
        except EdgeError:
            raise
        except PermissionError as error:
            raise NotAllowedError(
                f"{self._folder / wire.SOCKET} is not for this user", hint="run it as root or as the daemon's user"
            ) from error
        except OSError as error:
            raise HardwareError(f"the daemon hung up: {error}", hint="see journalctl -u edge") from error

    def _converse(self, connection: socket.socket, request: bytes) -> tuple[dict[str, Any], bytes]:
        until_s = time.monotonic() + self._answer_s
        connection.settimeout(self._answer_s)
        wire.call_at(self._folder, connection.connect)
        connection.sendall(request)
        line, rest = wire.read_line(connection, wire.MOST_ANSWER, until_s)
        answer = wire.parse(line)
        if answer.get("ok") is not True:
            reason, message = str(answer.get("error", "refused")), str(answer.get("message", "refused"))
            raise RefusedError(reason, message, hint=str(answer.get("hint", "")))
        count = answer.get("bytes", 0)
        if type(count) is not int or not 0 <= count <= wire.MOST_BYTES:
            raise DataError("the daemon's answer makes no sense", hint="is it of the same version?")
        return answer, wire.read_bytes(connection, count, rest, until_s)
