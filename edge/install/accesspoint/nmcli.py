"""NetworkManager, through its program. Every call is bounded in time."""

from __future__ import annotations

import re
import subprocess

from edge.errors import HardwareError

_INTERFACE = re.compile(r"[A-Za-z0-9_.-]{1,15}")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
WAIT_S = 30
"""So long NetworkManager may take to bring a network up."""


class NetworkManager:
    """`program`: nmcli, or what stands in for it in a test. Everything raises HardwareError."""

    def __init__(self, program: str = "nmcli") -> None:
        self._program = program

    def radio(self) -> str:
        """The name of the first radio, like wlan0."""
        for line in self._run("--terse", "--fields", "DEVICE,TYPE", "device", "status").splitlines():
            device, _, kind = line.partition(":")
            if kind == "wifi" and _INTERFACE.fullmatch(device):
                return device
        raise HardwareError("there is no radio", hint="this board has none, or it is switched off: nmcli radio")

    def in_use(self, device: str) -> str:
        """The UUID of the network that it is in; "" where it is in none."""
        found = self._run("--get-values", "GENERAL.CON-UUID", "device", "show", device).strip()
        return found if _UUID.fullmatch(found) else ""

    def load(self, keyfile: str) -> None:
        """Read a profile anew."""
        self._run("connection", "load", keyfile)

    def reload(self) -> None:
        """Read all profiles anew; one whose file is gone is forgotten."""
        self._run("connection", "reload")

    def up(self, kind: str, name: str) -> None:
        """Bring a network up, and wait until it is; `kind`: how it is named, `id` or `uuid`."""
        self._run("--wait", str(WAIT_S), "connection", "up", kind, name)

    def down(self, name: str) -> None:
        """Take it down."""
        self._run("--wait", str(WAIT_S), "connection", "down", "id", name)

    def _run(self, *words: str) -> str:
        command = [self._program, *words]
        hint = "is NetworkManager running? journalctl -u NetworkManager"
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=WAIT_S + 10, check=False)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise HardwareError(f"{' '.join(command)}: {error}", hint=hint) from error
        if done.returncode:
            raise HardwareError(f"{' '.join(command)}: {done.stderr.strip()[-300:]}", hint=hint)
        return done.stdout
