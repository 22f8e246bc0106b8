"""A Debian root by debootstrap, as far like Raspberry Pi OS as a first boot can tell, and the packages for the card.

Made once for each release and kept: a rehearsal works on a layer above it.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

MIRROR = "http://deb.debian.org/debian"
LIMIT_S = 1800
# What the image brings, and edge or the first boot has to do with.
SYSTEM = (
    "systemd-sysv dbus udev python3 iproute2 network-manager avahi-daemon ca-certificates locales console-setup "
    "sudo openssh-server tzdata"
)
CLOUD = "cloud-init netplan.io"
MISSING = "python3-venv espeak-ng alsa-utils"
"""What the image lacks, and goes on the card. Without picamera2 and lgpio, which Raspberry Pi's own archive has."""
# Where Raspberry Pi OS has cloud-init look; the kernel's command line names the instance.
_NOCLOUD = "datasource_list: [NoCloud, None]\ndatasource:\n  NoCloud:\n    seedfrom: /boot/firmware/\n"


class Base:
    """`root` and `debs` lie in `cache`, each complete or not there."""

    def __init__(self, cache: Path, release: str) -> None:
        self.release = release
        self.root, self.debs = cache / release, cache / f"{release}-debs"

    def make(self) -> None:
        """Some minutes, once. Needs root and Debian's archive."""
        if self.root.exists() and self.debs.exists():
            return
        new, debs = self.root.with_suffix(".new"), self.debs.with_suffix(".new")
        for folder in (new, debs, self.root, self.debs):
            shutil.rmtree(folder, ignore_errors=True)
        debs.mkdir(parents=True)
        _run("debootstrap", "--variant=minbase", self.release, str(new), MIRROR)
        # No service may start in here.
        policy = new / "usr/sbin/policy-rc.d"
        policy.write_text("#!/bin/sh\nexit 101\n")
        policy.chmod(0o755)
        wanted = SYSTEM + (f" {CLOUD}" if self.release == "trixie" else "")
        install = [
            "env",
            "DEBIAN_FRONTEND=noninteractive",
            "apt-get",
            "install",
            "-y",
            "-qq",
            "--no-install-recommends",
        ]
        _run("chroot", str(new), *install, *wanted.split())
        _run("chroot", str(new), "apt-get", "clean")
        _run("chroot", str(new), *install, "--download-only", *MISSING.split())
        for deb in (new / "var/cache/apt/archives").glob("*.deb"):
            shutil.move(deb, debs / deb.name)
        policy.unlink()
        for group in ("gpio", "i2c", "spi"):
            _run("chroot", str(new), "groupadd", "--system", group)
        self._settings(new)
        debs.rename(self.debs)
        new.rename(self.root)

    def _settings(self, root: Path) -> None:
        (root / "boot/firmware").mkdir(parents=True)
        if self.release == "trixie":
            (root / "etc/cloud/cloud.cfg.d/99_rehearsal.cfg").write_text(_NOCLOUD)
        # Nobody waits for a radio and a cable that are not there.
        for unit in ("NetworkManager-wait-online.service", "systemd-networkd-wait-online.service"):
            (root / "etc/systemd/system" / unit).symlink_to("/dev/null")
        # A machine identity of its own for each boot of a new layer.
        (root / "etc/machine-id").write_text("")


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT_S, check=False)
    if done.returncode:
        raise SystemExit(f"rehearse-firstboot: {' '.join(command[:6])} …: {(done.stderr or done.stdout)[-800:]}")
