"""The shell text with which each of the three systems hands over to edge: it installs one systemd unit.

The unit then runs at every boot until it is done. None of the systems' own "once" is relied upon, since each of them
notes that a command was run before it has ended.
"""

from __future__ import annotations

import shlex
from importlib.resources import files

UNIT = "edge-firstboot.service"


def card_file(name: str) -> str:
    """The text of a file of the folder `card` here."""
    return files("edge.install.provision").joinpath("card", name).read_text(encoding="utf-8")


def start_text(*, now: bool = True) -> str:
    """Idempotent, and without effect once the device is set up. The unit is complete before it gets its name.

    Without `now` it only starts with the next boot.
    """
    unit = shlex.quote(card_file(UNIT))
    place = f"/etc/systemd/system/{UNIT}"
    start = f" && systemctl start --no-block {UNIT}" if now else ""
    return (
        "test -e /var/lib/edge-firstboot/done && exit 0\n"
        f"printf '%s' {unit} >{place}.new && sync && mv {place}.new {place} && sync\n"
        f"systemctl daemon-reload && systemctl enable {UNIT}{start}\n"
    )
