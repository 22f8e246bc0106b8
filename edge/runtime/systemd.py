"""Telling systemd how we are: sd_notify(3), whose protocol is one datagram to the socket that it names."""

from __future__ import annotations

import logging
import os
import socket

log = logging.getLogger(__name__)


def notify(message: str) -> bool:
    """Send, for example, "READY=1" or "WATCHDOG=1". Returns False when not started by systemd."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return False
    if address.startswith("@"):  # an abstract socket is written with a leading NUL
        address = "\0" + address[1:]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sender:
        try:
            sender.connect(address)
            sender.send(message.encode())
        except OSError as error:
            log.warning("systemd does not listen at NOTIFY_SOCKET: %s", error)
            return False
    return True
