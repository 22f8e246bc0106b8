"""Opening the network, keeping it for its time, and going back. Going back is tried whatever had happened before: it is
also what systemd runs after a crash, a kill or a stop.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from edge.errors import EdgeError
from edge.install.accesspoint.nmcli import NetworkManager
from edge.install.accesspoint.settings import ADDRESS, FILE, PROFILE, keyfile, read
from edge.install.firstboot.places import put
from edge.runtime.service_window import ACCESS_POINT_FILE, open_until

LOOK_S = 1.0


@dataclass(frozen=True, slots=True)
class Where:
    """`own` is the unit's runtime directory; what lies in `profiles` is gone after a reboot."""

    requests: Path = Path("/run/edge")
    own: Path = Path("/run/edge-access-point")
    etc: Path = Path("/etc/edge")
    profiles: Path = Path("/run/NetworkManager/system-connections")
    forwarding: Path = Path("/proc/sys/net/ipv4/conf")

    @property
    def request(self) -> Path:
        return self.requests / ACCESS_POINT_FILE

    @property
    def former(self) -> Path:
        """The network to go back to."""
        return self.own / "former"

    @property
    def profile(self) -> Path:
        return self.profiles / f"{PROFILE}.nmconnection"


class Point:
    """`say` tells what is done; `pause` waits that long, or returns True when it is told to stop."""

    def __init__(
        self,
        where: Where,
        manager: NetworkManager,
        bootid: str,
        say: Callable[[str], None],
        pause: Callable[[float], bool],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._where, self._manager, self._bootid = where, manager, bootid
        self._say, self._pause, self._clock = say, pause, clock

    def run(self) -> None:
        """Until its time is over, or it is told to stop; another long press meanwhile prolongs it. Raises EdgeError.

        Without a request that holds, nothing is done.
        """
        until_s = self._taken()
        if until_s is None:
            self._say("nobody asks for it")
            return
        settings = read(self._where.etc / FILE)
        radio = self._manager.radio()
        put(self._where.former, self._manager.in_use(radio).encode(), 0o600)
        put(self._where.profile, keyfile(settings, radio).encode(), 0o600)
        self._manager.load(str(self._where.profile))
        self._manager.up("id", PROFILE)
        # Phones reach the device, and nothing behind it: what comes in by this radio is not passed on.
        (self._where.forwarding / radio / "forwarding").write_text("0\n")
        self._say(f"{settings.ssid} is open for {until_s - self._clock():.0f} s; the page is https://{ADDRESS}/")
        while self._clock() < until_s and not self._pause(LOOK_S):
            until_s = self._taken() or until_s
        self._say("its time is over" if self._clock() >= until_s else "it is told to stop")

    def _taken(self) -> float | None:
        """Until when the request holds, if there is one; it is taken away, for it would be served again and again."""
        found = open_until(self._where.request, self._bootid, self._clock())
        self._where.request.unlink(missing_ok=True)
        return found

    def restore(self) -> list[str]:
        """Take the network down, and go back to the former one. Returns what went wrong, having tried everything."""
        where, wrong = self._where, list[str]()
        self._where.request.unlink(missing_ok=True)
        steps: list[Callable[[], None]] = []
        if where.profile.exists():
            steps = [lambda: self._manager.down(PROFILE), where.profile.unlink, self._manager.reload]
        former = where.former.read_text() if where.former.exists() else ""
        if former:
            steps += [lambda: self._manager.up("uuid", former), where.former.unlink]
        for step in steps:
            try:
                step()
            except (EdgeError, OSError) as error:
                wrong.append(str(error))
        if steps:
            self._say("back in the former network" if former and not wrong else "closed")
        return wrong
