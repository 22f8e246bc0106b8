"""A machine: a layer above the Debian root, started by systemd-nspawn with its own systemd as process 1, no network but
loopback, and the card at /boot/firmware. The power can be cut at any moment.

The container has a mount and a cgroup namespace of its own, so that nothing of this computer's is changed.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

from scripts.rehearsal.base import MISSING
from scripts.rehearsal.card import Card

_BOOT = """
mount --make-rprivate /
while umount /sys/fs/cgroup 2>/dev/null; do :; done
umount -R /sys/fs/cgroup 2>/dev/null
mount -t cgroup2 none /sys/fs/cgroup
exec systemd-nspawn --quiet --register=no --keep-unit --directory="$1" --machine="$2" --private-network \\
  --bind="$3:/boot/firmware" --bind="$4" --resolv-conf=off --timezone=off --link-journal=no --console=pipe --boot -- $5
"""
_CHILDREN = "/proc/{pid}/task/{pid}/children"
_PACKAGES = f'[Service]\nEnvironment="EDGE_PACKAGES={MISSING}"\n'
UP_S = 60.0


class Machine:
    """Named so that its processes can be told from others'."""

    def __init__(self, folder: Path, root: Path, card: Card, name: str) -> None:
        self.root, self._card, self._name = folder / "root", card, name
        self._folder, self._lower = folder, root
        self._process: subprocess.Popen[bytes] | None = None
        self.pid = 0

    def build(self) -> None:
        """Lay the layer over the root, and say there which packages the first boot wants."""
        for name in ("upper", "work", "root"):
            (self._folder / name).mkdir()
        layers = f"lowerdir={self._lower},upperdir={self._folder}/upper,workdir={self._folder}/work"
        subprocess.run(["mount", "-t", "overlay", "overlay", "-o", layers, str(self.root)], check=True, timeout=60)
        for unit in ("edge-firstboot-fetch@.service", "edge-firstboot-packages.service"):
            drop_in = self.root / f"etc/systemd/system/{unit}.d/rehearsal.conf"
            drop_in.parent.mkdir(parents=True)
            drop_in.write_text(_PACKAGES)

    def start(self) -> None:
        """Power on, and wait until process 1 is there."""
        words = [word for word in self._card.cmdline if not word.startswith(("console=", "root="))]
        run = ["unshare", "--mount", "--cgroup", "sh", "-c", _BOOT, "sh", str(self.root), self._name]
        with (self._folder / "console.log").open("ab") as log:
            self._process = subprocess.Popen(
                [*run, str(self._card.mount), self._card.loop, " ".join(words)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        deadline = time.monotonic() + UP_S
        while not (found := _first(self._process.pid)):
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"rehearse-firstboot: no boot: {self.console()[-800:]}")
            time.sleep(0.02)
        self.pid = found

    @property
    def running(self) -> bool:
        """Whether it has not switched itself off."""
        return self._process is not None and self._process.poll() is None

    def cut(self) -> None:
        """The power goes: every process dies at once, and nobody is asked. Safe when it is off."""
        process, self._process = self._process, None
        if process is None:
            return
        if process.poll() is None:
            os.kill(self.pid, signal.SIGKILL)  # process 1 takes all others with it
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(30)

    def inside(self, *command: str, timeout_s: float = 60.0) -> subprocess.CompletedProcess[str]:
        """Run a program in there."""
        enter = [
            "nsenter",
            "--all",
            f"--target={self.pid}",
            "env",
            "-i",
            "PATH=/usr/sbin:/usr/bin:/sbin:/bin",
            "LANG=C.UTF-8",
        ]
        return subprocess.run([*enter, *command], capture_output=True, text=True, timeout=timeout_s, check=False)

    def has(self, path: str) -> bool:
        """Whether a file is there, seen from outside."""
        return (self.root / path).exists()

    def console(self) -> str:
        """What process 1 said."""
        return (self._folder / "console.log").read_text(errors="replace")

    def journal(self, unit: str) -> str:
        """What a unit said; needs a running machine."""
        return self.inside("journalctl", "-u", unit, "-o", "cat", "--no-pager").stdout

    def remove(self) -> None:
        """Off, and the layer away."""
        self.cut()
        subprocess.run(["umount", str(self.root)], capture_output=True, check=False, timeout=60)


def _first(pid: int) -> int:
    """The container's process 1 among the descendants; 0 while it is not there, or is not systemd yet."""
    waiting = [pid]
    while waiting:
        one = waiting.pop()
        try:
            status = Path(f"/proc/{one}/status").read_text()
            waiting += [int(word) for word in Path(_CHILDREN.format(pid=one)).read_text().split()]
        except OSError:
            continue
        spaces = next(line.split()[1:] for line in status.splitlines() if line.startswith("NSpid:"))
        if len(spaces) > 1 and spaces[-1] == "1" and status.startswith("Name:\tsystemd\n"):
            return one
    return 0
