"""The shell text with which each of the three systems hands over to edge: it installs the units of the first boot.

The first of them then runs at every boot until all is done, and each starts the next one. None of the systems' own
"once" is relied upon, since each of them notes that a command was run before it has ended.
"""

from __future__ import annotations

import shlex
from importlib.resources import files

UNITS = ("edge-firstboot-device.service", "edge-firstboot-packages.service", "edge-firstboot-fetch@.service")
FIRST = "edge-firstboot-fetch@packages.service"
"""The one that a boot starts."""


def card_file(name: str) -> str:
    """The text of a file of the folder `card` here."""
    return files("edge.install.provision").joinpath("card", name).read_text(encoding="utf-8")


def start_text(*, now: bool = True) -> str:
    """Idempotent, and without effect once the device is set up. A unit is complete before it gets its name.

    Without `now` the first boot only begins with the next boot.
    """
    folder = "/etc/systemd/system"
    written = "".join(
        f"printf '%s' {shlex.quote(card_file(unit))} >{folder}/{unit}.new && sync && "
        f"mv {folder}/{unit}.new {folder}/{unit} && sync || exit 1\n"
        for unit in UNITS
    )
    start = f" && systemctl start --no-block {FIRST}" if now else ""
    return (
        "test -e /var/lib/edge-firstboot/done && exit 0\n"
        f"{written}systemctl daemon-reload && systemctl enable {FIRST}{start}\n"
    )
